"""Fidelity: how near a set is to a cohort's images, how varied, and whether it remembers them, without a human."""

import streamlit as st

from core.identifiers import CohortName
from core.imageset.record import ImageKind, ImageSet
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.fidelity_sources import FidelityRequest
from core.workflows.image_sets import all_image_sets
from core.workflows.stored_fidelity import fidelity_progress, start_fidelity, stored_fidelity
from pages.components.access_gate import researchers_only
from pages.components.error_boundary import shown_errors
from pages.components.feature_choice import feature_choice
from pages.components.fidelity_results import fidelity_results
from pages.components.watched_work import watch

OWN_SIZE = "The generator's own"
SIZES = (OWN_SIZE, 16, 32, 64, 128, 256)


def main() -> None:
    paths = researchers_only()
    st.title("Fidelity")
    st.write(
        "Realism and variety of a set, measured without a human, beside what real images reach. A set can pass for "
        "real and yet be ten images over and over, or copies of patients: these figures tell."
    )
    with shown_errors():
        sets, cohorts = all_image_sets(paths), [cohort.name for cohort in all_cohorts(paths)]
        if not sets or not cohorts:
            st.info("It takes a set of images and patients to compare with. Import them on Library and Patients.")
            return
        asked = _asked(paths, sets, cohorts)
        if asked is not None:
            _measured(paths, asked)


def _asked(paths: WorkspacePaths, sets: list[ImageSet], cohorts: list[CohortName]) -> FidelityRequest | None:
    """None while what images are compared by is still to be chosen."""
    left, middle, right, last = st.columns([3, 2, 2, 3])
    labels = {f"{entry.name} · {entry.n_images:,} {entry.kind} · {entry.tumor_status}": entry for entry in sets}
    first = next((place for place, entry in enumerate(sets) if entry.kind is ImageKind.SYNTHETIC), 0)
    image_set = labels[left.selectbox("Image set", labels, first)]
    own = image_set.cohort or (image_set.trained_on and image_set.trained_on.cohort)
    place = cohorts.index(CohortName(own)) if own in cohorts else 0
    cohort = middle.selectbox("Compared with the images of", cohorts, place, key=f"cohort for {image_set.name}")
    size = right.selectbox("At how many pixels", SIZES, help="Take one to compare sets of several generators.")
    features = feature_choice(paths, last, st.container())
    resolution = None if size == OWN_SIZE else int(size)
    if features is None:
        return None
    return FidelityRequest(image_set=image_set.name, cohort=cohort, resolution=resolution, features=features)


def _measured(paths: WorkspacePaths, asked: FidelityRequest) -> None:
    found = stored_fidelity(paths, asked)
    if found is not None:
        fidelity_results(found)
        return
    progress = fidelity_progress(paths, asked.image_set)
    if progress is not None and progress.running:
        watch(lambda: fidelity_progress(paths, asked.image_set), f"Measuring {asked.image_set}")
        return
    if progress is not None and progress.problem:
        st.error(progress.problem)
    st.info("Not measured of these images yet. It takes minutes, in a process that goes on when you leave.")
    if st.button("Measure", type="primary"):
        with shown_errors():
            with st.spinner("Starting"):
                start_fidelity(paths, asked)
            st.rerun()


main()
