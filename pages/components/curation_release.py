"""Releases on the Curation page: what stands in the way of one, making it, and their data sheets."""

import json
from functools import partial

import streamlit as st

from core.access.person import Person
from core.curation.release import Release
from core.curation.sample_review import SampleReviewState
from core.identifiers import ReleaseName
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths
from core.workflows.release_process import make_release
from core.workflows.releases import (
    all_releases,
    delete_release,
    export_release,
    release_sheet,
    sample_review_state,
)
from core.workflows.resolutions import ResolvedSet, resolved
from pages.components.background import answer, ask
from pages.components.curation_sample import estimate_text
from pages.components.data_sheet import data_sheet
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done
from pages.components.typed_folder import typed_folder

MAKING = "making a release"
COUNTS = ("kept", "corrected", "discarded", "deferred", "undecided", "disagreed")


def release_view(paths: WorkspacePaths, image_set: ImageSet, _: Person) -> None:
    st.write(
        "A release freezes what was kept, with a data sheet. Studies, augmentation and exports take it as input."
    )
    found = resolved(paths, image_set.name)
    review = sample_review_state(paths, image_set.name)
    _counts(found)
    _new_release(paths, image_set, found, review)
    made = answer(MAKING, image_set.name, "Making the release: measuring what discarding did takes a while.")
    if made is not None:
        st.success(f"{made['release']} has {made['images']:,} images.")
    for one in reversed(all_releases(paths)):
        if one.image_set == image_set.name:
            _release(paths, one)


def _counts(found: ResolvedSet) -> None:
    counts = found.to_json()
    for column, name in zip(st.columns(len(COUNTS)), COUNTS, strict=True):
        column.metric(name.capitalize(), f"{counts[name]:,}")


def _new_release(
    paths: WorkspacePaths, image_set: ImageSet, found: ResolvedSet, review: SampleReviewState | None
) -> None:
    n_open = int(found.resolution.open.sum())
    estimate = review.estimate if review else None
    if n_open and estimate is None:
        st.info(
            f"{n_open:,} images are undecided. Decide on them under Images; or decide on a random sample of them "
            "under Sample, and then accept the rest with the estimate that follows."
        )
    with st.form("release", border=False):
        has_rest = bool(n_open and estimate is not None)
        field, box, button = st.columns([2, 4, 2] if has_rest else [2, 0.01, 6], vertical_alignment="bottom")
        name = field.text_input("Name of the release", placeholder=f"{image_set.name}-kept")
        accept = False
        if n_open and estimate is not None:
            accept = box.checkbox(
                f"Accept the {n_open:,} images that nobody looked at", help=estimate_text(estimate)
            )
        if button.form_submit_button("Make the release", type="primary"):
            work = partial(make_release, paths, image_set.name, ReleaseName(name), accept_rest=accept)
            ask(MAKING, image_set.name, work)


def _release(paths: WorkspacePaths, one: Release) -> None:
    sheet = release_sheet(paths, one.name)
    with st.container(border=True):
        head, actions = st.columns([3, 2])
        head.markdown(f"**{one.name}** · {one.n_images:,} images · {one.created_at[:10]}")
        head.caption(f"SHA-256 `{one.sha256}`")
        with actions, st.container(horizontal=True, horizontal_alignment="right"):
            content = json.dumps(sheet, indent=2)
            st.download_button("Data sheet", content, f"{one.name}.json", "application/json", on_click="ignore")
            _export(paths, one)
            delete_button(f"release {one.name}", lambda: delete_release(paths, one.name))
        data_sheet(sheet)


def _export(paths: WorkspacePaths, one: Release) -> None:
    with st.popover("Export"), st.form(f"export {one.name}", border=False):
        folder = st.text_input("Folder on the app's computer", str(paths.exports / one.name))
        if st.form_submit_button("Export", type="primary"):
            with shown_errors():
                n_images = export_release(paths, one.name, typed_folder(folder))
                done(f"{n_images} images with a manifest and the data sheet are in {folder}.")
