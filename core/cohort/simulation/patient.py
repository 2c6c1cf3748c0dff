"""One simulated patient: a T1c volume and its segmentation on the BraTS grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.cohort.simulation.acquisition import acquire, sample_acquisition
from core.cohort.simulation.anatomy import Tissue, gray_levels, tissue_at
from core.cohort.simulation.deformation import (
    BOX,
    BOX_SHAPE,
    FIRST_POSITION_MM,
    Head,
    MassEffect,
    at_every_voxel,
    coarse_positions,
    sample_head,
    sampled,
    to_mni,
    undone_mass_effect,
)
from core.cohort.simulation.smooth_fields import Field
from core.cohort.simulation.templates import Templates, load_templates
from core.cohort.simulation.tumor import Tumor, TumorPlan, grow_tumor, plan_tumor, with_tumor
from core.imaging.volume import Segmentation, Volume

GRID_SHAPE = (240, 240, 155)
SPACING_MM = (1.0, 1.0, 1.0)
_Patch = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPatient:
    """`t1c` is int16, skull-stripped, with air 0; `segmentation` has the BraTS labels 0 to 4."""

    t1c: Volume
    segmentation: Segmentation


def simulate_patient(seed: int) -> SimulatedPatient:
    """The patient of this seed, the same voxels every time. Takes 3 s, 4 s more for the first in a process."""
    rng = np.random.default_rng(seed)
    templates = load_templates()
    positions = coarse_positions()
    head = sample_head(rng, templates, positions)
    healthy = to_mni(head, templates, positions)
    plan = plan_tumor(rng, _white_matter_places(templates, positions, healthy))
    coarse_mni, near = _pushed_aside(head, templates, plan, positions=positions, healthy=healthy)
    mni = np.stack([at_every_voxel(part) for part in coarse_mni])
    tissue = tissue_at(
        rng,
        templates,
        mni=mni,
        closed=np.clip(at_every_voxel(1.3 * near), 0, 1),
        rough_depth_mm=at_every_voxel(sampled(templates.brain_depth, coarse_mni)),
    )
    brain = tissue.in_box(tissue.kept) > 0
    levels = tissue.in_box(gray_levels(rng, templates, tissue))
    patch = _patch_around(plan)
    tumor = _grown(rng, plan, tissue, patch=patch, brain=brain[patch], mni=mni)
    levels[patch] = with_tumor(levels[patch], tumor, rim_level=plan.enhancement * float(np.median(levels[brain])))
    numbers = acquire(rng, levels, brain, sample_acquisition(rng))
    voxels = np.zeros(GRID_SHAPE, dtype=np.int16)
    voxels[BOX] = numbers
    labels = np.zeros(GRID_SHAPE, dtype=np.uint8)
    labels[BOX][patch] = tumor.labels
    return SimulatedPatient(
        t1c=Volume(voxels=voxels, spacing_mm=SPACING_MM),
        segmentation=Segmentation(labels=labels, spacing_mm=SPACING_MM),
    )


def _white_matter_places(templates: Templates, positions: Field, mni: Field) -> Field:
    """Positions [3, N] in white matter of the cerebrum, off the midline, the ventricles and the surface."""
    left, back, up = mni
    cerebrum = (up > -22) & ~((back > 28) & (up < -4))
    aside = (np.abs(left) > 17) & (np.abs(left) < 55) & (sampled(templates.ventricle_distance, mni) > 9)
    deep = (sampled(templates.brain_depth, mni) > 11) & (sampled(templates.white, mni) > 0.5)
    return positions[:, cerebrum & aside & deep]


def _pushed_aside(
    head: Head, templates: Templates, plan: TumorPlan, *, positions: Field, healthy: Field
) -> tuple[Field, Field]:
    """MNI positions with the tumor's mass effect, and how near it is (1 at its center, 0 far away)."""
    radius = plan.core_radius_mm
    mass = MassEffect(center_mm=plan.center_mm, strength=plan.mass_strength, reach_mm=1.9 * radius + 6)
    depth = np.clip(sampled(templates.brain_depth, healthy) / 14, 0, 1)
    freedom = (depth * depth * (3 - 2 * depth)).astype(np.float32)
    distance_squared = ((positions - plan.center_mm.reshape(3, 1, 1, 1)) ** 2).sum(axis=0)
    near = np.exp(-distance_squared / np.float32(1.8 * radius + 10) ** 2)
    return to_mni(head, templates, undone_mass_effect(positions, mass, freedom), -8.0 * near), near


def _patch_around(plan: TumorPlan) -> _Patch:
    """The part of the box that the tumor and its edema can reach."""
    half = 2.0 * plan.core_radius_mm + 28
    x, y, z = (
        slice(max(int(center - first - half), 0), min(int(center - first + half), n))
        for center, first, n in zip(plan.center_mm, FIRST_POSITION_MM, BOX_SHAPE, strict=True)
    )
    return x, y, z


def _grown(
    rng: np.random.Generator,
    plan: TumorPlan,
    tissue: Tissue,
    *,
    patch: _Patch,
    brain: NDArray[np.bool_],
    mni: Field,
) -> Tumor:
    axes = [np.arange(s.start, s.stop) + first for s, first in zip(patch, FIRST_POSITION_MM, strict=True)]
    center = tuple(int(c - f) for c, f in zip(plan.center_mm, FIRST_POSITION_MM, strict=True))
    side = np.sign(mni[0][center])
    return grow_tumor(
        rng,
        plan,
        positions=np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float32),
        white=tissue.in_box(tissue.white)[patch],
        parenchyma=tissue.in_box(tissue.parenchyma)[patch],
        depth_mm=tissue.in_box(tissue.depth_mm)[patch] * brain,
        from_midline_mm=mni[0][patch] * side,
    )
