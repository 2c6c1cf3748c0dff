"""The classifier guesses where there is nothing to tell, and tells what is different."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.fidelity.two_sample_classifier import classifier_auc


def points(n: int, seed: int, *, center: float = 0.0, spread: float = 1.0) -> np.ndarray:
    return (center + spread * np.random.default_rng(seed).normal(size=(n, 8))).astype(np.float32)


def area(synthetic: np.ndarray, real: np.ndarray) -> tuple[float, float, float]:
    found = classifier_auc(synthetic, real, seed=0)
    return found.ci95[0], found.estimate, found.ci95[1]


def test_two_samples_of_one_source_cannot_be_told() -> None:
    found = [area(points(200, seed), points(200, 50 + seed)) for seed in range(4)]
    assert np.mean([middle for _, middle, _ in found]) == pytest.approx(0.5, abs=0.05)
    assert sum(low < 0.5 < high for low, _, high in found) >= 3


def test_identical_sets_cannot_be_told() -> None:
    real = points(200, 0)
    for copies in (real[::-1].copy(), real + 0.01):
        low, middle, high = area(copies, real)
        assert middle == pytest.approx(0.5, abs=0.03)
        assert low <= 0.5 <= high


def test_slices_in_turn_from_either_set_teach_nothing_wrong() -> None:
    """Each image lies between two of the other set: who learned from these would answer the opposite."""
    ways = [points(1, seed, spread=3) + points(60, 50 + seed, spread=0.3).cumsum(0) for seed in range(20)]
    slices = np.concatenate(ways)
    assert area(slices[0::2], slices[1::2])[1] > 0.4


def test_disjoint_sets_are_told_without_fault() -> None:
    assert area(points(100, 0, center=30), points(100, 1)) == (1, 1, 1)


def test_a_dropped_mode_another_spread_and_ten_images_repeated_are_told() -> None:
    real = np.concatenate([points(150, 0), points(150, 1, center=4)])
    real = real[np.random.default_rng(9).permutation(300)]
    assert area(points(300, 2), real)[0] > 0.6
    assert area(points(200, 3, spread=0.5), points(200, 4))[0] > 0.8
    assert area(np.tile(points(10, 5), (20, 1)), points(200, 6))[0] > 0.8
    assert area(np.tile(real[:200:20], (20, 1)), real)[0] > 0.7
    assert area(np.full((100, 8), 0.3, np.float32), points(100, 6))[0] > 0.9


def test_what_cannot_be_learned_is_said() -> None:
    with pytest.raises(BadInputError, match="9 images are too few for the classifier"):
        area(points(9, 0), points(50, 1))
    with pytest.raises(BadInputError, match="too much alike for the classifier"):
        area(np.zeros((10, 8), np.float32), np.ones((10, 8), np.float32))
