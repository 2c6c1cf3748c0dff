"""Curves show the powers and widths that they were given, and the number that was found."""

import numpy as np
import pytest

from core.figures.planning import interval_widths, power_curve
from core.figures.style import Theme

N = np.arange(10, 100)


@pytest.mark.parametrize("theme", Theme)
def test_a_power_curve_marks_the_first_number_that_is_enough(theme: Theme) -> None:
    figure = power_curve(N, N / 100, first=80, wanted=0.8, theme=theme)
    assert list(figure.data[0].x[:2]) == [10, 11]
    assert figure.data[0].y[0] == pytest.approx(10)
    assert [annotation.text for annotation in figure.layout.annotations] == ["80 images"]
    assert {(line.x0, line.y0) for line in figure.layout.shapes} == {(0, 80), (80, 0)}


def test_a_power_that_is_never_enough_marks_nothing() -> None:
    figure = power_curve(N, N / 1000, first=None, wanted=0.8, theme=Theme.LIGHT)
    assert not figure.layout.annotations


def test_each_number_of_readers_has_its_line_dash_and_words() -> None:
    figure = interval_widths(N, {readers: 1 / (N * readers) for readers in (3, 5, 10)}, theme=Theme.LIGHT)
    assert [annotation.text for annotation in figure.layout.annotations] == ["3 readers", "5 readers", "10 readers"]
    assert len({line.line.dash for line in figure.data}) == 3
    assert len({line.line.color for line in figure.data}) == 1
    assert figure.data[2].y[0] == pytest.approx(1.0)
