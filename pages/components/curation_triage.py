"""Triage on the Curation page: start it, watch it, and what it found."""

import streamlit as st

from core.access.person import Person
from core.curation.triage import TriageScores
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.triage_process import start_triage, triage_progress
from pages.components.error_boundary import shown_errors
from pages.components.feature_choice import feature_choice
from pages.components.watched_work import watch


def triage_view(paths: WorkspacePaths, image_set: ImageSet, _: Person) -> None:
    from core.workflows.gallery_triage import flagged
    from core.workflows.triage import stored_triage

    st.write(
        "Triage compares every image with the real images of a cohort, so that a person looks first where it "
        "matters: odd images, near-copies of a patient's image, near-duplicates, one of each kind."
    )
    progress = triage_progress(paths, image_set.name)
    if progress is not None and progress.running:
        watch(lambda: triage_progress(paths, image_set.name), f"Comparing {image_set.name}")
        return
    if progress is not None and progress.problem:
        st.error(progress.problem)
    scores = stored_triage(paths, image_set.name)
    if scores is not None:
        counts = {title: int(flags.sum()) for title, flags in flagged(scores).items()}
        _found(scores, counts, n_images=image_set.n_images)
    _start(paths, image_set, again=scores is not None)


def _found(scores: TriageScores, counts: dict[str, int], *, n_images: int) -> None:
    for column, (title, n_flagged) in zip(st.columns(len(counts)), counts.items(), strict=True):
        column.metric(title, f"{n_flagged:,} of {n_images:,}")
    reference = scores.reference
    lines = [
        f"Compared with {reference.n_real:,} real images of **{reference.cohort}**, {reference.n_seen:,} of which "
        f"a generator could have learned from, at {reference.compared_at_px} pixels, by {reference.features}.",
        "**Odd**: odder than 95 % of the real images. **Near-copies**: nearer to a training image than 99 % of "
        f"{'held-out' if reference.n_held_out else 'all'} real images are.",
    ]
    lines += [
        f"Half of the images or more have {oddity}: it tells none of them from the others."
        for oddity in scores.in_common
    ]
    st.markdown("  \n".join(lines))
    st.info("Under **Images**, choose one of these under Triage, or an order under Sort.")


def _start(paths: WorkspacePaths, image_set: ImageSet, *, again: bool) -> None:
    cohorts = [cohort.name for cohort in all_cohorts(paths)]
    if not cohorts:
        st.info("There are no patients to compare with yet. Import some on the Patients page.")
        return
    trained_on = image_set.trained_on
    own = image_set.cohort or (trained_on and trained_on.cohort)
    left, right = st.columns(2)
    place = cohorts.index(own) if own in cohorts else 0
    cohort = left.selectbox("Compare with the real images of", cohorts, place)
    features = feature_choice(paths, right, st.container())
    label = "Run triage again" if again else "Run triage"
    if st.button(label, type="primary", disabled=features is None):
        with shown_errors():
            with st.spinner("Starting"):
                start_triage(paths, image_set.name, cohort=cohort, features=features)
            st.rerun()
