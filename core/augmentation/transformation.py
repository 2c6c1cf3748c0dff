"""One transformation of an image: its parameters as a record, their one matrix, one resampling."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.imageset.record import IMAGE_SIZE

AIR = 0  # what comes in from outside the image
_CENTER_PX = (IMAGE_SIZE - 1) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """What is done to an image, in this order and about its center: flips and zoom, shear, rotation, shifts.

    Shifts are fractions of the image's side, to the right and down. `shear` is how far a row moves to the right
    per row below the center. Rotation is clockwise as displayed; a zoom above 1 enlarges.
    """

    horizontal_flip: bool = False
    vertical_flip: bool = False
    rotation_deg: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    shear: float = 0.0
    zoom: float = 1.0

    def matrix(self) -> NDArray[np.float64]:
        """[2, 3]: where a pixel (x, y) goes, all steps in one."""
        cos, sin = math.cos(math.radians(self.rotation_deg)), math.sin(math.radians(self.rotation_deg))
        across = -self.zoom if self.horizontal_flip else self.zoom
        down = -self.zoom if self.vertical_flip else self.zoom
        xx, xy = cos * across, (cos * self.shear - sin) * down
        yx, yy = sin * across, (sin * self.shear + cos) * down
        x = _CENTER_PX * (1 - xx - xy) + self.shift_x * IMAGE_SIZE
        y = _CENTER_PX * (1 - yx - yy) + self.shift_y * IMAGE_SIZE
        return np.array([[xx, xy, x], [yx, yy, y]])


def transformed(
    image: NDArray[np.uint8], transformation: Transformation, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """A canonical image after a transformation, into `out`, which is not the image, where given: one resampling.

    Only the rectangle in which the head comes to lie is resampled, bilinearly; around it is air, which stays air.
    """
    found = np.empty_like(image, order="C") if out is None else out
    found[:] = AIR
    matrix = transformation.matrix()
    columns, rows = _reach_of_head(image, matrix)
    head = found[rows, columns]
    if head.size:
        matrix[:, 2] -= columns.start, rows.start
        cv2.warpAffine(image, matrix, head.shape[::-1], dst=head, borderMode=cv2.BORDER_CONSTANT, borderValue=AIR)
    return found


def _reach_of_head(image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> tuple[slice, slice]:
    """Columns and rows that what is not air reaches: its rectangle and a pixel around it, under the matrix."""
    left, top, width, height = cv2.boundingRect(image)  # of what is not 0, which is air
    middle_x, middle_y = left + (width - 1) / 2, top + (height - 1) / 2
    half_width, half_height = (width + 1) / 2, (height + 1) / 2
    (xx, xy, x), (yx, yy, y) = matrix.tolist()
    return (
        _within_image(xx * middle_x + xy * middle_y + x, abs(xx) * half_width + abs(xy) * half_height),
        _within_image(yx * middle_x + yy * middle_y + y, abs(yx) * half_width + abs(yy) * half_height),
    )


def _within_image(middle: float, half: float) -> slice:
    """The pixels of a side between middle - half and middle + half, rounded outward."""
    return slice(max(0, math.floor(middle - half)), max(0, math.ceil(middle + half) + 1))
