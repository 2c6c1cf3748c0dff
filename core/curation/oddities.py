"""What may be odd about one image: a few numbers that are compared with those of real images."""

from collections.abc import Iterable
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

HEAD_FROM = 24  # gray level: darker is air
BRIGHT_FROM = 220  # gray level: a volume's brain ends at 235
N_LEADING = 32  # features that describe shape and large structures; the others are small ones
_LEVELS = 256


class Oddity(StrEnum):
    """In words that complete "This image has ..."."""

    GRAY_AIR = "gray where real images have air"
    HEAD_SIZE = "a head of unusual size"
    PIECES = "a head in pieces"
    BRIGHT = "unusually large bright areas"
    GRAY_VALUES = "unusual gray values"
    DETAIL = "too little or too much fine detail"
    DISTANCE = "no real image near it"
    LARGE_STRUCTURE = "unusual large structures"
    SMALL_STRUCTURE = "unusual small structures"


ONLY_TOO_MUCH = frozenset(
    {Oddity.GRAY_AIR, Oddity.PIECES, Oddity.BRIGHT, Oddity.GRAY_VALUES, Oddity.DISTANCE}
)  # little of the others is odd, too

# A spread below this is none: real images may all have exactly black air, and one gray level is not odd.
LEAST_SPREAD = {
    Oddity.GRAY_AIR: 2.0,  # gray levels
    Oddity.HEAD_SIZE: 3.0,  # pixels, root of the area
    Oddity.PIECES: 0.02,  # share of the head
    Oddity.BRIGHT: 0.02,  # root of the share of all pixels
    Oddity.GRAY_VALUES: 3.0,  # gray levels
    Oddity.DETAIL: 0.05,  # logarithms, these and the next
    Oddity.DISTANCE: 0.05,
    Oddity.LARGE_STRUCTURE: 0.05,
    Oddity.SMALL_STRUCTURE: 0.05,
}


class PixelOddities:
    """Measures images against what real ones share: where they have air, and which gray values their heads have."""

    def __init__(self, real: Iterable[NDArray[np.uint8]]) -> None:
        """From images uint8 [H, W], one after the other, at least one."""
        images = iter(real)
        brightest = next(images).copy()
        gray_values, n_images = _cumulated(brightest), 1
        for image in images:
            np.maximum(brightest, image, out=brightest)
            gray_values += _cumulated(image)
            n_images += 1
        self._air = brightest < HEAD_FROM
        self._gray_values = gray_values / n_images

    def of(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The first six of `Oddity`, in their order, of uint8 [H, W]; an image without a head has pieces only."""
        head = image >= HEAD_FROM
        area = int(head.sum())
        fine = np.abs(cv2.Laplacian(image.astype(np.float32), cv2.CV_32F))
        measured = (
            float(image[self._air].mean()) if self._air.any() else 0.0,
            area**0.5,
            1.0 - _largest_piece(head) / area if area else 1.0,
            float((image >= BRIGHT_FROM).mean()) ** 0.5,
            float(np.abs(_cumulated(image) - self._gray_values).sum()),
            float(np.log1p(fine[head].mean())) if area else 0.0,
        )
        return np.asarray(measured, np.float32)


def feature_oddities(
    features: NDArray[np.float32], deviations: NDArray[np.float32], distance_to_real: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The other three, float32 [n, 3], of features [n, k] that deviate by `deviations` [k] among real images."""
    scaled = features / np.maximum(deviations, 1.0)
    small = features[:, N_LEADING:] if features.shape[1] > N_LEADING else features
    columns = (distance_to_real, np.linalg.norm(scaled[:, :N_LEADING], axis=1), np.linalg.norm(small, axis=1))
    return np.stack([np.log1p(column) for column in columns], 1).astype(np.float32)


def _cumulated(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The distribution function of a head's gray values; the area between two is in gray levels."""
    counts = np.bincount(image.ravel(), minlength=_LEVELS)[HEAD_FROM:]
    return np.asarray(np.cumsum(counts) / max(int(counts.sum()), 1))


def _largest_piece(head: NDArray[np.bool_]) -> int:
    """In pixels; pieces that touch at a corner are one."""
    _, _, statistics, _ = cv2.connectedComponentsWithStats(head.astype(np.uint8), connectivity=8)
    return int(statistics[1:, cv2.CC_STAT_AREA].max(initial=0))
