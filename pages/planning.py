"""How many images and readers a study needs, before it begins."""

import math

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures.planning import interval_widths, power_curve
from core.identifiers import StudyName
from core.observer_performance.planning import (
    MOST_IMAGES,
    Power,
    VarianceComponents,
    difference_power,
    equivalence_power,
    images_for,
    mrmc_interval_width,
)
from core.reading.case import Arm
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.planning import pilot_components
from core.workflows.studies import all_studies
from pages.components.access_gate import researchers_only
from pages.components.charts import draw, page_theme
from pages.components.error_boundary import shown_errors

FEWEST_READERS_ADVISED = 5
STATED = "As stated here"


def main() -> None:
    paths = researchers_only()
    st.title("Planning")
    st.write("How many images and readers a study needs. Make one of that size on the Studies page.")
    left, right, _ = st.columns([1, 1, 2])
    wanted = left.number_input("Power wanted, %", 50, 99, 80) / 100
    alpha = right.number_input("Alpha", 0.001, 0.2, 0.05, 0.005, format="%.3f")
    with shown_errors():
        _difference(wanted, alpha)
        _equivalence(wanted, alpha)
        _across_readers(paths)


def _difference(wanted: float, alpha: float) -> None:
    st.subheader("To show that readers can tell")
    left, right = st.columns([2, 3])
    with left:
        accuracy = st.number_input("True accuracy, %", 51.0, 99.0, 60.0, 1.0, "%g", key="difference accuracy") / 100
        st.caption("Exact two-sided binomial test against 50 %, of one reader's answers.")
    what = f"to show that {100 * accuracy:g} % differs from 50 %"
    _curve(lambda n: difference_power(n, accuracy, alpha=alpha), wanted, what, left=left, right=right)


def _equivalence(wanted: float, alpha: float) -> None:
    st.subheader("To show that readers cannot tell")
    left, right = st.columns([2, 3])
    with left:
        margin = st.number_input("Margin around 50 %, points", 1.0, 40.0, 10.0, 1.0, "%g") / 100
        accuracy = (
            st.number_input("True accuracy, %", 50.0, 90.0, 50.0, 1.0, "%g", key="equivalence accuracy") / 100
        )
        st.caption("Exact two one-sided tests (TOST), of one reader's answers.")
    what = f"to show that the accuracy lies within {100 * margin:g} points of 50 %"
    _curve(
        lambda n: equivalence_power(n, accuracy, margin=margin, alpha=alpha), wanted, what, left=left, right=right
    )


def _curve(power: Power, wanted: float, what: str, *, left: DeltaGenerator, right: DeltaGenerator) -> None:
    first = images_for(power, at_least=wanted)
    if first is None:
        left.markdown(f"**More than {MOST_IMAGES:,} images** would be needed {what}: no study can do it.")
    else:
        per_arm = math.ceil(first / len(Arm))
        left.markdown(
            f"**{first} images** ({per_arm} per arm) are needed {what}, with a power of {100 * wanted:.0f} %."
        )
    n_images = np.arange(10, max(300, min(2 * (first or 1000), 4000)))
    with right:
        figure = power_curve(n_images, power(n_images), first=first, wanted=wanted, theme=page_theme())
        draw(figure, key=what)


def _across_readers(paths: WorkspacePaths) -> None:
    st.subheader("How exact the result of several readers is")
    left, right = st.columns([2, 3])
    with left:
        components = _components(paths)
        n_readers = int(st.number_input("Readers", 2, 100, 5))
        n_images = int(st.number_input("Images that each judges", 10, MOST_IMAGES, 200, 10))
        width = mrmc_interval_width(components, n_readers=n_readers, n_cases=n_images)
        st.markdown(
            f"**{100 * width:.1f} points** wide is the 95 % interval to expect, for readers and images like these."
        )
        if n_readers < FEWEST_READERS_ADVISED:
            st.caption(
                "Few readers say little of how readers vary: with 3, the interval holds the truth in about 92 %."
            )
    images = np.unique(np.geomspace(20, max(1000, 2 * n_images), 60).astype(int))
    widths = {
        readers: np.array([mrmc_interval_width(components, n_readers=readers, n_cases=int(n)) for n in images])
        for readers in sorted({3, n_readers, 10})
    }
    with right:
        draw(interval_widths(images, widths, theme=page_theme()), key="widths")


def _components(paths: WorkspacePaths) -> VarianceComponents:
    closed = [status.study.name for status in all_studies(paths) if status.study.state is StudyState.CLOSED]
    source = st.selectbox("How readers and images vary", [STATED, *closed]) if closed else STATED
    if source == STATED:
        return _stated_components()
    components = pilot_components(paths, StudyName(source))
    st.caption(
        f"As in {source}: SD between readers {100 * components.reader**0.5:.1f} points, "
        f"between images of one truth {100 * components.case**0.5:.1f} points."
    )
    return components


def _stated_components() -> VarianceComponents:
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


main()
