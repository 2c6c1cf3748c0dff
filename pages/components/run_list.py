"""Every run in a row: what it learns, how far it is, and the one thing to do about it."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.generators import Run, all_generators, run_ticks
from core.workflows.run_processes import pause_run, resume_training
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.run_words import RESUMABLE, course_text, is_eigenimage

EVERY_S = 2.0
MOST_ROWS = 5
_PARAMETER = "run"


def run_list(paths: WorkspacePaths, runs: Sequence[Run]) -> Run:
    """Draw the rows, which move by themselves while a run trains. Return the run that was chosen."""
    in_order = _training_first(runs)
    named = {run.name: run for run in in_order}
    chosen = named.get(RunName(st.query_params.get(_PARAMETER, "")), in_order[0])
    training = any(run.state is RunState.RUNNING for run in runs)
    states = {run.name: run.state for run in runs}
    st.fragment(_rows, run_every=EVERY_S if training else None)(paths, states, chosen.name)
    return chosen


def _training_first(runs: Sequence[Run]) -> list[Run]:
    newest_first = list(reversed(runs))
    return sorted(newest_first, key=lambda run: run.state is not RunState.RUNNING)


def _rows(paths: WorkspacePaths, drawn: Mapping[RunName, RunState], chosen: RunName) -> None:
    with shown_errors():
        runs = _training_first(all_generators(paths))
        if {run.name: run.state for run in runs} != drawn:
            st.rerun()  # what stands below the list depends on the states
        with st.container(border=True):
            for run in runs[:MOST_ROWS]:
                _row(paths, run, is_chosen=run.name == chosen)
        if older := runs[MOST_ROWS:]:
            with st.expander(f"Older runs ({len(older)})"):
                for run in older:
                    _row(paths, run, is_chosen=run.name == chosen)


def _row(paths: WorkspacePaths, run: Run, *, is_chosen: bool) -> None:
    what, course, actions = st.columns([4, 5, 2], vertical_alignment="center")
    what.markdown(f"**{run.name}**  \n:small[{run.tumor_status} images of {run.trained_on} · {run.recipe}]")
    with course:
        _course(paths, run)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _next_action(paths, run)
        label = "Shown" if is_chosen else "Show"
        st.button(label, key=f"show {run.name}", disabled=is_chosen, on_click=_choose, args=(run.name,))


def _choose(name: RunName) -> None:
    st.query_params[_PARAMETER] = name


def _course(paths: WorkspacePaths, run: Run) -> None:
    ticks = run_ticks(paths, run.name) if run.state is RunState.RUNNING else []
    text = course_text(run, ticks[-1].seconds_left if ticks else None)
    if is_eigenimage(run) or run.state is RunState.FINISHED:
        st.write(text)
    else:
        st.progress(min(run.kimg / run.planned_kimg, 1.0), text)


def _next_action(paths: WorkspacePaths, run: Run) -> None:
    with shown_errors():
        if run.state is RunState.RUNNING and st.button("Pause", key=f"pause {run.name}"):
            pause_run(paths, run.name)
            done(f"{run.name} saves and pauses.")
        if run.state in RESUMABLE and st.button("Resume", key=f"resume {run.name}"):
            with st.spinner("Starting"):
                resume_training(paths, run.name)
            done(f"{run.name} goes on. It does so too when this page is closed.")
