"""How readers and images vary: as a researcher states it, or as a closed study shows it."""

import streamlit as st

from core.identifiers import StudyName
from core.observer_performance.planning import VarianceComponents
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.planning import pilot_components
from core.workflows.studies import all_studies

STATED = "As stated here"


def variance_fields(paths: WorkspacePaths) -> tuple[VarianceComponents, StudyName | None]:
    """The variances, and the study that they are from."""
    closed = [status.study.name for status in all_studies(paths) if status.study.state is StudyState.CLOSED]
    source = st.selectbox("How readers and images vary", [STATED, *closed]) if closed else STATED
    if source == STATED:
        return _stated(), None
    components = pilot_components(paths, StudyName(source))
    st.caption(
        f"As in {source}: SD between readers {100 * components.reader**0.5:.1f} points, "
        f"between images of one truth {100 * components.case**0.5:.1f} points."
    )
    return components, StudyName(source)


def _stated() -> VarianceComponents:
    accuracy = st.number_input("Accuracy, %", 1.0, 99.0, 70.0, 1.0, "%g")
    reader_sd = st.number_input(
        "SD between readers, points",
        0.1,
        40.0,
        5.0,
        0.5,
        "%g",
        help="Of their true accuracies; 5 to 10 in most studies.",
    )
    case_share = st.number_input(
        "Share of the images, %",
        0.0,
        100.0,
        20.0,
        5.0,
        "%g",
        help="0: every reader errs on other images. 100: all err on the same ones.",
    )
    return VarianceComponents.stated(
        accuracy=accuracy / 100, reader_sd=reader_sd / 100, case_share=case_share / 100
    )
