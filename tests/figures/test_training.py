"""The curves of a training show its statistics, and tell runs apart without hue."""

import pytest

from core.figures.style import PALETTES, Theme
from core.figures.training import MEASURES, MOST_RUNS, training_curves
from tests.made_up_runs import tick

TICKS = [tick(float(kimg), swd={16: 30.0, 8: 10.0} if kimg % 5 == 0 else None) for kimg in range(1, 21)]


@pytest.mark.parametrize("theme", Theme)
def test_each_measure_has_a_chart_over_the_images_shown(theme: Theme) -> None:
    figure = training_curves({"run": TICKS}, theme)
    assert len(figure.data) == len(MEASURES)
    losses = figure.data[0]
    assert list(losses.x) == [tick.kimg for tick in TICKS]
    assert list(losses.y) == [tick.discriminator_loss for tick in TICKS]
    assert {line.line.color for line in figure.data} == {PALETTES[theme].text}


def test_the_distance_is_drawn_where_there_is_one_as_the_mean_of_its_levels() -> None:
    (distance,) = [line for line in training_curves({"run": TICKS}, Theme.LIGHT).data if list(line.y) == [20.0] * 4]
    assert list(distance.x) == [5, 10, 15, 20]


def test_the_start_of_each_resolution_is_marked_for_one_run_alone() -> None:
    def marked(*names: str) -> set[str]:
        figure = training_curves(dict.fromkeys(names, TICKS), Theme.LIGHT)
        return {note.text for note in figure.layout.annotations if note.text.endswith(" px")}

    assert marked("run") == {"8 px", "16 px"}
    assert marked("run", "other") == set()


def test_runs_side_by_side_differ_by_lightness_and_dash_and_are_named_once() -> None:
    names = [f"run-{number}" for number in range(MOST_RUNS)]
    figure = training_curves(dict.fromkeys(names, TICKS), Theme.LIGHT)
    assert len({(line.line.color, line.line.dash) for line in figure.data}) == MOST_RUNS
    assert [line.name for line in figure.data if line.showlegend] == names


def test_a_run_without_statistics_yet_is_no_error() -> None:
    assert len(training_curves({"run": TICKS, "new": []}, Theme.LIGHT).data) == 2 * len(MEASURES)


def test_a_single_point_is_seen() -> None:
    assert {line.mode for line in training_curves({"run": TICKS[:1]}, Theme.LIGHT).data} == {"lines+markers"}
