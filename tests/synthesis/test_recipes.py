"""Recipes are complete, stretch to a length, and go on into a higher resolution."""

import json
import math

import pytest

from core.errors import BadInputError
from core.runs.devices import Precision
from core.synthesis.recipes import TrainingConfig, config_from_json, grown, light, paper, smoke

ALL = {"paper": paper(n_training_images=5036), "light": light(), "smoke": smoke()}


def test_paper_is_what_the_paper_says() -> None:
    """Han et al. 2018: 256 px, batch 16, 100 epochs, Adam at 1e-3; Karras et al. 2018: lambda 10, drift 0.001."""
    config = ALL["paper"]
    assert config.network.channels == (512, 512, 512, 512, 256, 128, 64)
    assert [stage.resolution for stage in config.stages] == [4, 8, 16, 32, 64, 128, 256]
    assert {stage.batch for stage in config.stages} == {16}
    assert config.kimg == pytest.approx(100 * 5036 / 1000)
    assert (config.learning_rate, config.loss.gradient_penalty_weight, config.loss.drift_weight) == (1e-3, 10, 1e-3)
    assert config.moving_average_decay(16) == pytest.approx(0.999)
    fades, stays = {stage.fade_kimg for stage in config.stages[1:]}, {stage.stable_kimg for stage in config.stages}
    assert fades == stays
    assert len(stays) == 1
    assert config.stages[0].fade_kimg == 0


def test_light_reaches_64_px_as_two_cores_do_in_45_minutes() -> None:
    stages = light(resolution=64).stages
    assert [(stage.resolution, stage.kimg) for stage in stages] == [(8, 12), (16, 24), (32, 40), (64, 36)]
    assert [stage.fade_kimg / stage.kimg for stage in stages] == [0, 0.5, 0.5, 0.5]
    assert light(resolution=64).cooldown_kimg == 18
    assert max(light().network.channels) == 128
    assert light().resolution == 256


@pytest.mark.parametrize("recipe", [light, smoke])
def test_a_length_stretches_every_stage_alike(recipe) -> None:
    usual, twice = recipe(), recipe(kimg=2 * recipe().kimg)
    for ours, theirs in zip(usual.stages, twice.stages, strict=True):
        assert theirs.fade_kimg == pytest.approx(2 * ours.fade_kimg)
        assert theirs.stable_kimg == pytest.approx(2 * ours.stable_kimg)


def test_the_moving_average_forgets_half_in_a_150th_of_the_training_but_never_slower_than_the_papers() -> None:
    config = light(resolution=64)
    steps = 1000 * config.kimg / 150 / 16
    assert config.moving_average_decay(16) ** steps == pytest.approx(0.5)
    assert config.moving_average_decay(32) == pytest.approx(config.moving_average_decay(16) ** 2)
    assert light(kimg=5000).moving_average_decay(16) == pytest.approx(0.999)


@pytest.mark.parametrize("config", ALL.values(), ids=ALL.keys())
def test_a_config_survives_json(config: TrainingConfig) -> None:
    assert config_from_json(json.loads(json.dumps(config.as_json()))) == config
    chosen = light(precision=Precision.FP32, seed=7, batch=32, horizontal_flip=True)
    assert config_from_json(json.loads(json.dumps(chosen.as_json()))) == chosen


@pytest.mark.parametrize("kimg", [0, -1, math.nan, math.inf])
def test_a_length_that_is_none_is_refused(kimg: float) -> None:
    with pytest.raises(BadInputError, match="cannot be"):
        light(kimg=kimg)


@pytest.mark.parametrize("resolution", [0, 4, 48, 512])
def test_a_resolution_that_the_recipe_does_not_pass_is_refused(resolution: int) -> None:
    with pytest.raises(BadInputError, match=f"does not reach {resolution} pixels"):
        light(resolution=resolution)


@pytest.mark.parametrize("batch", [-4, 6, 17])
def test_a_batch_that_is_not_whole_groups_is_refused(batch: int) -> None:
    with pytest.raises(BadInputError, match=str(batch)):
        smoke(batch=batch)


def test_growing_on_keeps_what_was_trained_and_adds_the_stages_above() -> None:
    low = light(resolution=32, kimg=10)
    config = grown(low, light(resolution=128))
    assert config.stages[:3] == low.stages
    assert config.stages[3:] == light(resolution=128).stages[3:]
    for no_higher in (light(resolution=32), light(resolution=16), paper(n_training_images=100)):
        with pytest.raises(BadInputError, match="does not go on"):
            grown(low, no_higher)
