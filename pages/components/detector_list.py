"""Every detector run in a row: what it learns from, how far it is, and the one thing to do about it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_processes import pause_detector, resume_detector_process
from core.workflows.detectors import DetectorRun, all_detectors, detector_ticks
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.run_words import RESUMABLE, STATES, duration

EVERY_S = 2.0
_PARAMETER = "run"


def detector_list(paths: WorkspacePaths, runs: Sequence[DetectorRun]) -> DetectorRun:
    """Draw the rows, which move by themselves while a run trains. Return the run that was chosen."""
    newest_first = list(reversed(runs))
    named = {run.name: run for run in newest_first}
    chosen = named.get(RunName(st.query_params.get(_PARAMETER, "")), newest_first[0])
    training = any(run.state is RunState.RUNNING for run in runs)
    states = {run.name: run.state for run in runs}
    st.fragment(_rows, run_every=EVERY_S if training else None)(paths, states, chosen.name)
    return chosen


def _rows(paths: WorkspacePaths, drawn: Mapping[RunName, RunState], chosen: RunName) -> None:
    with shown_errors():
        runs = list(reversed(all_detectors(paths)))
        if {run.name: run.state for run in runs} != drawn:
            st.rerun()  # what stands below the list depends on the states
        with st.container(border=True, height=320 if len(runs) > 4 else "content"):
            for run in runs:
                _row(paths, run, is_chosen=run.name == chosen)


def _row(paths: WorkspacePaths, run: DetectorRun, *, is_chosen: bool) -> None:
    what, course, actions = st.columns([4, 5, 2], vertical_alignment="center")
    what.markdown(f"**{run.name}**  \n:small[{run.condition} on {run.cohort} · {run.recipe} · seed {run.seed}]")
    with course:
        _course(paths, run)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _next_action(paths, run)
        label = "Shown" if is_chosen else "Show"
        st.button(label, key=f"show {run.name}", disabled=is_chosen, on_click=_choose, args=(run.name,))


def _choose(name: RunName) -> None:
    st.query_params[_PARAMETER] = name


def _course(paths: WorkspacePaths, run: DetectorRun) -> None:
    text = f"{STATES[run.state]} · {run.epoch:.3g} epochs"
    if run.is_finished:
        st.write(text)
        return
    text += f" of at most {run.most_epochs}"
    ticks = detector_ticks(paths, run.name) if run.state is RunState.RUNNING else []
    if ticks:
        text += f" · at most {duration(ticks[-1].seconds_left)} left"
    st.progress(min(run.epoch / run.most_epochs, 1.0), text)


def _next_action(paths: WorkspacePaths, run: DetectorRun) -> None:
    with shown_errors():
        if run.state is RunState.RUNNING and st.button("Pause", key=f"pause {run.name}"):
            pause_detector(paths, run.name)
            done(f"{run.name} saves and pauses.")
        if run.state in RESUMABLE and st.button("Resume", key=f"resume {run.name}"):
            with st.spinner("Starting"):
                resume_detector_process(paths, run.name)
            done(f"{run.name} goes on. It does so too when this page is closed.")
