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
        gray_values, n_images = _cumulated(_counts(brightest)), 1
        for image in images:
            np.maximum(brightest, image, out=brightest)
            gray_values += _cumulated(_counts(image))
            n_images += 1
        self._air = (brightest < HEAD_FROM).astype(np.uint8)
        self._gray_values = gray_values / n_images

    def of(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The first six of `Oddity`, in their order, of uint8 [H, W]; an image without a head has pieces only."""
        counts = _counts(image)
        head = (image >= HEAD_FROM).astype(np.uint8)
        area = float(counts[HEAD_FROM:].sum())
        fine = np.abs(cv2.Laplacian(image, cv2.CV_16S))
        measured = (
            cv2.mean(image, self._air)[0],
            area**0.5,
            1.0 - _largest_piece(head) / area if area else 1.0,
            (counts[BRIGHT_FROM:].sum() / image.size) ** 0.5,
            np.abs(_cumulated(counts) - self._gray_values).sum(),
            np.log1p(cv2.mean(fine, head)[0]),
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


def _counts(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How many pixels have each gray level, [256]."""
    return np.asarray(cv2.calcHist([image], [0], None, [_LEVELS], (0, _LEVELS)), np.float32).ravel()


def _cumulated(counts: NDArray[np.float32]) -> NDArray[np.float64]:
    """The distribution function of a head's gray values; the area between two is in gray levels."""
    of_head = np.cumsum(counts[HEAD_FROM:], dtype=np.float64)
    return np.asarray(of_head / max(of_head[-1], 1.0))


def _largest_piece(head: NDArray[np.uint8]) -> int:
    """In pixels; pieces that touch at a corner are one."""
    _, _, statistics, _ = cv2.connectedComponentsWithStats(head, connectivity=8)
    return int(statistics[1:, cv2.CC_STAT_AREA].max(initial=0))
