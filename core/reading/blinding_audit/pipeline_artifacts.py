"""What the way to a picture leaves in it, whatever it shows: these numbers must not tell an image's source."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

FAINTEST_SHOWN = 8  # levels up to here are black to the eye in the widest window
_FRAME = 4
_COMB_WINDOW = 9
_FEWEST_LEVELS_FOR_A_COMB = 32

_ENCODER = "Let one encoder make all images: import the sets again with this version."
_BORDER = "Frame all arms alike: import the same slices, size and centering for each, or set a common border."
_AIR = "Set a common background floor for all arms, or strip the skull of all volumes with one tool."
_LEVELS = "Scale all arms from the same bit depth, or set a common gray quantization for all of them."
_SCALE = "Scale gray values in one way before import, so that all arms clip alike."
_SIZE = "Import all arms at one resolution: enlarging blurs, shrinking sharpens."

ADVICE: Mapping[str, str] = {
    "Exact-zero air": _AIR,
    "Background floor": _AIR,
    "Faint gray": _AIR,
    "Border above": _BORDER,
    "Border below": _BORDER,
    "Border left": _BORDER,
    "Border right": _BORDER,
    "Gray levels": _LEVELS,
    "Missing gray levels": _LEVELS,
    "Histogram comb": _LEVELS,
    "Clipped at 0": _SCALE,
    "Clipped at 255": _SCALE,
    "Resampling factor": _SIZE,
}


def advice_for(feature: str) -> str:
    """What a researcher can do about a leak of a pipeline artifact."""
    return ADVICE.get(feature, _ENCODER)


def pixel_artifacts(image: NDArray[np.uint8]) -> Mapping[str, float]:
    """By name, from uint8 [H, W]: shares are of all pixels, borders count rows or columns of one gray level."""
    counts = np.bincount(image.ravel(), minlength=256)
    air = _air(image)
    above, below = _flat_ends(image)
    left, right = _flat_ends(image.T)
    missing, comb = _comb(counts)
    return {
        "Exact-zero air": float(air.mean()),
        "Background floor": _background_floor(image),
        "Faint gray": float(counts[1 : FAINTEST_SHOWN + 1].sum() / image.size),
        "Border above": above,
        "Border below": below,
        "Border left": left,
        "Border right": right,
        "Gray levels": float(np.count_nonzero(counts)),
        "Missing gray levels": missing,
        "Histogram comb": comb,
        "Clipped at 0": float(((image == 0) & ~air).mean()),
        "Clipped at 255": float(counts[255] / image.size),
    }


def _air(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Exact zeros that are connected with the frame: air, not dark tissue."""
    zeros = np.pad((image == 0).astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(zeros, None, (0, 0), 2)
    return np.asarray(zeros[1:-1, 1:-1] == 2)


def _background_floor(image: NDArray[np.uint8]) -> float:
    frame = np.ones(image.shape, bool)
    frame[_FRAME:-_FRAME, _FRAME:-_FRAME] = False
    return float(image[frame].mean())


def _flat_ends(image: NDArray[np.uint8]) -> tuple[float, float]:
    """How many rows of one gray level come first, and how many last."""
    textured = np.flatnonzero(image.max(1) != image.min(1))
    if not len(textured):
        return float(len(image)), float(len(image))
    return float(textured[0]), float(len(image) - 1 - textured[-1])


def _comb(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Share of levels that nothing has, and how far one regular rise and fall of the counts stands out.

    Over the middle nine tenths of what is neither 0 nor 255: stretching or squeezing gray values after they
    were rounded leaves gaps and doubled levels at equal distances. The peak of the spectrum is taken over its
    median, so that a histogram which is merely rough counts as no comb.
    """
    inner = counts[1:255].astype(np.float64)
    if not inner.any():
        return 0.0, 0.0
    share = np.cumsum(inner) / inner.sum()
    inner = inner[np.searchsorted(share, 0.05) : np.searchsorted(share, 0.95) + 1]
    missing = float((inner == 0).mean())
    if len(inner) < _FEWEST_LEVELS_FOR_A_COMB:
        return missing, 0.0
    window = np.ones(_COMB_WINDOW)
    smooth = np.convolve(inner, window, "same") / np.convolve(np.ones_like(inner), window, "same")
    ripple = inner / np.maximum(smooth, 1e-9) - 1
    spectrum = np.abs(np.fft.rfft(ripple - ripple.mean()))[len(inner) // _COMB_WINDOW :]
    return missing, float(spectrum.max() / max(float(np.median(spectrum)), 1e-9))
