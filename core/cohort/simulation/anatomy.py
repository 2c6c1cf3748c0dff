"""Tissue from the averaged maps: crisp borders, folds of the patient's own, vessels in the furrows.

The average of 152 brains is smooth. Thresholds that wander across the brain turn it into one brain's sharp
borders, and zero surfaces of random fields cut furrows that no other patient has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cohort.simulation.deformation import BOX_SHAPE, sampled
from core.cohort.simulation.smooth_fields import Field, smooth_field
from core.cohort.simulation.templates import Templates

# Gray levels (of 255) as the canonical scale shows real patients; tissue differs a little by patient.
_WHITE = (124.0, 132.0)
_GRAY_BELOW_WHITE = (24.0, 29.0)
_FLUID = 18.0
_CORTEX_MM = 2.7
_MAP_STEP_PER_MM = 0.16


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """One value per brain voxel, in the order of `voxels` (flat indices in the box). Fractions 0..1.

    `depth_mm` is the distance below the stripped surface, `furrow_mm` that to the nearest fluid (negative in
    it). `wander` has unit variance: where this brain departs from the average.
    """

    voxels: NDArray[np.intp]
    mni_mm: Field
    depth_mm: Field
    parenchyma: Field
    white: Field
    furrow_mm: Field
    wander: Field

    @property
    def kept(self) -> NDArray[np.bool_]:
        """What skull stripping leaves: tissue, and fluid that is not just below the surface."""
        return np.asarray((self.parenchyma > 0.4) | (self.depth_mm > 0.3 + self.wander), dtype=bool)

    def in_box(self, values: NDArray[Any]) -> Field:
        """`values` of the brain voxels in the whole box, 0 elsewhere."""
        box = np.zeros(BOX_SHAPE, dtype=np.float32)
        box.ravel()[self.voxels] = values
        return box


def edge(distance_mm: Field, width_mm: float = 1.0) -> Field:
    """0 outside, 1 inside, with a ramp of `width_mm` as partial volume gives."""
    ramp = distance_mm / np.float32(width_mm) + np.float32(0.5)
    return np.asarray(np.clip(ramp, 0, 1), dtype=np.float32)


def _distance_to_zero(field: Field) -> Field:
    """First-order distance in voxels to the surface where a smooth field is 0."""
    slope = sum(part**2 for part in np.gradient(field))
    return np.asarray(np.abs(field) / np.sqrt(slope + 1e-6), dtype=np.float32)


def _cerebellum(mni: Field) -> NDArray[np.bool_]:
    """Below the tentorium and behind the brain stem, roughly (MNI LPS)."""
    _, back, up = mni
    return np.asarray((back > 28) & (up < -8 - 0.22 * (back - 28)), dtype=bool)


def tissue_at(
    rng: np.random.Generator, templates: Templates, *, mni: Field, closed: Field, rough_depth_mm: Field
) -> Tissue:
    """Tissue in the brain. `mni` [3, box]; `closed` [box] 0..1: how far a tumor has closed the furrows.

    `rough_depth_mm` [box] is the depth in the brain to some 2 mm: it spares a closer look at most of the air.
    """
    voxels = np.flatnonzero(rough_depth_mm > -3)
    stripped = 1.0 + 0.9 * smooth_field(rng, BOX_SHAPE, knot_mm=9).ravel()[voxels]
    depth = sampled(templates.brain_depth, mni.reshape(3, -1)[:, voxels]) - stripped
    voxels, depth = voxels[depth > 0], depth[depth > 0]
    mni_here = mni.reshape(3, -1)[:, voxels]
    folds = _folds(
        rng,
        templates,
        voxels=voxels,
        mni=mni_here,
        depth=depth,
        closed=closed.ravel()[voxels],
    )
    white_mm = (sampled(templates.white, mni_here) - (0.42 + 0.06 * folds.wander)) / _MAP_STEP_PER_MM
    at_surface = 0.6 + 0.4 * edge(folds.depth_mm - 1.0, 2.0)
    return Tissue(
        voxels=voxels,
        mni_mm=mni_here,
        depth_mm=folds.depth_mm,
        parenchyma=edge(folds.furrow_mm, 1.3) * at_surface,
        white=edge(np.minimum(white_mm, folds.ribbon_mm), 1.4),
        furrow_mm=folds.furrow_mm,
        wander=folds.wander,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folds:
    depth_mm: Field
    furrow_mm: Field
    ribbon_mm: Field
    wander: Field


def _folds(
    rng: np.random.Generator,
    templates: Templates,
    *,
    voxels: NDArray[np.intp],
    mni: Field,
    depth: Field,
    closed: Field,
) -> _Folds:
    """Furrows of the average, opened or closed, furrows of the patient's own, and the cortex along these."""

    def field(knot_mm: float) -> Field:
        return smooth_field(rng, BOX_SHAPE, knot_mm=knot_mm).ravel()[voxels]

    own = np.clip(0.55 + 0.6 * field(24), 0, 1) * ~_cerebellum(mni)
    wander = field(7)
    open_at = 0.82 + 0.09 * wander - 0.1 * own - 0.5 * closed
    average_mm = (sampled(templates.parenchyma, mni) - open_at) / _MAP_STEP_PER_MM
    cut = _distance_to_zero(smooth_field(rng, BOX_SHAPE, knot_mm=10)).ravel()[voxels]
    beyond_cortex = np.maximum(depth - 14, 0) * 0.35
    half_width = 0.55 + 0.35 * wander - 1.4 * (1 - own) - 2.0 * closed - beyond_cortex
    atrophy = rng.uniform(1.7, 2.1) + 1.0 * field(16) + 0.5 * wander
    furrow = np.minimum(np.minimum(average_mm, cut - half_width), depth - atrophy * (1 - 0.7 * closed))
    ribbon = np.where(half_width > -1.2, cut - half_width - _CORTEX_MM, np.inf)
    return _Folds(depth_mm=depth, furrow_mm=furrow, ribbon_mm=ribbon.astype(np.float32), wander=wander)


