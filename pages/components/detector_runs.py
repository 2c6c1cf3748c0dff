"""Detectors as rows of a list: what one learns from, how far it is, what can be done with it."""

import streamlit as st

from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_processes import pause_detector, resume_detector_process, stop_detector
from core.workflows.detectors import DetectorRun, all_detectors, delete_detector, detector_ticks
from pages.components.run_list import RunKind
from pages.components.run_words import STATES, duration


def detector_runs() -> RunKind[DetectorRun]:
    return RunKind(
        all_runs=all_detectors,
        what=lambda run: f"{run.condition} on {run.cohort} · {run.recipe} · seed {run.seed}",
        draw_course=_draw_course,
        pause=pause_detector,
        resume=resume_detector_process,
        stop=stop_detector,
        delete=delete_detector,
    )


def _draw_course(paths: WorkspacePaths, run: DetectorRun) -> None:
    text = f"{STATES[run.state]} · {run.epoch:.3g} epochs"
    if run.is_finished:
        st.write(text)
        return
    text += f" of at most {run.most_epochs}"
    ticks = detector_ticks(paths, run.name) if run.state is RunState.RUNNING else []
    if ticks:
        text += f" · at most {duration(ticks[-1].seconds_left)} left"
    st.progress(min(run.epoch / run.most_epochs, 1.0), text)
