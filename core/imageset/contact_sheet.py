"""Many images at a glance."""

import numpy as np
from numpy.typing import NDArray

GAP_PX = 2


def evenly_chosen(n_images: int, most: int) -> list[int]:
    """At most `most` positions, spread evenly over a set, first and last among them."""
    positions = np.linspace(0, n_images - 1, min(n_images, most))
    return [int(position) for position in np.unique(positions.round())]


def contact_sheet(images: NDArray[np.uint8], *, columns: int, shrink: int = 2) -> NDArray[np.uint8]:
    """Lay images [N, H, W] out in rows on black, each shrunk by averaging `shrink` x `shrink` pixels."""
    n, height, width = images.shape
    cell_height, cell_width = height // shrink, width // shrink
    blocks = images.reshape(n, cell_height, shrink, cell_width, shrink)
    small = blocks.mean(axis=(2, 4)).round().astype(np.uint8)
    rows = -(-n // columns)
    sheet = np.zeros((rows * (cell_height + GAP_PX), columns * (cell_width + GAP_PX)), np.uint8)
    for index, image in enumerate(small):
        top, left = (index // columns) * (cell_height + GAP_PX), (index % columns) * (cell_width + GAP_PX)
        sheet[top : top + cell_height, left : left + cell_width] = image
    return sheet
