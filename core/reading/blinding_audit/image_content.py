"""What a picture shows, in a few numbers: where these differ, a generator has something to learn."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

ADVICE = "This is what the generator got wrong. It is reported and never blocks: readers may see it, too."
_FINE = 0.25  # cycles per pixel; 0.5 is the finest there is
_COARSE_SIDE = 16
_N_GRAY_BINS = 16
_N_RINGS = 16


def content_features(image: NDArray[np.uint8]) -> Mapping[str, float]:
    """By name, from uint8 [256, 256]; gray values of what is not exactly black."""
    shown = image[image > 0]
    shown = shown if shown.size else np.zeros(1, np.uint8)
    gray = image.astype(np.float32)
    gradient = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))[image > 0]
    gradient = gradient if gradient.size else np.zeros(1, np.float32)
    median, steep = (float(value) for value in np.percentile(gradient, [50, 95]))
    low, middle, high = (float(value) for value in np.percentile(shown, [5, 50, 95]))
    return {
        "Mean gray": float(shown.mean()),
        "Contrast": float(shown.std()),
        "Gray range": high - low,
        "Median gray": middle,
        "High-frequency energy": _fine_energy(gray),
        "Mean gradient": float(gradient.mean()),
        "Edge sharpness": steep / max(median, 1.0),
        "Left-right difference": float(np.abs(gray - gray[:, ::-1]).mean()),
    }


def appearance(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What the classifier sees of an image: coarse picture, histogram of gray values, log power by frequency."""
    coarse = cv2.resize(image, (_COARSE_SIDE, _COARSE_SIDE), interpolation=cv2.INTER_AREA)
    histogram, _ = np.histogram(image, _N_GRAY_BINS, (0, 256))
    power, frequency = _power(image.astype(np.float32))
    rings = np.minimum((frequency * 2 * _N_RINGS).astype(int), _N_RINGS)
    by_ring = np.bincount(rings.ravel(), power.ravel(), minlength=_N_RINGS + 1)
    return np.concatenate([coarse.ravel(), np.log1p(histogram), np.log1p(by_ring)])


def _fine_energy(gray: NDArray[np.float32]) -> float:
    power, frequency = _power(gray)
    total = float(power.sum())
    return float(power[frequency > _FINE].sum()) / total if total else 0.0


def _power(gray: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Power without the mean, and cycles per pixel."""
    power = np.abs(np.fft.rfft2(gray - gray.mean())) ** 2
    down, across = np.fft.fftfreq(gray.shape[0]), np.fft.rfftfreq(gray.shape[1])
    return power.astype(np.float32), np.hypot(down[:, None], across)
