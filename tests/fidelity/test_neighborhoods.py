"""Precision, recall, density and coverage are what theory says of Gaussians, of copies and of a dropped mode."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.fidelity.diversity import Estimate
from core.fidelity.neighborhoods import N_NEAREST, neighborhood_figures

DIMENSIONS = 8


def points(n: int, seed: int, *, center: float = 0.0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(n, DIMENSIONS)) + center).astype(np.float32)


def figures(synthetic: np.ndarray, real: np.ndarray) -> dict[str, Estimate]:
    return neighborhood_figures(synthetic, real, seed=0)


def values(synthetic: np.ndarray, real: np.ndarray) -> dict[str, float]:
    return {name: one.estimate for name, one in figures(synthetic, real).items()}


def test_identical_sets_cover_each_other() -> None:
    real = points(200, 0)
    found = values(real[::-1].copy(), real)
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] >= 1


def test_two_samples_of_one_source_have_the_density_and_coverage_that_are_published() -> None:
    """Naeem 2020: density is 1 on average, coverage 1 - (N-1)...(N-k) / ((2N-1)...(2N-k)), here 0.969."""
    n = 400
    expected = 1 - np.prod([(n - k) / (2 * n - k) for k in range(1, N_NEAREST + 1)])
    found = [figures(points(n, seed), points(n, 100 + seed)) for seed in range(4)]
    assert np.mean([one["density"].estimate for one in found]) == pytest.approx(1, abs=0.1)
    assert np.mean([one["coverage"].estimate for one in found]) == pytest.approx(expected, abs=0.015)
    for one in found[0].values():
        assert one.ci95[0] < one.estimate <= one.ci95[1]


def test_disjoint_sets_have_nothing_in_common() -> None:
    assert set(values(points(100, 0, center=100), points(100, 1)).values()) == {0}


def test_a_dropped_mode_costs_recall_and_coverage_but_no_precision() -> None:
    """Half of the real images are of a second mode that no synthetic image is of."""
    real = np.concatenate([points(150, 0), points(150, 1, center=50)])
    found = values(points(300, 2), real)
    whole = values(np.concatenate([points(150, 3), points(150, 4, center=50)]), real)
    assert found["precision"] > 0.8
    assert found["recall"] < 0.5
    assert found["coverage"] <= 0.5
    assert whole["recall"] > 0.8
    assert whole["coverage"] > 0.9


def test_ten_images_repeated_are_precise_and_cover_little() -> None:
    real = points(300, 0)
    found = values(np.tile(points(10, 1), (30, 1)), real)
    assert found["recall"] == 0
    assert found["coverage"] < 0.3
    of_real = values(np.tile(real[:10], (30, 1)), real)
    assert of_real["precision"] == 1
    assert of_real["recall"] == pytest.approx(10 / 300)


def test_constant_images_are_one_point() -> None:
    real = points(100, 0)
    assert values(np.full_like(real, 40), real) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_the_interval_holds_the_figure_of_other_samples_of_the_sources() -> None:
    one = figures(points(300, 0, center=0.5), points(300, 1))
    held = 0
    for seed in range(10):
        again = values(points(300, 10 + seed, center=0.5), points(300, 50 + seed))
        held += sum(one[name].ci95[0] <= again[name] <= one[name].ci95[1] for name in one)
    assert held >= 28  # of 40: both the interval and what it is to hold vary


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(BadInputError, match="5 images are too few for precision and recall: it needs 12"):
        figures(points(5, 0), points(100, 1))
    nan = points(20, 0)
    nan[[3, 7], 2] = np.nan
    with pytest.raises(BadInputError, match="2 of 20 images have features that are no numbers"):
        figures(points(20, 1), nan)
    with pytest.raises(BadInputError, match="with 8 and with 4 features"):
        figures(points(20, 1), points(20, 1)[:, :4])
