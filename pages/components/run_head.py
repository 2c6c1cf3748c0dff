"""What stands above all else that is shown of one run: its name, what can be done with it, what ended it."""

from collections.abc import Sequence

import streamlit as st

from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.runs import run_log
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done
from pages.components.run_list import RunKind, RunType

STOPPABLE = {RunState.RUNNING, RunState.PAUSED, RunState.INTERRUPTED}


def run_head(paths: WorkspacePaths, kind: RunKind[RunType], run: RunType, facts: Sequence[str]) -> None:
    head, actions = st.columns([3, 2], vertical_alignment="bottom")
    head.subheader(run.name)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _actions(paths, kind, run)
    st.caption(" · ".join(facts))
    with st.container():
        _what_ended_it(paths, run)


def since(started_at: str) -> str:
    return f"since {started_at[:16].replace('T', ' ')} UTC"


def _what_ended_it(paths: WorkspacePaths, run: RunType) -> None:
    if run.problem:
        st.error(run.problem)
    elif run.state is RunState.INTERRUPTED:
        st.warning(
            "Its process ended without a word, as in a power cut. Resume it: it goes on at its last checkpoint."
        )
    if run.state in {RunState.FAILED, RunState.INTERRUPTED} and (log := run_log(paths, run.name)):
        with st.expander("What it printed"):
            st.code(log, language=None, height=240)


def _actions(paths: WorkspacePaths, kind: RunKind[RunType], run: RunType) -> None:
    """Each has a place of its own: else an open question whether to stop would become one whether to delete."""
    stop, delete = st.container(width="content"), st.container(width="content")
    if run.state in STOPPABLE:
        with stop, st.popover("Stop for good"):
            st.write(f"Stop {run.name} and keep what is trained? Pause it instead to go on later.")
            if st.button("Stop it", key=f"stop {run.name}", type="primary"):
                with shown_errors():
                    kind.stop(paths, run.name)
                    done(f"{run.name} saves and stops.")
    if run.state is not RunState.RUNNING:
        with delete:
            delete_button(f"run {run.name}", lambda: kind.delete(paths, run.name))
