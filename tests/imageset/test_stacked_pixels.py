"""Images of several sets are read as if they lay in one file."""

from pathlib import Path

import numpy as np
import pytest

from core.imageset.pixels import PixelWriter, open_pixels
from core.imageset.stacked_pixels import StackedPixels, stacked


@pytest.fixture
def sets(tmp_path: Path) -> list[np.ndarray]:
    """Of three, one and two images, memory-mapped."""
    images = np.random.default_rng(0).integers(0, 256, (6, 256, 256), np.uint8)
    for name, some in (("a", images[:3]), ("b", images[3:4]), ("c", images[4:])):
        with PixelWriter(tmp_path / f"{name}.npy") as writer:
            for image in some:
                writer.append(image)
            writer.commit()
    return [open_pixels(tmp_path / f"{name}.npy") for name in "abc"]


def test_each_image_is_where_it_lies_behind_the_others(sets: list[np.ndarray]) -> None:
    pixels, whole = stacked(sets), np.concatenate(sets)
    assert (len(pixels), pixels.shape, pixels.dtype) == (6, whole.shape, whole.dtype)
    for place in range(6):
        np.testing.assert_array_equal(pixels[place], whole[place])
    chosen = np.array([5, 0, 3, 3, 2])
    np.testing.assert_array_equal(pixels[chosen], whole[chosen])
    assert pixels[np.empty(0, np.int64)].shape == (0, 256, 256)


def test_one_set_stays_the_file_that_it_is(sets: list[np.ndarray]) -> None:
    assert stacked(sets[:1]) is sets[0]


@pytest.mark.parametrize("place", [-1, 6])
def test_there_is_nothing_before_the_first_and_behind_the_last(sets: list[np.ndarray], place: int) -> None:
    with pytest.raises(IndexError):
        StackedPixels(sets)[place]
