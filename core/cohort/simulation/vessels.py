"""Where the large vessels run: tubes in MNI coordinates (mm: right, anterior, superior), after common atlases.

Contrast medium makes them the brightest normal structures of a T1c volume.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.cohort.simulation.smooth_fields import Field

_Points = tuple[tuple[float, float, float], ...]

# (radius in mm, points). Points with x > 0 stand for both sides.
_MIDLINE_TUBES: tuple[tuple[float, _Points], ...] = (
    (1.5, ((0, -32, -42), (0, -28, -32), (0, -16, -18))),  # basilar artery
    (
        1.0,
        ((0, 4, -16), (0, 22, -10), (0, 36, 4), (0, 32, 20), (0, 14, 30), (0, -12, 34), (0, -32, 36)),
    ),  # anterior cerebral
    (1.4, ((0, -34, 12), (0, -40, 12), (0, -44, 6))),  # vein of Galen
    (1.5, ((0, -44, 6), (0, -58, 2), (0, -72, -4), (0, -86, -10))),  # straight sinus
    (
        2.6,
        (
            (0, 62, 30),
            (0, 48, 50),
            (0, 26, 66),
            (0, 0, 76),
            (0, -30, 80),
            (0, -58, 70),
            (0, -80, 48),
            (0, -98, 20),
            (0, -100, 0),
            (0, -92, -12),
        ),
    ),  # superior sagittal sinus
    (0.8, ((0, 12, 22), (0, -6, 24), (0, -26, 24), (0, -40, 14))),  # inferior sagittal sinus
)
_PAIRED_TUBES: tuple[tuple[float, _Points], ...] = (
    (1.9, ((14, -4, -30), (13, -1, -22), (13, 2, -15))),  # internal carotid artery
    (1.4, ((13, 2, -15), (24, 3, -17), (35, 3, -16), (42, 2, -10))),  # middle cerebral artery
    (0.9, ((42, 2, -10), (42, -4, 0), (43, -12, 10), (46, -24, 16), (50, -36, 22))),
    (0.8, ((42, 2, -10), (40, 10, 0), (40, 8, 10), (44, -2, 18))),
    (0.8, ((40, -2, -6), (38, -14, 4), (38, -26, 14))),
    (1.0, ((13, 2, -15), (6, 4, -16), (1, 6, -14))),  # first part of the anterior cerebral artery
    (
        1.0,
        ((1, -16, -18), (9, -20, -16), (18, -27, -10), (20, -38, -4), (16, -54, 0), (11, -68, 4)),
    ),  # posterior cerebral
    (0.9, ((2, -2, 14), (3, -18, 15), (3, -32, 13))),  # internal cerebral vein
    (0.9, ((14, -22, -14), (18, -32, -2), (10, -40, 6), (1, -42, 8))),  # basal vein
    (1.2, ((22, -30, 16), (27, -40, 10), (25, -44, 4))),  # choroid plexus of the atrium
    (0.7, ((4, 0, 17), (12, -20, 21), (20, -30, 18))),  # choroid plexus of the body
    (
        3.4,
        ((2, -94, -12), (20, -92, -18), (40, -80, -24), (54, -64, -28), (57, -52, -30), (54, -44, -38)),
    ),  # transverse sinus
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tube:
    radius_mm: float
    points_mm: NDArray[np.float64]


def _all_tubes() -> list[_Tube]:
    tubes = [_Tube(radius_mm=r, points_mm=np.array(p, dtype=float)) for r, p in _MIDLINE_TUBES + _PAIRED_TUBES]
    mirrored = [_Tube(radius_mm=r, points_mm=np.array(p) * (-1.0, 1.0, 1.0)) for r, p in _PAIRED_TUBES]
    return tubes + mirrored


def _along(points: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Points every `step_mm` along a curve through `points`, slightly sinuous."""
    lengths = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    at = np.arange(0, lengths[-1], step_mm)
    curve = np.stack([np.interp(at, lengths, points[:, axis]) for axis in range(3)], axis=1)
    sway = np.stack([np.zeros_like(at), np.sin(at / 5.3), np.cos(at / 4.1)], axis=1)
    return np.asarray(curve + 0.8 * sway)


def tube_depth(
    shape: tuple[int, int, int], mni_of_first_voxel: tuple[float, float, float], *, reach_mm: int = 5
) -> Field:
    """Millimetres below the wall of the nearest tube on a 1 mm LPS grid: positive inside, not below -`reach_mm`."""
    depth = np.full(shape, -float(reach_mm), dtype=np.float32)
    origin = np.array(mni_of_first_voxel)
    for tube in _all_tubes():
        half = int(np.ceil(tube.radius_mm)) + reach_mm
        for point in (_along(tube.points_mm, 0.7) - origin) * (-1.0, -1.0, 1.0):
            first = np.round(point).astype(int) - half
            box = tuple(
                slice(max(a, 0), max(min(a + 2 * half + 1, n), 0)) for a, n in zip(first, shape, strict=True)
            )
            axes = np.ogrid[box]
            distance = np.sqrt(sum((axis - p) ** 2 for axis, p in zip(axes, point, strict=True)))
            np.maximum(depth[box], tube.radius_mm - distance, out=depth[box], casting="unsafe")
    return depth
