"""Trouble is said when it is certain, and nothing is saved while it is only suspected."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.synthesis.health import (
    LARGEST_GRADIENT_PENALTY,
    SNAPSHOTS_TO_COLLAPSE,
    TICKS_TO_DIVERGE,
    Health,
    variety,
)
from core.synthesis.run_folder import Tick

CALM = Tick(
    kimg=3.5,
    resolution=16,
    fade_in_alpha=1.0,
    batch=16,
    discriminator_loss=-1.5,
    generator_loss=2.5,
    wasserstein_distance=3.0,
    gradient_penalty=0.1,
    discriminator_gradient_norm=7.0,
    generator_gradient_norm=8.0,
    images_per_s=99.0,
    loader_share=0.01,
    memory_mb=300.0,
    seconds=10.0,
    seconds_left=20.0,
)
WILD = replace(CALM, gradient_penalty=2 * LARGEST_GRADIENT_PENALTY)


@pytest.fixture
def reals() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 32, 32)).astype(np.uint8)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["generator_loss", "gradient_penalty", "discriminator_gradient_norm"])
def test_a_number_that_is_none_is_trouble_at_once(name: str, number: float) -> None:
    health = Health()
    trouble = health.of_tick(replace(CALM, **{name: number}))
    assert trouble is not None
    assert "NaN" in trouble.what
    assert "3.5 kimg (16 px)" in trouble.what
    assert "--precision fp32" in trouble.next_step
    assert not health.may_save


def test_divergence_is_certain_after_some_ticks_and_nothing_is_saved_before() -> None:
    health = Health()
    assert health.of_tick(CALM) is None
    for _ in range(TICKS_TO_DIVERGE - 1):
        assert health.of_tick(WILD) is None
        assert not health.may_save
    trouble = health.of_tick(WILD)
    assert trouble is not None
    assert "diverged" in trouble.what


def test_a_single_outlier_is_forgiven() -> None:
    health = Health()
    for _ in range(5):
        assert health.of_tick(WILD) is None
        assert health.of_tick(CALM) is None
        assert health.may_save


def test_samples_like_real_images_have_their_variety(reals) -> None:
    assert variety(reals[:20], reals[20:]) == pytest.approx(1, abs=0.2)


def test_a_handful_of_images_with_some_noise_is_a_collapse_though_they_differ_much(reals) -> None:
    noise = np.random.default_rng(1).integers(-2, 3, (40, 32, 32))
    few = np.clip(reals[:4].repeat(10, 0).astype(int) + noise, 0, 255).astype(np.uint8)
    assert few.std(0).mean() > 30
    health = Health()
    for _ in range(SNAPSHOTS_TO_COLLAPSE - 1):
        assert health.of_snapshot(CALM, few, reals) is None
        assert not health.may_save
    trouble = health.of_snapshot(CALM, few, reals)
    assert trouble is not None
    assert "collapsed" in trouble.what
    assert health.of_snapshot(CALM, reals, reals) is None
    assert health.may_save


@pytest.mark.parametrize("n", [0, 1])
def test_of_too_few_images_nothing_is_said(reals, n: int) -> None:
    assert variety(reals[:n], reals) == 1
