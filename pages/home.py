"""The researcher's first page: what is in the workspace, and what comes next."""

import streamlit as st

from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.image_sets import all_image_sets
from core.workflows.studies import StudyStatus, all_studies
from pages.components.access_gate import researchers_only
from pages.components.error_boundary import shown_errors


def main() -> None:
    paths = researchers_only()
    st.title("MR Turing")
    st.write("Can physicians tell synthetic brain MR images from real ones, and still see the tumor?")
    with shown_errors():
        _overview(paths)


def _overview(paths: WorkspacePaths) -> None:
    cohorts, image_sets, studies = all_cohorts(paths), all_image_sets(paths), all_studies(paths)
    columns = st.columns(4)
    columns[0].metric("Cohorts", len(cohorts))
    columns[1].metric("Patients", sum(cohort.n_subjects for cohort in cohorts))
    columns[2].metric("Images", f"{sum(image_set.n_images for image_set in image_sets):,}")
    columns[3].metric("Reader studies", len(studies))
    st.subheader("What comes next")
    if not image_sets:
        st.write("Import patients or simulate some.")
        st.page_link("cohorts.py", label="Import or simulate patients", icon=":material/groups:")
    elif not studies:
        st.write("There are images. Make synthetic ones if there are none yet, then a reader study.")
        st.page_link("generators.py", label="Make synthetic images", icon=":material/model_training:")
        st.page_link("curation.py", label="Curate images", icon=":material/rule:")
        st.page_link("studies.py", label="Make a reader study", icon=":material/assignment:")
    else:
        for status in reversed(studies):
            _study(status)


def _study(status: StudyStatus) -> None:
    study = status.study
    read = sum(reader.responses for reader in status.remaining)
    expected = sum(reader.trials for reader in status.remaining)
    left, right = st.columns([3, 1])
    left.write(
        f"**{study.name}**, {study.state} · readers: {len(status.remaining)} · trials read: {read} of {expected}"
    )
    with right:
        if study.state is StudyState.CLOSED:
            st.page_link("results.py", label="See the results", icon=":material/analytics:")
        else:
            st.page_link("studies.py", label="Open the study", icon=":material/assignment:")


main()
