"""The paper's table 1 beside ours, with ROC curves and confusion matrices."""

from collections.abc import Sequence

import streamlit as st

from core.detection.performance import Estimate, Measure
from core.figures.detection import detector_confusion, detector_roc
from core.settings import WorkspacePaths
from core.workflows.detector_table import DetectorTable, detector_table, run_roc
from core.workflows.detectors import DetectorRun, detector_predictions
from pages.components.charts import draw, page_theme

NOT_ESTIMABLE = "not estimable"
TITLES = {measure: "AUC" if measure is Measure.AUC else measure.capitalize() for measure in Measure}


def detector_results(paths: WorkspacePaths, runs: Sequence[DetectorRun]) -> None:
    finished = [run for run in reversed(runs) if run.is_finished]
    choices = list(dict.fromkeys((run.cohort, run.recipe) for run in finished))
    st.subheader("Table of conditions")
    chosen = choices[0]
    if len(choices) > 1:
        chosen = st.selectbox("Cohort and recipe", choices, format_func=" · ".join, width=400)
    table = detector_table(paths, cohort=chosen[0], recipe=chosen[1])
    _table(table)
    _differences(table)
    _figures(paths, table)


def _figures(paths: WorkspacePaths, table: DetectorTable) -> None:
    curves = {str(row.condition): run_roc(detector_predictions(paths, row.runs[0])) for row in table.conditions}
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        draw(detector_roc(curves, page_theme()), key="roc")
    right.caption(
        "Curves are of the first seed of each condition. Below, what detectors said of all test images, with the "
        "share of each truth; the images of several seeds are added up."
    )
    places = [column for _ in range(0, len(table.conditions), 2) for column in st.columns(2)]
    for row, place in zip(table.conditions, places, strict=False):
        n_runs = "1 run" if len(row.runs) == 1 else f"{len(row.runs)} runs"
        with place:
            figure = detector_confusion(row.confusion, f"{str(row.condition).capitalize()}, {n_runs}", page_theme())
            draw(figure, key=f"confusion {row.condition}")


def _table(table: DetectorTable) -> None:
    rows = []
    for row in table.conditions:
        cells = {TITLES[measure]: _text(row.measures[measure]) for measure in Measure}
        paper = " / ".join(f"{100 * value:.2f}" for value in row.paper.values())
        rows.append(
            {"Condition": row.condition.value, "Seeds": ", ".join(map(str, row.seeds)), **cells, "Paper": paper}
        )
    st.table(rows, border="horizontal", hide_index=True)
    st.caption(
        f"{table.n_images} test images of {table.n_patients} patients; tumor is positive. Means over seeds in %, "
        "95 % intervals by bootstrap over patients. Paper: accuracy / sensitivity / specificity of Han et al. 2018."
    )
    for row in table.conditions:
        if row.releases:
            st.caption(f"Synthetic images of {row.condition}: {', '.join(row.releases)}.")
    attested = sorted({one for row in table.conditions for one in row.attested})
    if attested:
        st.caption(f"What these generators saw is attested by a researcher: {', '.join(attested)}.")
    for name, why in table.left_out.items():
        st.caption(f"Left out: {name}, which {why}.")


def _differences(table: DetectorTable) -> None:
    rows = [
        {
            "Difference": f"{one.condition} - {one.reference}",
            **{TITLES[measure]: _text(one.measures[measure], signed=True) for measure in Measure},
        }
        for one in table.differences
    ]
    if rows:
        st.markdown("**Differences, paired by patient**")
        st.table(rows, border="horizontal", hide_index=True)


def _text(estimate: Estimate, *, signed: bool = False) -> str:
    if estimate.estimate is None:
        return NOT_ESTIMABLE
    sign = "+" if signed else ""
    text = f"{100 * estimate.estimate:{sign}.1f}"
    parts = [f"interval {NOT_ESTIMABLE}"]
    if estimate.ci95 is not None:
        parts = [f"{100 * bound:{sign}.1f}" for bound in estimate.ci95]
    if estimate.sd_over_seeds is not None:
        parts.append(f"SD {100 * estimate.sd_over_seeds:.1f}")
    return f"{text} [{', '.join(parts)}]"
