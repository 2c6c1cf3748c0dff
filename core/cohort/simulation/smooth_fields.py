"""Smooth random fields: white noise on a coarse grid, seen through cubic B-splines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

# Mean over positions of the squared weights of a cubic B-spline: 151/315 per axis.
_STANDARD_DEVIATION = (151 / 315) ** 1.5


def _upsampled_first_axis(coarse: Field, positions: NDArray[np.float64]) -> Field:
    """Cubic B-spline sum of `coarse` along its first axis; position 1.0 is over the coefficient of index 1."""
    knots = np.floor(positions).astype(np.int64)
    t = (positions - knots).astype(np.float32)
    shape = (-1, *([1] * (coarse.ndim - 1)))
    weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    total = coarse[knots - 1] * (weights[0] / 6).reshape(shape)
    for step in (1, 2, 3):
        total += coarse[knots - 1 + step] * (weights[step] / 6).reshape(shape)
    return np.asarray(total, dtype=np.float32)


def spline_sum(coefficients: Field, positions: tuple[NDArray[Any], ...]) -> Field:
    """The cubic B-spline of these coefficients on the grid of `positions` (per axis, in knots, at least 1)."""
    z_done = _upsampled_first_axis(np.ascontiguousarray(coefficients.transpose(2, 1, 0)), positions[2])
    y_done = _upsampled_first_axis(np.ascontiguousarray(z_done.transpose(1, 0, 2)), positions[1])
    return _upsampled_first_axis(np.ascontiguousarray(y_done.transpose(2, 0, 1)), positions[0])


def smooth_field(
    rng: np.random.Generator, shape: tuple[int, int, int], *, knot_mm: float, step_mm: float = 1.0
) -> Field:
    """A field with zero mean and unit variance on a grid of `step_mm`; its bumps are about two knots wide."""
    positions = tuple(1 + rng.random() + np.arange(n, dtype=np.float64) * step_mm / knot_mm for n in shape)
    knots = tuple(int(p[-1]) + 3 for p in positions)
    noise = rng.standard_normal(knots, dtype=np.float32)
    return spline_sum(noise / np.float32(_STANDARD_DEVIATION), positions)
