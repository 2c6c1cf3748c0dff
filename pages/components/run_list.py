"""Every run of a kind in a row: what it learns, how far it is, and the one thing to do about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import streamlit as st

from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.run_words import RESUMABLE

EVERY_S = 2.0
MOST_ROWS = 5
_PARAMETER = "run"


class AnyRun(Protocol):
    @property
    def name(self) -> RunName: ...
    @property
    def state(self) -> RunState: ...
    @property
    def problem(self) -> str | None: ...


RunType = TypeVar("RunType", bound=AnyRun)
Act = Callable[[WorkspacePaths, RunName], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKind(Generic[RunType]):
    """What a page knows of its runs. `all_runs`: oldest first. `what`: one learns, in a few words; `draw_course`
    draws how far it is.
    """

    all_runs: Callable[[WorkspacePaths], Sequence[RunType]]
    what: Callable[[RunType], str]
    draw_course: Callable[[WorkspacePaths, RunType], None]
    pause: Act
    resume: Act
    stop: Act
    delete: Act


def run_list(paths: WorkspacePaths, kind: RunKind[RunType], runs: Sequence[RunType]) -> RunType:
    """Draw the rows, which move by themselves while a run trains. Return the run that was chosen."""
    in_order = _training_first(runs)
    named = {run.name: run for run in in_order}
    chosen = named.get(RunName(st.query_params.get(_PARAMETER, "")), in_order[0])
    training = any(run.state is RunState.RUNNING for run in runs)
    states = {run.name: run.state for run in runs}
    st.fragment(_rows, run_every=EVERY_S if training else None)(paths, kind, states, chosen.name)
    return chosen


def _training_first(runs: Sequence[RunType]) -> list[RunType]:
    newest_first = list(reversed(runs))
    return sorted(newest_first, key=lambda run: run.state is not RunState.RUNNING)


def _rows(
    paths: WorkspacePaths, kind: RunKind[RunType], drawn: Mapping[RunName, RunState], chosen: RunName
) -> None:
    with shown_errors():
        runs = _training_first(kind.all_runs(paths))
        if {run.name: run.state for run in runs} != drawn:
            st.rerun()  # what stands below the list depends on the states
        with st.container(border=True):
            for run in runs[:MOST_ROWS]:
                _row(paths, kind, run, is_chosen=run.name == chosen)
        if older := runs[MOST_ROWS:]:
            with st.expander(f"Older runs ({len(older)})"):
                for run in older:
                    _row(paths, kind, run, is_chosen=run.name == chosen)


def _row(paths: WorkspacePaths, kind: RunKind[RunType], run: RunType, *, is_chosen: bool) -> None:
    what, course, actions = st.columns([4, 5, 2], vertical_alignment="center")
    what.markdown(f"**{run.name}**  \n:small[{kind.what(run)}]")
    with course:
        kind.draw_course(paths, run)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _next_action(paths, kind, run)
        label = "Shown" if is_chosen else "Show"
        st.button(label, key=f"show {run.name}", disabled=is_chosen, on_click=_choose, args=(run.name,))


def _choose(name: RunName) -> None:
    st.query_params[_PARAMETER] = name


def _next_action(paths: WorkspacePaths, kind: RunKind[RunType], run: RunType) -> None:
    with shown_errors():
        if run.state is RunState.RUNNING and st.button("Pause", key=f"pause {run.name}"):
            kind.pause(paths, run.name)
            done(f"{run.name} saves and pauses.")
        if run.state in RESUMABLE and st.button("Resume", key=f"resume {run.name}"):
            with st.spinner("Starting"):
                kind.resume(paths, run.name)
            done(f"{run.name} goes on. It does so too when this page is closed.")
