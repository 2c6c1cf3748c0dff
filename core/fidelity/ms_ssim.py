"""Multi-scale structural similarity of two images (Wang, Simoncelli, Bovik 2003), as a measure of diversity.

The PGGAN paper takes the mean over pairs of images of one set: the higher it is, the less a generator varies. It
sees a lack of variety that is large; it says nothing of realism.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # finest scale first, as published
WINDOW_PX = 11
SMALLEST_PX = WINDOW_PX << (len(WEIGHTS) - 1)
_SIGMA_PX = 1.5
_STABILIZE_LUMINANCE = (0.01 * 255) ** 2
_STABILIZE_CONTRAST = (0.03 * 255) ** 2


def ms_ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """1 for equal images [H, W], near 0 for unrelated ones; both sides at least 176 pixels long."""
    if one.shape != other.shape or min(one.shape) < SMALLEST_PX:
        raise ValueError(f"images of {one.shape} and {other.shape} have not {len(WEIGHTS)} scales in common")
    a, b = one.astype(np.float32), other.astype(np.float32)
    similarity = 1.0
    for scale, weight in enumerate(WEIGHTS):
        luminance, contrast = _terms(a, b)
        coarsest = scale == len(WEIGHTS) - 1
        term = float((luminance * contrast).mean() if coarsest else contrast.mean())
        similarity *= max(term, 0.0) ** weight
        a, b = _halved(a), _halved(b)
    return similarity


def _terms(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Luminance, and contrast times structure, wherever the whole window lies in the image."""
    mean_a, mean_b = _smoothed(a), _smoothed(b)
    variance_a = _smoothed(a * a) - mean_a * mean_a
    variance_b = _smoothed(b * b) - mean_b * mean_b
    covariance = _smoothed(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _STABILIZE_LUMINANCE) / (mean_a**2 + mean_b**2 + _STABILIZE_LUMINANCE)
    contrast = (2 * covariance + _STABILIZE_CONTRAST) / (variance_a + variance_b + _STABILIZE_CONTRAST)
    return np.asarray(luminance, np.float32), np.asarray(contrast, np.float32)


def _smoothed(image: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = WINDOW_PX // 2
    smooth = cv2.GaussianBlur(image, (WINDOW_PX, WINDOW_PX), _SIGMA_PX)
    return np.asarray(smooth[margin:-margin, margin:-margin], np.float32)


def _halved(image: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = image.shape
    return np.asarray(cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)
