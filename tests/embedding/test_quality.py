"""Quality figures are those of the literature, perfect where nothing was lost and poor where everything was."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from core.embedding import quality as measured
from core.embedding.quality import N_NEIGHBORS, quality
from tests.embedding.planted import planted


def test_a_picture_that_loses_nothing_is_perfect() -> None:
    points = planted(100)[:, :2].copy()
    found = quality(points, 3 * points + 7)
    assert (found.trustworthiness, found.neighborhood_preservation) == (1, 1)
    assert found.n_neighbors == N_NEIGHBORS


def test_a_random_picture_keeps_as_much_as_chance_does() -> None:
    n = 400
    random = np.random.default_rng(1).normal(size=(n, 2)).astype(np.float32)
    found = quality(planted(n), random)
    assert found.trustworthiness == pytest.approx(0.5, abs=0.03)
    assert found.neighborhood_preservation == pytest.approx(N_NEIGHBORS / (n - 1), abs=0.01)


def test_trustworthiness_is_that_of_scikit_learn() -> None:
    features = planted(120)
    for points in (features[:, :2].copy(), features[:, 4:7].copy()):
        expected = trustworthiness(features, points, n_neighbors=N_NEIGHBORS)
        assert quality(features, points).trustworthiness == pytest.approx(expected, abs=1e-9)


def test_some_points_stand_for_all_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    features = planted(300)
    points = features[:, :2].copy()
    whole = quality(features, points)
    monkeypatch.setattr(measured, "_AT_ONCE", 1000)
    assert quality(features, points) == whole
    monkeypatch.setattr(measured, "MOST_LOOKED_AT", 150)
    assert quality(features, points).trustworthiness == pytest.approx(whole.trustworthiness, abs=0.02)


def test_very_few_points_have_fewer_neighbors() -> None:
    found = quality(planted(8), planted(8)[:, :2].copy())
    assert found.n_neighbors == 3
    assert 0 <= found.trustworthiness <= 1
