"""One detector run: how it goes, what ended it, and what it got wrong."""

from functools import partial

import streamlit as st

from core.figures.detection import detector_curves
from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_pictures import MOST_SHOWN, wrong_predictions, wrong_sheet
from core.workflows.detectors import DetectorRun, detector_ticks
from pages.components.background import answer, ask
from pages.components.charts import draw, page_theme
from pages.components.detector_runs import detector_runs
from pages.components.error_boundary import shown_errors
from pages.components.private_pictures import show_pictures
from pages.components.run_head import run_head, since

EVERY_S = 3.0
SHEET_PX = 1000
LOG_ODDS = "log-odds of tumor"


def detector_details(paths: WorkspacePaths, run: DetectorRun) -> None:
    run_head(paths, detector_runs(), run, _facts(run))
    every = EVERY_S if run.state is RunState.RUNNING else None
    st.fragment(_curves, run_every=every)(paths, run.name)
    if run.is_finished:
        with shown_errors():
            _wrong(paths, run)


def _facts(run: DetectorRun) -> list[str]:
    facts = [
        f"{run.recipe} recipe",
        f"{run.condition} on {run.cohort}",
        f"seed {run.seed}",
        f"weights {run.weights}",
    ]
    facts += [f"release {release}" for release in run.releases]
    facts += [f"attested by a researcher: {one}" for one in run.attested]
    return [*facts, since(run.started_at)]


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
            LOG_ODDS: one.log_odds,
        }
        for one in wrong[:MOST_SHOWN]
    ]
    two_digits = {LOG_ODDS: st.column_config.NumberColumn(format="%.2f")}
    st.dataframe(rows, hide_index=True, width="stretch", column_config=two_digits)
