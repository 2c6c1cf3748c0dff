"""Readers, generators and the course of a reading, drawn as they were analyzed."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.figures.deception import deception_by_generator
from core.figures.intervals import Dot, Panel, interval_panels
from core.figures.readers import accuracy_by_reader, detection_by_reader, roc_curves
from core.figures.reading_course import QUARTERS, accuracy_by_quarter, times_by_arm
from core.figures.style import PALETTES, Theme
from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis, analyze
from core.observer_performance.proportions import Z95
from core.reading.protocol import Question

BOTH = tuple(Question)


def read_by(readers: str, *, confidence: bool = False) -> Analysis:
    """40 images, answered half at random; names in the order given."""
    rng = np.random.default_rng(5)
    arms = [(truth, tumor) for truth in ("real", "synthetic") for tumor in ("tumor", "nontumor")]
    rows = [
        {
            "reader_id": reader,
            "case_id": f"c{case}",
            "truth": arms[case % 4][0],
            "tumor_status": arms[case % 4][1],
            "decision": arms[case % 4][0] if rng.random() < 0.5 else str(rng.choice(["real", "synthetic"])),
            "tumor_decision": arms[case % 4][1] if rng.random() < 0.8 else "tumor",
            "response_time_ms": 1000 + 10 * case,
            "tumor_response_time_ms": 500,
            "trial_index": case,
            "generator": "gan" if arms[case % 4] == ("synthetic", "tumor") else "eigen",
        }
        | ({"confidence": int(rng.integers(1, 6))} if confidence else {})
        for reader in readers
        for case in range(40)
    ]
    return analyze(pd.DataFrame(rows))


def texts(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_readers_stand_side_by_side_with_their_intervals() -> None:
    analysis = read_by("BA")
    figure = accuracy_by_reader(analysis, BOTH, Theme.LIGHT)
    realism, tumor = figure.data
    rates = [analysis.per_reader[reader].tumor.accuracy for reader in "AB"]
    assert list(realism.y) == [0, 1]
    assert list(tumor.x) == pytest.approx([100 * (rate.estimate or 0) for rate in rates])
    low, high = rates[0].wilson95 or (0, 0)
    assert tumor.x[0] + tumor.error_x.array[0] == pytest.approx(100 * high)
    assert tumor.x[0] - tumor.error_x.arrayminus[0] == pytest.approx(100 * low)
    assert list(figure.layout.yaxis.ticktext) == ["A", "B"]
    assert "n = 2 readers" in figure.layout.title.text
    assert any("of 40" in text for text in texts(figure))


def test_a_reader_without_answers_has_a_row_and_no_dot() -> None:
    row = {"reader_id": "A", "case_id": 1, "truth": "real", "decision": "real"}
    figure = accuracy_by_reader(analyze(pd.DataFrame([row])), BOTH, Theme.LIGHT)
    assert len(figure.data[1].x) == 0
    assert any("not estimable" in text for text in texts(figure))


def test_dprime_and_criterion_have_intervals_of_their_standard_errors() -> None:
    analysis = read_by("AB")
    figure = detection_by_reader(analysis, Question.REALISM, Theme.DARK)
    found = analysis.per_reader["B"].realism.detection
    assert found is not None
    dprime, criterion = figure.data
    assert (dprime.x[1], criterion.x[1]) == pytest.approx((found.dprime, found.criterion))
    assert dprime.error_x.array[1] == pytest.approx(Z95 * found.dprime_se)
    assert criterion.error_x.arrayminus[1] == pytest.approx(Z95 * found.criterion_se)
    assert sum("n = 40" in text for text in texts(figure)) == 4


def test_every_reader_has_a_curve_from_corner_to_corner_beside_the_diagonal() -> None:
    analysis = read_by("AB", confidence=True)
    figure = roc_curves(analysis, BOTH, Theme.LIGHT)
    assert figure is not None
    diagonal, *curves = figure.data  # the tumor question has no confidence, and no panel
    assert [curve.name for curve in curves] == ["A", "B"]
    for curve in curves:
        assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 100, 100)
    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert len({curve.line.dash for curve in curves}) == 2
    assert any("mean AUC" in text for text in texts(figure))


def test_without_confidence_there_is_no_curve() -> None:
    assert roc_curves(read_by("AB"), BOTH, Theme.LIGHT) is None


def test_generators_have_their_share_called_real_in_the_color_of_synthetic_images() -> None:
    analysis = read_by("ABC")
    figure = deception_by_generator(analysis.generators, Theme.LIGHT)
    (dots,) = figure.data
    assert list(dots.x) == [100 * (found.called_real.estimate or 0) for found in analysis.generators]
    assert set(dots.marker.color) == {PALETTES[Theme.LIGHT].truth[ImageKind.SYNTHETIC]}
    for x, more, less, found in zip(
        dots.x, dots.error_x.array, dots.error_x.arrayminus, analysis.generators, strict=True
    ):
        low, high = found.ci95 or (0, 0)
        assert (x - less, x + more) == pytest.approx((100 * low, 100 * high))
    assert any("of 30" in text for text in texts(figure))


def test_each_reader_and_all_together_have_a_line_over_the_quarters() -> None:
    analysis = read_by("AB")
    figure = accuracy_by_quarter(analysis, analysis.overall, BOTH, Theme.LIGHT)
    assert len(figure.data) == 2 * 3
    together = figure.data[2]
    assert list(together.x) == list(QUARTERS)
    quarters = analysis.overall.drift[Question.REALISM].quarters
    assert list(together.y) == [100 * (part.estimate or 0) for part in quarters]
    assert [list(one) for one in together.customdata] == [[part.k, part.n] for part in quarters]
    assert together.line.width > figure.data[0].line.width


def test_arms_have_median_times_and_are_told_apart_by_hue_and_symbol() -> None:
    analysis = read_by("A")
    figure = times_by_arm(analysis.overall, BOTH, Theme.LIGHT)
    realism, tumor = figure.data
    assert list(tumor.x) == [0.5] * 4
    assert 1 < realism.x[0] < 1.4
    truth = PALETTES[Theme.LIGHT].truth
    assert list(realism.marker.color) == [truth[ImageKind.REAL]] * 2 + [truth[ImageKind.SYNTHETIC]] * 2
    assert list(realism.marker.symbol) == ["circle", "circle-open"] * 2


@pytest.mark.parametrize(("low", "high"), [(-0.5, 2.7), (0.0, 31.0), (-0.5, 0.5), (0.0, 0.004)])
def test_ticks_are_few_round_and_never_under_the_texts(low: float, high: float) -> None:
    dot = Dot(value=low, interval=None, text="")
    figure = interval_panels(["a"], [Panel(title="", dots=[dot], low=low, high=high)], title="", theme=Theme.LIGHT)
    ticks = list(figure.layout.xaxis.tickvals)
    assert 3 <= len(ticks) <= 6
    assert low - 1e-9 <= ticks[0] < ticks[-1] <= high + 1e-9


def test_what_names_hold_cannot_become_markup() -> None:
    dot = Dot(value=1.0, interval=None, text="")
    panel = Panel(title="", dots=[dot], low=0, high=2)
    figure = interval_panels(["<b>x"], [panel], title="", theme=Theme.LIGHT)
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;x"]
