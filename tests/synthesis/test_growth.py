"""Growth is a function of the images shown: no resolution is skipped, alpha rises from 0 to 1 in each fade."""

from dataclasses import replace

import pytest
import torch

from core.synthesis.growth import (
    faded_reals,
    growth_at,
    images_in,
    is_due,
    learning_rate_factor,
    stage_ends,
)
from core.synthesis.recipes import Stage
from tests.tiny_training import CONFIG

STAGES = (
    Stage(resolution=4, fade_kimg=0.0, stable_kimg=0.1, batch=8),
    Stage(resolution=8, fade_kimg=0.08, stable_kimg=0.04, batch=8),
    Stage(resolution=16, fade_kimg=0.1, stable_kimg=0.0, batch=4),
)


def every_growth():
    shown = 0
    while shown < stage_ends(STAGES)[-1]:
        growth = growth_at(STAGES, shown)
        yield shown, growth
        shown += growth.batch


def test_no_step_belongs_to_two_stages() -> None:
    """0.1 kimg is 12.5 batches of 8: the first stage has 12 of them."""
    assert stage_ends(STAGES) == [96, 216, 316]
    starts = {}
    for shown, growth in every_growth():
        starts.setdefault(growth.resolution, shown)
    assert starts == {4: 0, 8: 96, 16: 216}


def test_a_later_stage_does_not_move_those_before() -> None:
    for shown in range(0, 216, 4):
        assert growth_at(STAGES[:2], shown) == growth_at(STAGES, shown)


def test_alpha_rises_evenly_over_the_fade_and_then_stays_at_1() -> None:
    alphas = [growth.fade_in_alpha for _, growth in every_growth() if growth.resolution == 8]
    assert alphas[:11] == pytest.approx([n / 10 for n in range(11)])
    assert set(alphas[10:]) == {1.0}
    assert {growth.fade_in_alpha for _, growth in every_growth() if growth.resolution == 4} == {1.0}


def test_past_the_end_growth_is_that_of_the_end() -> None:
    assert growth_at(STAGES[:2], 10**6).resolution == 8
    assert growth_at(STAGES[:2], 10**6).fade_in_alpha == 1


def test_a_stage_has_at_least_one_step() -> None:
    assert images_in(Stage(resolution=4, fade_kimg=0, stable_kimg=0.001, batch=16)) == 16


def test_something_is_due_once_in_every_interval() -> None:
    due = [
        shown + growth.batch for shown, growth in every_growth() if is_due(shown + growth.batch, growth.batch, 0.05)
    ]
    assert due == [56, 104, 152, 200, 252, 300]


def test_reals_fade_from_the_enlarged_lower_resolution_to_themselves() -> None:
    reals = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    below = reals.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5)).repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.equal(faded_reals(reals, 1.0), reals)
    assert torch.allclose(faded_reals(reals, 0.0), below)
    assert torch.allclose(faded_reals(reals, 0.25), 0.75 * below + 0.25 * reals)


def test_the_learning_rate_stays_and_then_falls_evenly_to_nearly_nothing() -> None:
    config = replace(CONFIG, cooldown_kimg=0.04)  # of 0.1
    factors = [learning_rate_factor(config, shown) for shown in range(0, 100, 4)]
    assert factors[:16] == [1.0] * 16
    assert factors[16:-1] == pytest.approx([n / 10 for n in range(9, 1, -1)])
    assert factors[-1] == pytest.approx(0.1)
    assert learning_rate_factor(config, 100) == 0.05
    assert learning_rate_factor(CONFIG, 96) == 1.0
