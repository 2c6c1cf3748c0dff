"""Detectors: does synthetic data help to find tumors? Four conditions, their runs, and the table of all."""

import streamlit as st

from core.workflows.detectors import all_detectors, unreadable_detectors
from pages.components.access_gate import researchers_only
from pages.components.detector_details import detector_details
from pages.components.detector_experiment import detector_experiment
from pages.components.detector_form import detector_form
from pages.components.detector_results import detector_results
from pages.components.detector_runs import detector_runs
from pages.components.error_boundary import show_error, shown_errors
from pages.components.feedback import say_what_was_done
from pages.components.run_list import run_list


def main() -> None:
    paths = researchers_only()
    st.title("Detectors")
    st.write(
        "A detector learns to tell tumor from nontumor images: from real ones alone, with transformed ones, with "
        "synthetic ones, or with both. The same test patients show which of these helps."
    )
    # What comes and goes has a place of its own: else all below it would move, and an open form would close.
    with st.container():
        say_what_was_done()
    with shown_errors():
        runs = all_detectors(paths)
        for problem in unreadable_detectors(paths):
            show_error(problem)
        with st.container():
            detector_experiment(paths, runs)
        with st.container():
            chosen = run_list(paths, detector_runs(), runs) if runs else None
        with st.expander("Train a detector", icon=":material/add:", expanded=not runs):
            detector_form(paths)
        with st.container():
            if any(run.is_finished for run in runs):
                detector_results(paths, runs)
        if chosen:
            detector_details(paths, chosen)


main()
