"""One detector run: how it goes, what ended it, and what it got wrong."""

from functools import partial

import streamlit as st

from core.figures.detection import detector_curves
from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_pictures import MOST_SHOWN, wrong_predictions, wrong_sheet
from core.workflows.detector_processes import stop_detector
from core.workflows.detectors import DetectorRun, delete_detector, detector_ticks
from pages.components.background import answer, ask
from pages.components.charts import draw, page_theme
from pages.components.error_boundary import shown_errors
from pages.components.feedback import delete_button, done
from pages.components.private_pictures import show_pictures

EVERY_S = 3.0
STOPPABLE = {RunState.RUNNING, RunState.PAUSED, RunState.INTERRUPTED}
SHEET_PX = 1000


def detector_details(paths: WorkspacePaths, run: DetectorRun) -> None:
    head, actions = st.columns([3, 2], vertical_alignment="bottom")
    head.subheader(run.name)
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _actions(paths, run)
    st.caption(_facts(run))
    with st.container():
        _what_ended_it(run)
    every = EVERY_S if run.state is RunState.RUNNING else None
    st.fragment(_curves, run_every=every)(paths, run.name)
    if run.is_finished:
        with shown_errors():
            _wrong(paths, run)


def _facts(run: DetectorRun) -> str:
    facts = [
        f"{run.recipe} recipe",
        f"{run.condition} on {run.cohort}",
        f"seed {run.seed}",
        f"weights {run.weights}",
    ]
    facts += [f"release {release}" for release in run.releases]
    facts += [f"attested by a researcher: {one}" for one in run.attested]
    return " · ".join([*facts, f"since {run.started_at[:16].replace('T', ' ')} UTC"])


def _what_ended_it(run: DetectorRun) -> None:
    if run.problem:
        st.error(run.problem)
    elif run.state is RunState.INTERRUPTED:
        st.warning(
            "Its process ended without a word, as in a power cut. Resume it: it goes on at its last checkpoint."
        )


def _actions(paths: WorkspacePaths, run: DetectorRun) -> None:
    """Each has a place of its own: else an open question whether to stop would become one whether to delete."""
    stop, delete = st.container(width="content"), st.container(width="content")
    if run.state in STOPPABLE:
        with stop, st.popover("Stop for good"):
            st.write(f"Stop {run.name}? Pause it instead to go on later.")
            if st.button("Stop it", key=f"stop {run.name}", type="primary"):
                with shown_errors():
                    stop_detector(paths, run.name)
                    done(f"{run.name} saves and stops.")
    if run.state is not RunState.RUNNING:
        with delete:
            delete_button(f"run {run.name}", lambda: delete_detector(paths, run.name))


def _curves(paths: WorkspacePaths, name: RunName) -> None:
    with shown_errors():
        ticks = detector_ticks(paths, name)
        if ticks:
            draw(detector_curves(ticks, page_theme()), key=f"curves {name}")
        else:
            st.info("The first figures come in a moment.")


def _wrong(paths: WorkspacePaths, run: DetectorRun) -> None:
    wrong = wrong_predictions(paths, run.name)
    st.markdown(f"**What it got wrong on the test partition** ({len(wrong)} images)")
    if not wrong:
        st.caption("Nothing.")
        return
    if st.button("Show the surest of them, and what they were decided by"):
        ask("wrong", run.name, partial(wrong_sheet, paths, run.name))
    if png := answer("wrong", run.name, "Looking, in a process of its own: some seconds."):
        show_pictures([("", f"Wrong decisions of {run.name}", png)], size_px=SHEET_PX)
        st.caption(
            "Each image, and beside it the same dimmed where it did not matter (Grad-CAM). The surest first."
        )
    rows = [
        {
            "patient": one.image.subject,
            "image set": one.image.image_set,
            "image": one.image.position,
            "truth": "tumor" if one.image.is_tumor else "nontumor",
            "log-odds of tumor": round(one.log_odds, 2),
        }
        for one in wrong[:MOST_SHOWN]
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
