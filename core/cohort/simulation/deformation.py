"""Every head its own shape: from a patient's voxels to the averaged brain, by a smooth random map.

Positions are millimetres [3, ...] in LPS (left, posterior, superior positive). All is computed on a coarse
grid, where it costs little, and brought to voxels by cubic splines.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from core.cohort.simulation.smooth_fields import Field, smooth_field, spline_sum
from core.cohort.simulation.templates import Templates, mni_to_voxel

# The part of the BraTS grid [240, 240, 155] that a head can fill, and where its center lies.
BOX = (slice(32, 207), slice(29, 233), slice(0, 155))
BOX_SHAPE = (175, 204, 155)
_HEAD_CENTER_VOXEL = (119.0, 131.0, 73.0)
# The middle of the averaged brain, LPS.
_MNI_CENTER = (0.0, 17.0, 6.0)
# The position of the first voxel of the box.
FIRST_POSITION_MM = tuple(part.start - c for part, c in zip(BOX, _HEAD_CENTER_VOXEL, strict=True))
_COARSE_STEP = 3.0
_COARSE_SHAPE = (60, 69, 53)
# Knot distance and rms displacement, both in mm: size of lobes, of gyri, of the twigs of sulci.
_OCTAVES = ((48.0, 3.8), (20.0, 2.5), (10.0, 1.4))
# The largest axial section of the brain, and how high the brain would stand on it.
_AXIAL_AREA_MM2 = (14_500.0, 17_900.0)
_VOLUME_OVER_AREA_MM = (80.0, 88.0)
_OCTAVE_GRID = (72, 84, 72)


@dataclass(frozen=True, slots=True, kw_only=True)
class MassEffect:
    """A tumor pushes tissue outward: by the share `strength` of its distance, less beyond `reach_mm`."""

    center_mm: NDArray[np.float32]
    strength: float
    reach_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What makes one head unlike the others. `warps` are displacement fields on a grid of 3 mm."""

    to_mni: NDArray[np.float32]
    shift_mm: NDArray[np.float32]
    warps: tuple[tuple[Field, Field, Field], ...]
    ventricle_growth_mm: tuple[float, float]


def sample_head(rng: np.random.Generator, templates: Templates, positions: Field) -> Head:
    """A head whose largest axial section and volume are drawn from what real patients have."""
    longer = np.exp(rng.uniform(-0.035, 0.035))
    size = 0.92 * np.array((1 / longer, longer, 1.0))
    turn = Rotation.from_euler("xyz", rng.normal(0, (3.0, 3.0, 5.5)).clip(-9, 9), degrees=True).as_matrix()
    growth = rng.uniform(1.0, 8.5)
    asymmetry = rng.normal(0, 0.8)
    warps = tuple(
        tuple(rms * smooth_field(rng, _OCTAVE_GRID, knot_mm=knot, step_mm=_COARSE_STEP) for _ in range(3))
        for knot, rms in _OCTAVES
    )
    head = Head(
        to_mni=(np.diag(1 / size) @ turn).astype(np.float32),
        shift_mm=rng.uniform((-4, -5, -4), (4, 5, 4)).astype(np.float32),
        warps=warps,  # type: ignore[arg-type]
        ventricle_growth_mm=(growth - asymmetry, growth + asymmetry),
    )
    step = 2 * _COARSE_STEP
    in_brain = sampled(templates.brain_depth, to_mni(head, templates, positions[:, ::2, ::2, ::2])) > 1
    area = float(in_brain.sum(axis=(0, 1)).max()) * step**2
    height = float(in_brain.sum()) * step**3 / area
    in_plane = np.sqrt(area / rng.uniform(*_AXIAL_AREA_MM2))
    along = height / rng.uniform(*_VOLUME_OVER_AREA_MM)
    return replace(head, to_mni=np.diag((in_plane, in_plane, along)).astype(np.float32) @ head.to_mni)


def coarse_positions() -> Field:
    """Patient positions [3, 60, 69, 53] on the coarse grid, relative to the center of the head."""
    axes = [np.arange(n) * _COARSE_STEP + first for n, first in zip(_COARSE_SHAPE, FIRST_POSITION_MM, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32)


def sampled(image: Field, mni_mm: Field) -> Field:
    """A template map at MNI positions [3, ...], linearly between its voxels, its border value outside."""
    return ndimage.map_coordinates(image, mni_to_voxel(mni_mm), order=1, mode="nearest", output=np.float32)


def undone_mass_effect(positions: Field, mass: MassEffect, freedom: Field) -> Field:
    """Where tissue at `positions` was before the tumor grew. `freedom` is 0 where the skull holds it, else 1."""
    offset = positions - mass.center_mm.reshape(3, 1, 1, 1)
    distance = np.sqrt((offset**2).sum(axis=0))
    pushed = mass.strength * np.exp(-((distance / mass.reach_mm) ** 2)) * freedom
    return np.asarray(positions - pushed * offset, dtype=np.float32)


def to_mni(head: Head, templates: Templates, positions: Field, growth_change_mm: Field | None = None) -> Field:
    """MNI positions of patient `positions`. `growth_change_mm` widens (or narrows) the ventricles locally."""
    mni = np.tensordot(head.to_mni, positions - head.shift_mm.reshape(3, 1, 1, 1), axes=1)
    mni += np.array(_MNI_CENTER, dtype=np.float32).reshape(3, 1, 1, 1)
    for octave, warp in enumerate(head.warps):
        at = (mni + np.float32(108)) / np.float32(_COARSE_STEP)
        moved = np.stack([ndimage.map_coordinates(part, at, order=1, mode="nearest") for part in warp])
        if octave:
            moved *= 0.3 + 0.7 * np.clip(sampled(templates.brain_depth, mni) / 10, 0, 1)
        mni = mni + moved
    return mni - _ventricle_growth(head, templates, mni, growth_change_mm)


def _ventricle_growth(head: Head, templates: Templates, mni: Field, change_mm: Field | None) -> Field:
    """Displacement away from the lateral ventricles that fades over 15 mm. The sides differ."""
    right, left = head.ventricle_growth_mm
    to_left = 1 / (1 + np.exp(-mni[0] / 3))
    growth = right + (left - right) * to_left
    if change_mm is not None:
        growth = np.maximum(growth + change_mm, -2.5)
    distance = sampled(templates.ventricle_distance, mni)
    ahead = 2 * np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1, 1)
    gradient = [(sampled(templates.ventricle_distance, mni + step) - distance) / 2 for step in ahead]
    moved = growth * np.exp(-np.maximum(distance, 0) / 15)
    # A point in fluid must not move across the middle of the ventricle into the tissue beyond.
    moved = np.minimum(moved, np.maximum(distance + 1.2, 0))
    return np.asarray(moved * np.stack(gradient), dtype=np.float32)


def at_every_voxel(coarse: Field) -> Field:
    """A coarse field at every voxel of the box, by cubic spline interpolation."""
    coefficients = ndimage.spline_filter(np.pad(coarse, 2, mode="edge"), output=np.float32)
    positions = tuple(2 + np.arange(n) / _COARSE_STEP for n in BOX_SHAPE)
    return spline_sum(coefficients, positions)
