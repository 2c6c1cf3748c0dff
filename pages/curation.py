"""Curation: keep what is realistic, discard the rest with a reason, and release what was kept."""

from pathlib import Path

import streamlit as st

from core.access.person import Person
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths
from core.workflows.gallery import gallery_id
from core.workflows.image_sets import all_image_sets
from pages.components.access_gate import curators_only
from pages.components.error_boundary import shown_errors
from pages.components.image_gallery import image_gallery

WIDE = Path(__file__).parents[1] / "assets" / "wide_page.css"


def main() -> None:
    paths, curator = curators_only()
    st.html(WIDE)
    with shown_errors():
        found = all_image_sets(paths)
        if not found:
            st.title("Curation")
            st.info("There are no images yet. Import a folder of them on the Library page, or draw some.")
            return
        names = {f"{entry.name} · {entry.n_images:,} {entry.kind} · {entry.tumor_status}": entry for entry in found}
        title, choice = st.columns([2, 5])
        title.title("Curation")
        label = choice.selectbox("Image set", names, label_visibility="collapsed")
        _gallery(paths, names[label], curator.person)


def _gallery(paths: WorkspacePaths, image_set: ImageSet, curator: Person) -> None:
    image_gallery(
        image_set.name,
        image_set.n_images,
        gallery=gallery_id(paths, image_set.name, curator),
        decides=True,
    )


main()
