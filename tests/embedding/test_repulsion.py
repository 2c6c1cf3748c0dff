"""Repulsion by way of a grid is that of all pairs, and neighbors found block by block are the nearest."""

import numpy as np
import pytest
from openTSNE._tsne import estimate_negative_gradient_fft_2d

from core.embedding import neighbors
from core.embedding.neighbors import nearest_neighbors
from core.embedding.repulsion import repulsion


@pytest.mark.parametrize("spread", [1e-4, 1.0, 20.0, 60.0])
def test_repulsion_is_as_near_to_that_of_all_pairs_as_the_library_s_own(spread: float) -> None:
    """From the beginning, where all lie together, to the end of a run of many points, away from the origin too."""
    points = np.random.default_rng(0).uniform(-1, 1, (3000, 2)) * [spread, spread / 2] + 5
    apart = points[:, None] - points
    near = 1 / (1 + (apart**2).sum(2))
    exact = (near[:, :, None] ** 2 * apart).sum(1)
    gradient = np.zeros_like(points)
    of_library = estimate_negative_gradient_fft_2d(points, gradient, 3, 50, 1)
    force, normalization = repulsion(points)
    rounding = 1e-5 * np.linalg.norm(exact)
    assert np.linalg.norm(force - exact) <= 1.02 * np.linalg.norm(-gradient * of_library - exact) + rounding
    assert normalization == pytest.approx(of_library, rel=0.01)


def test_neighbors_are_the_nearest_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbors, "_AT_ONCE", 7 * 120)
    features = np.random.default_rng(0).normal(size=(120, 9)).astype(np.float32) + 100
    numbers, distances = nearest_neighbors(features, 5)
    exact = np.linalg.norm(features[:, None].astype(float) - features, axis=2)
    np.fill_diagonal(exact, np.inf)
    np.testing.assert_array_equal(np.sort(numbers, axis=1), np.sort(np.argsort(exact, axis=1)[:, :5], axis=1))
    np.testing.assert_allclose(distances, np.take_along_axis(exact, numbers, 1), rtol=1e-4)
