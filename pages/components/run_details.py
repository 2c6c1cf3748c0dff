"""One run: what it is, what ended it, and what can be seen of it and done with it."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.generators import Run, delete_run, run_log
from core.workflows.run_processes import stop_run
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done
from pages.components.run_course import run_course
from pages.components.run_pictures import between_seeds, compare_checkpoints
from pages.components.run_words import is_eigenimage
from pages.components.sampling import draw_images

View = Callable[[WorkspacePaths, Run, Sequence[Run]], None]
STOPPABLE = {RunState.RUNNING, RunState.PAUSED, RunState.INTERRUPTED}
VIEWS: dict[str, View] = {
    "Progress": run_course,
    "Draw images": draw_images,
    "Compare checkpoints": compare_checkpoints,
    "Between seeds": between_seeds,
}


def run_details(paths: WorkspacePaths, run: Run, runs: Sequence[Run]) -> None:
    head, actions = st.columns([3, 2], vertical_alignment="bottom")
    head.subheader(run.name)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _actions(paths, run)
    st.caption(_facts(run))
    with st.container():
        _what_ended_it(paths, run)
    views = [name for name in VIEWS if name != "Progress" or not is_eigenimage(run)]
    first = "Progress" if "Progress" in views else "Draw images"
    view = st.segmented_control(
        "View", views, default=first, required=True, key=f"view {run.name}", label_visibility="collapsed"
    )
    with shown_errors():
        VIEWS[view or first](paths, run, runs)


def _facts(run: Run) -> str:
    facts = [
        f"{run.recipe} recipe",
        f"{run.tumor_status} images of {run.trained_on}",
        f"grows to {run.planned_resolution} px" if not is_eigenimage(run) else f"{run.resolution} px",
        f"seed {run.seed}",
        f"since {run.started_at[:16].replace('T', ' ')} UTC",
    ]
    return " · ".join(facts)


def _what_ended_it(paths: WorkspacePaths, run: Run) -> None:
    if run.problem:
        st.error(run.problem)
    elif run.state is RunState.INTERRUPTED:
        st.warning(
            "Its process ended without a word, as in a power cut. Resume it: it goes on at its last checkpoint."
        )
    if run.state in {RunState.FAILED, RunState.INTERRUPTED} and (log := run_log(paths, run.name)):
        with st.expander("What it printed"):
            st.code(log, language=None, height=240)


def _actions(paths: WorkspacePaths, run: Run) -> None:
    """Each has a place of its own: else an open question whether to stop would become one whether to delete."""
    stop, delete = st.container(width="content"), st.container(width="content")
    if run.state in STOPPABLE:
        with stop, st.popover("Stop for good"):
            st.write(f"Stop {run.name} and keep what is trained? Pause it instead to go on later.")
            if st.button("Stop it", key=f"stop {run.name}", type="primary"):
                with shown_errors():
                    stop_run(paths, run.name)
                    done(f"{run.name} saves and stops.")
    if run.state is not RunState.RUNNING:
        with delete:
            delete_button(f"run {run.name}", lambda: delete_run(paths, run.name))
