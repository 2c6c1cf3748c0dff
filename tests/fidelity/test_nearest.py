"""Nearest images are those that comparing each with each finds, however the work is cut into blocks."""

import tracemalloc

import numpy as np
import pytest

from core.errors import BadInputError
from core.fidelity import nearest as module
from core.fidelity.nearest import NO_IMAGE, near_duplicates, nearest


def points(n: int, seed: int, *, k: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, k)).astype(np.float32) * 100


@pytest.fixture(params=[1, 64, 2**24])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks of one query, of some, and one block for all."""
    monkeypatch.setattr(module, "MOST_DISTANCES_AT_ONCE", request.param)
    return request.param


@pytest.mark.usefixtures("at_once")
def test_the_nearest_few_are_found_nearest_first() -> None:
    queries, reference = points(30, 0), points(40, 1)
    distances = np.linalg.norm(queries[:, None] - reference[None], axis=2)
    found = nearest(queries, reference, n_nearest=3)
    np.testing.assert_array_equal(found.index, distances.argsort(1)[:, :3])
    np.testing.assert_allclose(found.distance, np.sort(distances, 1)[:, :3], rtol=1e-5)


def test_a_copy_is_at_distance_zero_though_all_lies_far_from_the_origin() -> None:
    reference = points(20, 0) + 1e4
    found = nearest(reference[7:8], reference)
    assert (found.index[0, 0], found.distance[0, 0]) == (7, 0)


@pytest.mark.usefixtures("at_once")
def test_an_image_is_never_compared_with_its_own_group() -> None:
    images, groups = points(30, 0), np.arange(30) % 4
    found = nearest(images, images, n_nearest=2, groups=(groups, groups))
    assert (groups[found.index] != groups[:, None]).all()


def test_where_nothing_is_allowed_nothing_is_found() -> None:
    found = nearest(points(2, 0), points(3, 1), n_nearest=2, groups=(np.array([0, 1]), np.array([0, 0, 1])))
    assert found.index[0, 1] == NO_IMAGE
    assert np.isinf(found.distance[0, 1])
    assert np.isfinite(found.distance[1]).all()


@pytest.mark.usefixtures("at_once")
def test_of_images_that_are_alike_the_first_stays() -> None:
    different = points(6, 0)
    images = np.concatenate([different[:3], different[1:2] + 0.1, different[3:], different[1:2] - 0.1])
    np.testing.assert_array_equal(near_duplicates(images, 1.0), [-1, -1, -1, 1, -1, -1, -1, 1])


@pytest.mark.usefixtures("at_once")
def test_duplicates_are_of_images_that_stay() -> None:
    """Each a step from the one before: were steps followed, one image alone would stay of all."""
    chain = np.arange(6, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(near_duplicates(chain, 1.5), [-1, 0, -1, 2, -1, 4])


def test_one_image_has_no_duplicate() -> None:
    np.testing.assert_array_equal(near_duplicates(points(1, 0), 1.0), [NO_IMAGE])


def test_features_that_are_no_numbers_and_no_images_at_all_are_refused() -> None:
    broken = points(4, 0)
    broken[2, 1] = np.nan
    with pytest.raises(BadInputError, match="1 of 4 images have features that are no numbers"):
        nearest(broken, points(4, 1))
    with pytest.raises(BadInputError, match="no images to compare with"):
        nearest(points(4, 0), points(0, 1))


def test_many_images_are_compared_in_bounded_memory() -> None:
    """All distances of 20,000 to 5,000 images at once would take 400 MB, and as much again to order them."""
    queries, reference = points(20_000, 0), points(5_000, 1)
    tracemalloc.start()
    try:
        nearest(queries, reference, groups=(np.full(len(queries), NO_IMAGE), np.arange(len(reference))))
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()
