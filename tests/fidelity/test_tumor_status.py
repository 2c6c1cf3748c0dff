"""A classifier that learned from real images finds tumors in others, and the same ones each time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import BadInputError
from core.fidelity.tumor_status import TumorStatusClassifier


def heads(n: int, *, seed: int, tumor: bool, size: int = 32) -> NDArray[np.uint8]:
    """Gray discs with some noise; a tumor is a small bright square somewhere in one half."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    images = np.where(np.hypot(y, x) < 0.45 * size, 110, 0) + rng.integers(0, 20, (n, size, size))
    for image in images:
        if tumor:
            top, left = rng.integers(10, 19, 2)
            image[top : top + 5, left : left + 5] = 230
    return images.astype(np.uint8)


@pytest.fixture(scope="module")
def classifier() -> TumorStatusClassifier:
    return taught()


def taught() -> TumorStatusClassifier:
    return TumorStatusClassifier(heads(120, seed=0, tumor=True), heads(60, seed=1, tumor=False), seed=0)


def test_it_is_right_on_images_that_it_has_not_seen(classifier: TumorStatusClassifier) -> None:
    assert classifier.shows_tumor(heads(50, seed=2, tumor=True)).mean() > 0.9
    assert classifier.shows_tumor(heads(50, seed=3, tumor=False)).mean() < 0.1


def test_the_same_seed_teaches_the_same(classifier: TumorStatusClassifier) -> None:
    images = np.concatenate([heads(20, seed=4, tumor=tumor) for tumor in (True, False)])
    np.testing.assert_array_equal(classifier.shows_tumor(images), taught().shows_tumor(images))


def test_one_kind_of_images_teaches_nothing() -> None:
    with pytest.raises(BadInputError, match="5 tumor and 0 nontumor images teach no difference"):
        TumorStatusClassifier(heads(5, seed=0, tumor=True), heads(0, seed=0, tumor=False), seed=0)