def gray_levels(rng: np.random.Generator, templates: Templates, tissue: Tissue) -> Field:
    """The T1c gray level of every brain voxel without a tumor."""
    brightest = rng.uniform(*_WHITE)
    step = rng.uniform(*_GRAY_BELOW_WHITE)
    white = _with_deep_nuclei(templates, tissue)
    texture = smooth_field(rng, BOX_SHAPE, knot_mm=4).ravel()[tissue.voxels]
    solid = brightest - step * (1 - white) + 1.5 * texture + _folia(tissue)
    levels = tissue.parenchyma * solid + (1 - tissue.parenchyma) * (_FLUID + 3 * texture)
    return _with_vessels(rng, templates, tissue, levels)


def _with_deep_nuclei(templates: Templates, tissue: Tissue) -> Field:
    """White fraction, from the average's own contrast where nuclei grade into white matter."""
    left, back, up = tissue.mni_mm
    nuclei = 1 - np.sqrt((left / 36) ** 2 + ((back - 8) / 44) ** 2 + ((up - 4) / 24) ** 2)
    stem = 1 - np.sqrt((left / 24) ** 2 + ((back - 30) / 24) ** 2 + ((up + 36) / 40) ** 2)
    deep = np.clip(np.maximum(nuclei, stem) * 5, 0, 1)
    graded = np.clip((sampled(templates.t1, tissue.mni_mm) - 0.64) / 0.22, -0.3, 1.1)
    return np.asarray(tissue.white + deep * (graded - tissue.white), dtype=np.float32)


def _folia(tissue: Tissue) -> Field:
    """Fine leaves of the cerebellum around its white core."""
    left, back, up = tissue.mni_mm
    radius = np.sqrt((0.55 * left) ** 2 + (back - 42) ** 2 + (1.2 * (up + 30)) ** 2)
    leaves = 9.0 * np.sin(2 * np.pi * radius / 4.6 + 0.8 * tissue.wander) - 5
    return np.asarray(leaves * _cerebellum(tissue.mni_mm) * (1 - tissue.white), dtype=np.float32)


def _with_vessels(rng: np.random.Generator, templates: Templates, tissue: Tissue, levels: Field) -> Field:
    """Sinuses and arteries of the atlas, and small vessels where a random surface crosses the furrows."""
    crossing = _distance_to_zero(smooth_field(rng, BOX_SHAPE, knot_mm=6)).ravel()[tissue.voxels]
    supply = smooth_field(rng, BOX_SHAPE, knot_mm=13).ravel()[tissue.voxels]
    caliber = smooth_field(rng, BOX_SHAPE, knot_mm=5).ravel()[tissue.voxels]
    in_furrow = edge(0.9 - np.abs(tissue.furrow_mm + 0.3)) * edge(0.75 + 0.35 * caliber - crossing)
    small = in_furrow * np.clip(supply + 1.0, 0, 1)
    large = edge(sampled(templates.vessel_depth, tissue.mni_mm) - 0.6 + 0.5 * caliber, 1.2)
    levels = levels + small * (np.clip(150 + 45 * caliber, 90, 300) - levels)
    return np.asarray(levels + large * (205 + 40 * caliber - levels), dtype=np.float32)
