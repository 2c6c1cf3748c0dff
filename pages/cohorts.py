"""Patients: import scanned ones or simulate some, see what became of their slices, delete a cohort."""

import streamlit as st

from core.cohort.record import Cohort
from core.identifiers import CohortName
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.cohorts import (
    CohortRequest,
    CohortSummary,
    all_cohorts,
    cohort_partitions,
    delete_cohort,
    import_cohort,
    screening_table,
    simulate_cohort,
)
from pages.components.access_gate import researchers_only
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done, progress_bar, say_what_was_done
from pages.components.typed_folder import typed_folder


def main() -> None:
    paths = researchers_only()
    st.title("Patients")
    st.write("Volumes become axial 256 by 256 images, partitioned by patient; unclear slices are screened out.")
    say_what_was_done()
    with shown_errors():
        cohorts = all_cohorts(paths)
        if not cohorts:
            st.info("There are no patients yet. Import a folder of T1c volumes, or simulate some.")
        for cohort in cohorts:
            _cohort(paths, cohort)
        left, right = st.columns(2)
        with left, st.expander("Import patients", icon=":material/add:", expanded=not cohorts):
            _import_patients(paths)
        with right, st.expander("Simulate patients", icon=":material/science:", expanded=not cohorts):
            _simulate_patients(paths)


def _cohort(paths: WorkspacePaths, cohort: Cohort) -> None:
    with st.container(border=True):
        text, actions = st.columns([3, 2])
        text.subheader(cohort.name)
        text.write(f"{cohort.n_subjects} patients from {cohort.provenance['source']}, {cohort.created_at[:10]}")
        partitions = cohort_partitions(paths, cohort.name)
        text.caption(", ".join(f"{n} {partition}" for partition, n in partitions.items()))
        with actions, st.container(horizontal=True, horizontal_alignment="right"):
            _screening(cohort)
            delete_button(f"cohort {cohort.name}", lambda: delete_cohort(paths, cohort.name))


def _screening(cohort: Cohort) -> None:
    with st.popover(f"{sum(cohort.screened_out.values())} slices screened out"):
        rows = [{"Left out": text, "Slices": n} for text, n in screening_table(cohort)]
        st.dataframe(rows, hide_index=True)
    if cohort.skipped:
        with st.popover(f"{len(cohort.skipped)} files skipped"):
            st.dataframe([dict(entry) for entry in cohort.skipped], hide_index=True)


def _import_patients(paths: WorkspacePaths) -> None:
    with st.form("import patients", border=False):
        folder = st.text_input("Folder on the app's computer", placeholder="/data/BraTS/HGG")
        name = st.text_input("Cohort name", placeholder="brats", key="import name")
        image_glob = st.text_input("Image pattern", help="Empty for the BraTS layout; else e.g. */T1c.nii.gz")
        segmentation_glob = st.text_input("Segmentation pattern", help="Empty if there are no segmentations.")
        seed = st.number_input("Seed of the partition", 0, LARGEST_SEED, 0)
        if st.form_submit_button("Import", type="primary"):
            with shown_errors():
                request = CohortRequest(
                    name=CohortName(name),
                    folder=typed_folder(folder),
                    image_glob=image_glob or None,
                    segmentation_glob=segmentation_glob or None,
                    seed=seed,
                )
                _done(import_cohort(paths, request, on_progress=progress_bar("Importing")))


def _simulate_patients(paths: WorkspacePaths) -> None:
    with st.form("simulate patients", border=False):
        name = st.text_input("Cohort name", placeholder="simulated", key="simulate name")
        n_patients = st.number_input("Patients", 1, 500, 20, help="About 3 seconds each.")
        seed = st.number_input("Seed", 0, LARGEST_SEED, 0)
        if st.form_submit_button("Simulate", type="primary"):
            with shown_errors():
                summary = simulate_cohort(
                    paths,
                    CohortName(name),
                    n_patients=n_patients,
                    seed=seed,
                    on_progress=progress_bar("Simulating"),
                )
                _done(summary)


def _done(summary: CohortSummary) -> None:
    counts = ", ".join(f"{n} {status}" for status, n in summary.images.items() if n)
    skipped = [{"File": entry.path, "Reason": entry.reason} for entry in summary.skipped]
    done(f"{summary.name}: {summary.n_subjects} patients; images: {counts}.", skipped=skipped)


main()
