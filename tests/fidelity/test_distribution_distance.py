"""FID and KID against what is known of Gaussians, of equal sets and of copies."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from core.errors import BadInputError
from core.fidelity.distribution_distance import (
    frechet_distance,
    frechet_estimate,
    kernel_distance,
    kernel_estimate,
)

DIMENSIONS = 6


def points(n: int, seed: int, *, center: float = 0.0, spread: float = 1.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(n, DIMENSIONS))
    return (center + spread * noise).astype(np.float32)


def test_the_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    """k (m1 - m2)^2 + k (s1 - s2)^2 for N(m, s^2 I) in k dimensions."""
    ours, theirs = points(20_000, 0), points(20_000, 1, center=0.5, spread=1.5)
    assert frechet_distance(ours, theirs) == pytest.approx(DIMENSIONS * (0.25 + 0.25), rel=0.03)


def test_it_is_what_the_published_formula_gives_of_any_covariances() -> None:
    mix = np.random.default_rng(5).normal(size=(DIMENSIONS, DIMENSIONS))
    ours, theirs = points(100, 0) @ mix, points(80, 1, center=1.0)
    covariances = [np.cov(one.astype(np.float64), rowvar=False) for one in (ours, theirs)]
    apart = ours.mean(0) - theirs.mean(0)
    root = sqrtm(covariances[0] @ covariances[1]).real
    expected = apart @ apart + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(ours.astype(np.float32), theirs) == pytest.approx(expected, rel=1e-4)


def test_fewer_images_than_features_leave_it_a_number() -> None:
    assert frechet_distance(points(4, 0), points(5, 1)) > 0
    assert frechet_distance(points(4, 0), points(4, 0)) == pytest.approx(0, abs=1e-9)


def test_equal_sets_are_at_no_distance_in_any_order() -> None:
    ours = points(200, 0)
    assert frechet_distance(ours, ours[::-1].copy()) == pytest.approx(0, abs=1e-5)
    assert kernel_distance(ours, ours[::-1].copy()) <= 0


def test_the_kernel_distance_of_two_samples_of_one_source_is_0_on_average_whatever_their_size() -> None:
    for n in (10, 100):
        found = [kernel_distance(points(n, seed), points(n, 1000 + seed)) for seed in range(200)]
        assert abs(np.mean(found)) < 3 * np.std(found) / 200**0.5


def test_the_kernel_distance_of_shifted_gaussians_is_the_known_one() -> None:
    """In one dimension E(xy + 1)^3 of independent x, y is m3^2 + 3 m2^2 + 3 m1^2 + 1, from the moments of each: for
    N(0, 1) against N(1, 1) the discrepancy is (4 - 0)^2 + 3 (2 - 1)^2 + 3 (1 - 0)^2 = 22.
    """
    rng = np.random.default_rng(0)
    ours = rng.normal(0, 1, (2500, 1)).astype(np.float32)
    theirs = rng.normal(1, 1, (2500, 1)).astype(np.float32)
    assert kernel_distance(ours, theirs) == pytest.approx(22, rel=0.15)


@pytest.mark.parametrize("estimate", [frechet_estimate, kernel_estimate])
def test_they_tell_disjoint_sets_and_a_dropped_mode(estimate) -> None:
    both = [np.concatenate([points(150, seed), points(150, seed + 1, center=3)]) for seed in (0, 10)]
    same = estimate(both[0], both[1], seed=0)
    dropped = estimate(points(300, 20), both[1], seed=0)
    disjoint = estimate(points(300, 20, center=9), both[1], seed=0)
    assert same.ci95[1] < dropped.ci95[0] < dropped.estimate < dropped.ci95[1] < disjoint.ci95[0]


@pytest.mark.parametrize("estimate", [frechet_estimate, kernel_estimate])
def test_the_interval_is_about_as_wide_as_the_figure_varies(estimate) -> None:
    found = [estimate(points(200, seed, center=0.6), points(200, 100 + seed), seed=seed) for seed in range(40)]
    varies = np.std([one.estimate for one in found])
    says = np.mean([(one.ci95[1] - one.ci95[0]) / (2 * 1.96) for one in found])
    assert 0.75 < says / varies < 1.5


@pytest.mark.parametrize("estimate", [frechet_estimate, kernel_estimate])
def test_what_cannot_be_compared_is_said(estimate) -> None:
    with pytest.raises(BadInputError, match=r"1 images are too few for [FK]ID"):
        estimate(points(1, 0), points(20, 1), seed=0)
    nan = points(20, 0)
    nan[4] = np.inf
    with pytest.raises(BadInputError, match="1 of 20 images have features that are no numbers"):
        estimate(nan, points(20, 1), seed=0)


def test_constant_images_are_a_distribution_too() -> None:
    """One point at the mean of N(0, I): what is left is the variance."""
    assert frechet_distance(np.zeros((50, DIMENSIONS), np.float32), points(20_000, 0)) == pytest.approx(
        DIMENSIONS, rel=0.03
    )
