"""Curation: keep what is realistic, discard the rest with a reason, and release what was kept."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.access.person import Person, Role
from core.imageset.record import ImageKind, ImageSet
from core.settings import WorkspacePaths
from core.workflows.image_sets import all_image_sets
from pages.components.access_gate import curators_only
from pages.components.curation_disagreements import disagreements_view
from pages.components.curation_people import people_view
from pages.components.curation_release import release_view
from pages.components.curation_sample import sample_view
from pages.components.curation_triage import triage_view
from pages.components.error_boundary import shown_errors
from pages.components.feedback import say_what_was_done
from pages.components.image_gallery import image_gallery
from pages.components.session_store import recall, remember

WIDE = Path(__file__).parents[1] / "assets" / "wide_page.css"
SETS_PX = 340
CHOSEN = "set"  # in the page's address, so that a reload and a link lead to the same set
WRITTEN = "curated set"
BEGAN_WITH = "first curated set"


def main() -> None:
    paths, curator = curators_only()
    st.html(WIDE)
    with shown_errors():
        found = all_image_sets(paths)
        if not found:
            st.title("Curation")
            st.info("There are no images yet. Import a folder of them on the Library page.")
            return
        image_set, view = _chosen(found, curator.person)
        say_what_was_done()
        view(paths, image_set, curator.person)


def _chosen(found: list[ImageSet], curator: Person) -> tuple[ImageSet, "View"]:
    labels = {f"{entry.name} · {entry.n_images:,} {entry.kind} · {entry.tumor_status}": entry for entry in found}
    views = VIEWS if curator.role is Role.RESEARCHER else {name: VIEWS[name] for name in FOR_CURATORS}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Curation", width="content")
        label = st.selectbox("Image set", labels, _first(found), label_visibility="collapsed", width=SETS_PX)
        name = st.segmented_control("View", views, default="Images", label_visibility="collapsed")
    image_set = labels[label]
    st.query_params[CHOSEN] = image_set.name
    remember(WRITTEN, image_set.name)
    return image_set, views[name or "Images"]


def _first(found: list[ImageSet]) -> int:
    """The set that a link names, else the one chosen before, else the first synthetic one.

    It stays the same while somebody chooses: a list whose default changed would forget what was chosen from it.
    """
    names = [entry.name for entry in found]
    in_address, written = st.query_params.get(CHOSEN), recall(WRITTEN)
    if in_address in names and in_address != written:
        remember(BEGAN_WITH, in_address)
    elif in_address is None and written in names:  # the page was left, and with it what its list showed
        remember(BEGAN_WITH, written)
    elif recall(BEGAN_WITH) not in names:
        synthetic = next((entry.name for entry in found if entry.kind is ImageKind.SYNTHETIC), names[0])
        remember(BEGAN_WITH, synthetic)
    return names.index(recall(BEGAN_WITH))


def _images(paths: WorkspacePaths, image_set: ImageSet, curator: Person) -> None:
    image_gallery(paths, image_set, curator, mode="decide")


View = Callable[[WorkspacePaths, ImageSet, Person], None]
VIEWS: dict[str, View] = {
    "Images": _images,
    "Triage": triage_view,
    "Sample": sample_view,
    "Disagreements": disagreements_view,
    "Release": release_view,
    "Curators": people_view,
}
FOR_CURATORS = ("Images", "Sample")

main()
