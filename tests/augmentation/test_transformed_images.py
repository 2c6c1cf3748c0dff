"""Transformed images: image n of a set follows from the set, n and the seed, and from nothing else."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from core.augmentation.sampling import PAPER, Ranges, key_of, transformations
from core.augmentation.transformation import Transformation, transformed
from core.augmentation.transformed_images import TransformedImages
from core.errors import BadInputError
from tests.phantoms import phantom_images

PINNED = Transformation(
    rotation_deg=-6.608116091140268,
    shift_x=0.06882977713655354,
    shift_y=-0.07555042289091825,
    shear=-0.008162963447396674,
    zoom=1.013099234746355,
)
NOTHING = Ranges(horizontal_flip=0, vertical_flip=0, rotation_deg=0, shift=0, shear=0, zoom=0)


@pytest.fixture
def images() -> TransformedImages:
    """40 of images 1, 2 and 5 of 6."""
    pixels = np.stack(list(phantom_images(6, seed=3)))
    return TransformedImages(pixels=pixels, sha256="ab12", positions=np.array([1, 2, 5]), n_images=40, seed=4)


def drawn(n: int, ranges: Ranges = PAPER, seed: int = 0) -> list[Transformation]:
    return list(transformations(ranges, np.arange(n), key=key_of("ab12", seed)))


def test_the_paper_flips_turns_shifts_shears_and_zooms_by_up_to_10_degrees_and_8_percent() -> None:
    values = np.array([astuple(one) for one in drawn(20_000)], float)
    np.testing.assert_allclose(values[:, :2].mean(axis=0), [0.5, 0.5], atol=0.015)
    away = (values - [0, 0, 0, 0, 0, 0, 1])[:, 2:] / [10, 0.08, 0.08, 0.08, 0.08]
    assert np.abs(away).max() <= 1 + 1e-12
    quantiles = np.quantile(away, [0, 0.25, 0.5, 0.75, 1], axis=0)
    for quantile, expected in zip(quantiles, [-1, -0.5, 0, 0.5, 1], strict=True):
        np.testing.assert_allclose(quantile, expected, atol=0.03)


def test_parameters_are_drawn_independently_of_each_other_and_of_the_number() -> None:
    values = np.array([astuple(one) for one in drawn(20_000)], float)
    with_next = np.hstack([values[:-1], values[1:], np.arange(len(values) - 1)[:, None]])
    correlations = np.corrcoef(with_next.T) - np.eye(15)
    assert np.abs(correlations).max() < 0.03
    assert len({astuple(one) for one in drawn(20_000)}) == 20_000


def test_ranges_of_nothing_leave_images_as_they_are(images: TransformedImages) -> None:
    same = replace(images, ranges=NOTHING)
    assert set(same.transformations(range(40))) == {Transformation()}
    np.testing.assert_array_equal(same.images(range(6)), images.pixels[[1, 2, 5, 1, 2, 5]])


def test_an_image_is_the_same_alone_and_in_any_batch(images: TransformedImages) -> None:
    together = images.images(range(40))
    np.testing.assert_array_equal(images.images([29, 3]), together[[29, 3]])
    order = np.random.default_rng(0).permutation(40)
    np.testing.assert_array_equal(images.images(order), together[order])
    np.testing.assert_array_equal(images.images([17])[0], together[17])


def test_it_can_be_replayed_from_its_recorded_parameters(images: TransformedImages) -> None:
    (recorded,) = images.transformations([31])
    again = Transformation(**dict(zip(Transformation.__slots__, astuple(recorded), strict=True)))
    source = images.pixels[images.sources([31])[0]]
    np.testing.assert_array_equal(transformed(source, again), images.images([31])[0])


def test_parameters_are_pinned_across_versions_and_machines() -> None:
    (one,) = transformations(PAPER, [123_456_789], key=key_of("ab12", 7))
    assert astuple(one) == astuple(PINNED)


def test_every_source_has_its_turn_before_one_comes_again(images: TransformedImages) -> None:
    assert images.sources(range(7)).tolist() == [1, 2, 5, 1, 2, 5, 1]
    assert images.versions(range(7)).tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert np.bincount(images.sources(range(40))).tolist() == [0, 14, 13, 0, 0, 13]


def test_an_image_does_not_depend_on_which_others_are_taken(images: TransformedImages) -> None:
    alone = replace(images, positions=np.array([5]), n_images=13)
    np.testing.assert_array_equal(alone.images(range(13)), images.images(range(2, 40, 3)))


@pytest.mark.parametrize("change", [{"seed": 5}, {"sha256": "ab13"}])
def test_another_seed_or_set_gives_other_transformations(
    images: TransformedImages, change: dict[str, object]
) -> None:
    other = replace(images, **change)
    assert not set(other.transformations(range(40))) & set(images.transformations(range(40)))


def test_versions_of_an_image_differ(images: TransformedImages) -> None:
    assert len({image.tobytes() for image in images.images(range(40))}) == 40


@pytest.mark.parametrize("change", [{"n_images": 0}, {"seed": -1}, {"positions": np.array([], np.int64)}])
def test_what_cannot_be_made_is_refused(images: TransformedImages, change: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        replace(images, **change)
