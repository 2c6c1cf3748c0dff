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
    images_for_width,
    mrmc_interval_width,
)
from core.reading.case import Arm
from core.reading.design import Goal, PlannedAnalysis
from core.settings import WorkspacePaths
from core.workflows.planning import Plan, sample_size
from pages.components.access_gate import researchers_only
from pages.components.charts import draw, page_theme
from pages.components.error_boundary import shown_errors
from pages.components.made_plan import offer
from pages.components.variances import variance_fields

FEWEST_READERS_ADVISED = 5
GOALS = {Goal.DIFFERENCE: "That readers can tell", Goal.EQUIVALENCE: "That readers cannot tell"}


def main() -> None:
    paths = researchers_only()
    st.title("Planning")
    st.write(
        "How many images and readers a study needs. Make one from the plan at the end of this page: its protocol "
        "then states what was planned."
    )
    left, right, _ = st.columns([1, 1, 2])
    wanted = left.number_input("Power wanted, %", 50, 99, 80) / 100
    alpha = right.number_input("Alpha", 0.001, 0.2, 0.05, 0.005, format="%.3f")
    with shown_errors():
        accuracies = {Goal.DIFFERENCE: _difference(wanted, alpha)}
        margin, accuracies[Goal.EQUIVALENCE] = _equivalence(wanted, alpha)
        components, pilot, n_readers, n_images = _across_readers(paths)
        st.subheader("The plan")
        goal = st.radio("To show", [*Goal], format_func=lambda one: GOALS[one], horizontal=True)
        size = sample_size(
            components,
            goal=goal,
            power=wanted,
            accuracy=accuracies[goal],
            n_readers=n_readers,
            n_images=n_images,
            pilot=pilot,
        )
        offer(Plan(sample_size=size, planned=PlannedAnalysis(margin=margin, alpha=alpha)))


def _difference(wanted: float, alpha: float) -> float:
    """Returns the true accuracy that is assumed."""
    st.subheader("To show that readers can tell")
    left, right = st.columns([2, 3])
    with left:
        accuracy = st.number_input("True accuracy, %", 51.0, 99.0, 60.0, 1.0, "%g", key="difference accuracy") / 100
        st.caption("Exact two-sided binomial test against 50 %, of one reader's answers.")
    what = f"to show that {100 * accuracy:g} % differs from 50 %"
    _curve(lambda n: difference_power(n, accuracy, alpha=alpha), wanted, what, left=left, right=right)
    return accuracy


def _equivalence(wanted: float, alpha: float) -> tuple[float, float]:
    """Returns the margin, and the true accuracy that is assumed."""
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
    return margin, accuracy


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


def _across_readers(paths: WorkspacePaths) -> tuple[VarianceComponents, StudyName | None, int, int]:
    """Returns the variances, where they are from, and the numbers of readers and of images that each judges."""
    st.subheader("How exact the result of several readers is")
    left, right = st.columns([2, 3])
    with left:
        components, pilot = variance_fields(paths)
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
        _images_for_width(components, n_readers)
    with right:
        _widths(components, n_readers, n_images)
    return components, pilot, n_readers, n_images


def _images_for_width(components: VarianceComponents, n_readers: int) -> None:
    wanted = st.number_input("Width wanted, points", 1.0, 80.0, 15.0, 1.0, "%g") / 100
    needed = {
        readers: images_for_width(components, n_readers=readers, at_most=wanted)
        for readers in sorted({3, n_readers, 10, 20})
    }
    parts = [f"{readers} readers: {f'{n:,} images' if n else 'no number'}" for readers, n in needed.items()]
    st.markdown(f"For at most {100 * wanted:g} points each judges, with {'; '.join(parts)}.")


def _widths(components: VarianceComponents, n_readers: int, n_images: int) -> None:
    images = np.unique(np.geomspace(20, max(1000, 2 * n_images), 60).astype(int))
    widths = {
        readers: np.array([mrmc_interval_width(components, n_readers=readers, n_cases=int(n)) for n in images])
        for readers in sorted({3, n_readers, 10})
    }
    draw(interval_widths(images, widths, theme=page_theme()), key="widths")


main()
