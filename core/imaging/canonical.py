"""The last step to a canonical image, shared by all arms: 256 x 256, 8-bit gray, centered on black."""

import math
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

CANONICAL_SIZE = 256
BRATS_FRAME = 240
RESAMPLING = "OpenCV INTER_AREA where an image shrinks, INTER_CUBIC where it grows"
SMALLEST_SIDE = 16
_NEARLY_SQUARE = 1.01


def to_canonical(
    image: NDArray[np.uint8], pixel_mm: tuple[float, float] = (1.0, 1.0)
) -> tuple[NDArray[np.uint8], float]:
    """Bring 8-bit gray [H, W] to [256, 256]; also returns output pixels per source pixel, the greater way.

    `pixel_mm`: distance of pixels down and across; unequal ones are made equal at the finer of the two. An
    image whose longer side then has 240 (the BraTS frame) to 256 pixels is padded with 0; any other is
    resampled so that its longer side has 256. Applying it twice changes nothing.
    """
    if image.ndim != 2 or image.dtype != np.uint8 or min(image.shape) < SMALLEST_SIDE:
        raise BadInputError(
            f"An array of {image.dtype} {image.shape} is not an image.",
            f"Give 8-bit gray images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels.",
        )
    finer_mm = min(pixel_mm)
    stretch = [1.0 if mm < finer_mm * _NEARLY_SQUARE else mm / finer_mm for mm in pixel_mm]
    longer = max(n * factor for n, factor in zip(image.shape, stretch, strict=True))
    zoom = 1.0 if BRATS_FRAME <= longer <= CANONICAL_SIZE else CANONICAL_SIZE / longer
    height, width = (max(1, round(n * f * zoom)) for n, f in zip(image.shape, stretch, strict=True))
    return _centered(_resampled(image, height, width)), max(stretch) * zoom


def drawn_at(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """A canonical image as a generator of `side_px` pixels would have drawn it: shrunk and enlarged again.

    Where such images are compared with real ones, these take that way too, so that enlarging tells nothing.
    """
    if side_px >= CANONICAL_SIZE:
        return image
    return to_canonical(averaged(image, side_px))[0]


def averaged(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """A square image at [side_px, side_px], by averages over squares of pixels; itself where it has that size."""
    if len(image) == side_px:
        return np.asarray(image)
    return np.asarray(cv2.resize(np.asarray(image), (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)


def full_range(images: Iterable[NDArray[Any]]) -> tuple[float, float] | None:
    """What black and white stand for in a set of float or deeper integer images; None for no images.

    What generators write is recognized: -1..1, 0..1 and 0..255 keep that range; any other set spans from its
    lowest to its highest value, so that nothing is clipped.
    """
    low, high, whole = math.inf, -math.inf, True
    for image in images:
        low, high = min(low, float(image.min())), max(high, float(image.max()))
        whole = whole and image.dtype.kind in "iu"
    if low > high:
        return None
    if not whole and low < 0 and low >= -1 and high <= 1:
        return -1.0, 1.0
    if not whole and low >= 0 and high <= 1:
        return 0.0, 1.0
    return (0.0, 255.0) if low >= 0 and high <= 255 else (low, high)


def scale_to_8bit(image: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.uint8]:
    """Map `limits` linearly to 0..255, rounded and clipped. Images of one set share their limits."""
    low, high = limits
    if image.dtype == np.uint8 and limits == (0.0, 255.0):
        return image
    scaled = (image.astype(np.float64) - low) * (255 / (high - low if high > low else 1.0))
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def _resampled(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if image.shape == (height, width):
        return image
    method = cv2.INTER_AREA if height * width < image.size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=method), np.uint8)


def _centered(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape
    top, left = (CANONICAL_SIZE - height) // 2, (CANONICAL_SIZE - width) // 2
    canvas = np.zeros((CANONICAL_SIZE, CANONICAL_SIZE), np.uint8)
    canvas[top : top + height, left : left + width] = image
    return canvas
