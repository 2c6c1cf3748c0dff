"""The one way to 256 x 256 gray."""

import numpy as np
import pytest

from core.errors import BadInputError
from core.imaging.canonical import averaged, full_range, scale_to_8bit, to_canonical


@pytest.mark.parametrize("shape", [(240, 240), (256, 256), (64, 64), (512, 512), (300, 200), (78, 66), (155, 240)])
def test_applying_it_twice_changes_nothing(rng: np.random.Generator, shape: tuple[int, int]) -> None:
    image, factor = to_canonical(rng.integers(0, 256, shape, np.uint8))
    again, unchanged = to_canonical(image)
    assert image.shape == (256, 256)
    assert factor == pytest.approx(1.0 if 240 <= max(shape) <= 256 else 256 / max(shape))
    assert unchanged == 1.0
    np.testing.assert_array_equal(again, image)


def test_a_brats_slice_is_padded_by_8_and_not_resampled(rng: np.random.Generator) -> None:
    source = rng.integers(1, 256, (240, 240), np.uint8)
    image, factor = to_canonical(source)
    assert factor == 1.0
    np.testing.assert_array_equal(image[8:248, 8:248], source)
    assert image.sum() == source.sum()


def test_a_canonical_image_passes_unchanged(rng: np.random.Generator) -> None:
    source = rng.integers(0, 256, (256, 256), np.uint8)
    np.testing.assert_array_equal(to_canonical(source)[0], source)


def test_unequal_pixels_are_made_square() -> None:
    """A circle of 100 mm, sampled every 1 mm across and every 2 mm down."""
    y, x = np.mgrid[-63:64:2, -127:128]
    image, factor = to_canonical(np.where(y**2 + x**2 < 50**2, 200, 0).astype(np.uint8), (2.0, 1.0))
    rows, columns = (np.flatnonzero((image > 100).any(axis=axis)) for axis in (1, 0))
    assert factor == pytest.approx(2.0)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 2


@pytest.mark.parametrize("image", [np.zeros((256, 256)), np.zeros((8, 300), np.uint8), np.zeros(256, np.uint8)])
def test_what_is_no_image_is_refused(image: np.ndarray) -> None:
    with pytest.raises(BadInputError, match="is not an image"):
        to_canonical(image)


@pytest.mark.parametrize(
    ("images", "limits"),
    [
        ([np.array([[-0.9, 0.2]]), np.array([[0.0, 0.7]])], (-1.0, 1.0)),
        ([np.array([[0.1, 0.9]])], (0.0, 1.0)),
        ([np.array([[0.0, 254.5]])], (0.0, 255.0)),
        ([np.array([[3, 200]], np.int64)], (0.0, 255.0)),
        ([np.array([[0, 1]], np.int64)], (0.0, 255.0)),
        ([np.array([[100, 4000]], np.uint16), np.array([[90, 3000]], np.uint16)], (90.0, 4000.0)),
        ([np.array([[-3.0, 5.0]])], (-3.0, 5.0)),
        ([], None),
    ],
)
def test_the_range_of_a_set_is_recognized(images: list[np.ndarray], limits: tuple[float, float] | None) -> None:
    assert full_range(images) == limits


def test_a_generators_range_maps_to_all_gray_levels() -> None:
    image = np.array([[-1.0, 0.0, 1.0, 1.2]])
    assert scale_to_8bit(image, (-1.0, 1.0)).tolist() == [[0, 128, 255, 255]]


def test_images_of_one_set_keep_their_brightness_to_each_other() -> None:
    dark, bright = np.full((4, 4), 1000, np.uint16), np.full((4, 4), 3000, np.uint16)
    limits = (0.0, 4000.0)
    gray = [int(scale_to_8bit(image, limits).max()) for image in (dark, bright)]
    assert gray == [64, 191]


def test_images_are_averaged_over_whole_squares() -> None:
    image = np.zeros((256, 256), np.uint8)
    image[:4, :4] = 160
    image[4:6, 4:8] = 100
    small = averaged(image, 64)
    assert (small[0, 0], small[1, 1], small[0, 1]) == (160, 50, 0)
