"""Many images at a glance."""

import numpy as np
from numpy.typing import NDArray

GAP_PX = 4
AIR_BELOW = 24


def evenly_chosen(n_images: int, most: int) -> list[int]:
    """At most `most` positions, spread evenly over a set, first and last among them."""
    positions = np.linspace(0, n_images - 1, min(n_images, most))
    return [int(position) for position in np.unique(positions.round())]


def contact_sheet(images: NDArray[np.uint8], *, columns: int) -> NDArray[np.uint8]:
    """Lay images [N, H, W] out in rows on black, cropped to the box in which any of them shows more than air."""
    cells = np.pad(images[:, *_box(images)], ((0, 0), (0, GAP_PX), (0, GAP_PX)))
    n, height, width = cells.shape
    rows = -(-n // columns)
    sheet = np.zeros((rows * columns, height, width), np.uint8)
    sheet[:n] = cells
    return sheet.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)


def _box(images: NDArray[np.uint8]) -> tuple[slice, slice]:
    brightest = images.max(axis=0)
    return _extent(brightest.max(axis=1)), _extent(brightest.max(axis=0))


def _extent(brightest: NDArray[np.uint8]) -> slice:
    positions = np.flatnonzero(brightest >= AIR_BELOW)
    return slice(int(positions[0]), int(positions[-1]) + 1) if positions.size else slice(None)
