"""The images that were chosen in a picture, set by set: to be looked at, decided on, or made a set of their own."""

from collections.abc import Sequence

import streamlit as st

from core.access.person import Person
from core.embedding.embedding import Embedding, PointKind
from core.identifiers import ImageSetName
from core.settings import WorkspacePaths
from core.workflows.image_sets import all_image_sets
from core.workflows.pointed_images import set_of_chosen, stored_positions
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.image_gallery import image_gallery


def embedding_chosen(paths: WorkspacePaths, embedding: Embedding, points: Sequence[int], person: Person) -> None:
    """Nothing where none is chosen."""
    if not points:
        return
    found = stored_positions(embedding, points)
    n_images = sum(map(len, found.values()))
    st.subheader(f"{len(points):,} chosen", anchor=False)
    if n_images < len(points):
        st.caption(
            f"{len(points) - n_images:,} of them are {PointKind.TRANSFORMED} images, which are made when they are "
            "shown: nothing can be decided about them."
        )
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        labels = {f"{name} · {len(positions):,}": name for name, positions in found.items()}
        label = st.segmented_control("Of", labels, default=next(iter(labels)), label_visibility="collapsed")
        name = labels[label or next(iter(labels))]
        _new_set(paths, embedding, name, found[name])
    image_set = next(one for one in all_image_sets(paths) if one.name == name)
    image_gallery(paths, image_set, person, mode="decide", subset=found[name])


def _new_set(paths: WorkspacePaths, embedding: Embedding, source: ImageSetName, positions: Sequence[int]) -> None:
    with st.popover("Make an image set of these"), st.form(f"set of {source}", border=False):
        name = st.text_input("Name of the new image set", f"{source}-chosen")
        st.caption(
            f"{len(positions):,} images of {source} as they are. Patients keep their partition, decisions stay "
            f"with {source}."
        )
        if st.form_submit_button("Make it", type="primary"):
            with shown_errors():
                made = set_of_chosen(
                    paths, source, ImageSetName(name), positions=positions, embedding=embedding.about.name
                )
                done(f"{made.name}: {made.n_images:,} images of {source}.")
