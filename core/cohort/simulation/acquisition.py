"""What the scanner adds: blur, bias field, noise, and numbers of its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.cohort.simulation.smooth_fields import Field, smooth_field

# The canonical scale puts the 99.9th percentile of the brain here.
_BRIGHTEST_LEVEL = 235.0
_BRIGHT_FROM = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """`blur_mm` and `noise` (in gray levels of 255) are standard deviations; `gain` is numbers per level."""

    blur_mm: tuple[float, float, float]
    noise: float
    bias: float
    gain: float


def sample_acquisition(rng: np.random.Generator) -> Acquisition:
    in_plane = rng.uniform(0.42, 0.62)
    return Acquisition(
        blur_mm=(in_plane, in_plane, rng.uniform(0.45, 0.8)),
        noise=rng.uniform(5.0, 11.0),
        bias=rng.uniform(0.02, 0.06),
        gain=rng.uniform(2.5, 7.0),
    )


def acquire(
    rng: np.random.Generator, image: Field, brain: NDArray[np.bool_], acquisition: Acquisition
) -> NDArray[np.int16]:
    """Scanner numbers of `image` (gray levels): at least 1 in the brain, 0 in air."""
    shape = image.shape
    bias = 1 + acquisition.bias * smooth_field(rng, (shape[0], shape[1], shape[2]), knot_mm=45)
    seen = image * (bias / bias[brain].mean())
    seen += acquisition.noise * rng.standard_normal(shape, dtype=np.float32)
    for axis, sigma in enumerate(acquisition.blur_mm):
        seen = ndimage.gaussian_filter1d(seen, sigma, axis=axis, truncate=2.5)
    numbers = np.clip(np.rint(_with_brightest(seen, brain) * acquisition.gain), 1, 32_000)
    return np.where(brain, numbers, 0).astype(np.int16)


def _with_brightest(levels: Field, brain: NDArray[np.bool_]) -> Field:
    """Stretch what is brighter than tissue: the canonical scale then shows white matter as in real patients."""
    brightest = float(np.percentile(levels[brain], 99.9))
    factor = np.float32((_BRIGHTEST_LEVEL - _BRIGHT_FROM) / max(brightest - _BRIGHT_FROM, 20.0))
    return np.asarray(levels + np.maximum(levels - _BRIGHT_FROM, 0) * (factor - 1), dtype=np.float32)
