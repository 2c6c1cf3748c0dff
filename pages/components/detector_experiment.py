"""The experiment that is under way: how many of its runs are done, or why it broke off."""

import streamlit as st

from core.settings import WorkspacePaths
from core.workflows.detector_experiment import experiment_progress, forget_experiment
from core.workflows.detectors import DetectorRun, all_detectors
from pages.components.watched_work import watch


def detector_experiment(paths: WorkspacePaths, runs: list[DetectorRun]) -> None:
    """`runs` stand on the page, which is drawn anew when there are others."""
    progress = experiment_progress(paths)
    if progress is None:
        return
    if progress.running:
        watch(lambda: experiment_progress(paths), "Experiment", below=lambda: _course(paths, runs))
        return
    st.error(f"The experiment broke off. {progress.problem}")
    st.caption("Start the same again to go on: what is finished is not trained again.")
    st.button("Dismiss", on_click=forget_experiment, args=(paths,))


def _course(paths: WorkspacePaths, drawn: list[DetectorRun]) -> None:
    progress = experiment_progress(paths)
    if progress is not None:
        st.caption(
            f"{progress.n_done} of {progress.n_steps} runs are done. Pause the one in training to end the "
            "experiment; start the same again to go on."
        )
    if {run.name for run in all_detectors(paths)} != {run.name for run in drawn}:
        st.rerun()
