"""Small copies of images side by side in one picture: what a gallery draws from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imaging.canonical import averaged

THUMBNAIL_SIZES = (64, 96, 128, 192, 256)
MOST_THUMBNAILS = 256
SPRITE_COLUMNS = 16


def thumbnail_sprite(pixels: NDArray[np.uint8], positions: Sequence[int], *, size: int) -> NDArray[np.uint8]:
    """Images [N, 256, 256] at `positions` as one picture, 16 in a row, each `size` x `size`; black after the last.

    Each pixel is the mean of the area that it stands for. Only these images are read. Raises BadInputError for
    what the set or this picture does not have.
    """
    _check(positions, n_images=len(pixels), size=size)
    rows = -(-len(positions) // SPRITE_COLUMNS)
    sprite = np.zeros((rows * size, min(len(positions), SPRITE_COLUMNS) * size), np.uint8)
    for place, position in enumerate(positions):
        top, left = (size * number for number in divmod(place, SPRITE_COLUMNS))
        sprite[top : top + size, left : left + size] = averaged(pixels[position], size)
    return sprite


def _check(positions: Sequence[int], *, n_images: int, size: int) -> None:
    if size not in THUMBNAIL_SIZES:
        sizes = ", ".join(map(str, THUMBNAIL_SIZES))
        raise BadInputError(f"There are no thumbnails of {size} pixels.", f"Ask for one of {sizes}.")
    if not 0 < len(positions) <= MOST_THUMBNAILS:
        raise BadInputError(
            f"{len(positions)} thumbnails cannot be had at once.", f"Ask for 1 to {MOST_THUMBNAILS}."
        )
    lowest, highest = min(positions), max(positions)
    if lowest < 0 or highest >= n_images:
        raise BadInputError(
            f"There is no image {lowest if lowest < 0 else highest}.", f"The set's images are 0 to {n_images - 1}."
        )
