"""The time that is left, from the speed of now and what higher resolutions cost."""

import pytest

from core.synthesis.growth import Growth
from core.synthesis.meter import COST_OF_DOUBLING, cost_of_doubling, seconds_left
from core.synthesis.recipes import Stage

STAGES = (
    Stage(resolution=8, fade_kimg=0.0, stable_kimg=1.0, batch=8),
    Stage(resolution=16, fade_kimg=1.0, stable_kimg=1.0, batch=8),
    Stage(resolution=32, fade_kimg=1.0, stable_kimg=3.0, batch=8),
)


def growth(stage_index: int) -> Growth:
    stage = STAGES[stage_index]
    return Growth(stage_index=stage_index, resolution=stage.resolution, batch=stage.batch, fade_in_alpha=1.0)


def test_in_the_last_stage_it_is_what_is_left_of_it_at_the_speed_of_now() -> None:
    assert seconds_left(STAGES, 5000, growth(2), {32: 20.0}) == pytest.approx(100.0)


def test_higher_resolutions_cost_more_as_much_as_the_run_has_seen() -> None:
    left = seconds_left(STAGES, 1000, growth(1), {8: 150.0, 16: 100.0})
    assert left == pytest.approx((2000 + 4000 * 1.5) / 100.0)


def test_a_run_that_has_seen_one_resolution_expects_the_usual() -> None:
    assert cost_of_doubling({8: 100.0}) == COST_OF_DOUBLING
    left = seconds_left(STAGES, 0, growth(0), {8: 100.0})
    assert left == pytest.approx((1000 + 2000 * COST_OF_DOUBLING + 4000 * COST_OF_DOUBLING**2) / 100.0)


def test_higher_resolutions_are_never_expected_to_be_faster() -> None:
    assert cost_of_doubling({8: 60.0, 16: 90.0}) == 1.0
