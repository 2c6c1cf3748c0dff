"""Images of several sets, each transformed as it is with its own set alone."""

import numpy as np
import pytest

from core.augmentation.transformed_images import TransformedImages
from core.augmentation.transformed_sets import TransformedSets


def of_set(seed: int, sha256: str, positions: list[int]) -> TransformedImages:
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 256, 256), np.uint8)
    return TransformedImages(pixels=pixels, sha256=sha256 * 64, positions=np.array(positions), n_images=40, seed=3)


@pytest.fixture
def one() -> TransformedImages:
    return of_set(0, "a", [1, 2, 5])


@pytest.fixture
def other() -> TransformedImages:
    return of_set(1, "b", [0, 7])


def test_each_source_has_its_turn_and_its_versions_are_those_of_its_own_set(
    one: TransformedImages, other: TransformedImages
) -> None:
    both = TransformedSets(sets=[one, other], n_images=12)
    assert both.sources(range(12)).tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert both.versions(range(12)).tolist() == [0] * 5 + [1] * 5 + [2] * 2
    own = [*range(3), *range(3, 6), *range(6, 8)]  # places in `one`, by version and source
    of_other = [0, 1, 2, 3]
    expected = [one.images(own[:3]), other.images(of_other[:2]), one.images(own[3:6]), other.images(of_other[2:])]
    np.testing.assert_array_equal(both.images(range(10)), np.concatenate(expected))
    drawn = list(both.transformations(range(12)))
    assert drawn[3:5] == list(other.transformations([0, 1]))
    assert drawn[10:] == list(one.transformations([6, 7]))


def test_a_set_alone_is_as_without_others(one: TransformedImages) -> None:
    alone = TransformedSets(sets=[one], n_images=len(one))
    np.testing.assert_array_equal(alone.images(range(40)), one.images(range(40)))
    assert list(alone.transformations(range(40))) == list(one.transformations(range(40)))


def test_images_come_in_order_from_any_place_on(one: TransformedImages, other: TransformedImages) -> None:
    both = TransformedSets(sets=[one, other], n_images=70)
    together = both.images(range(70))
    np.testing.assert_array_equal(np.stack(list(both.images_from(0))), together)
    np.testing.assert_array_equal(np.stack(list(both.images_from(63))), together[63:])
