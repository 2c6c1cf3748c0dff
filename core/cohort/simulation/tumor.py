"""A glioma: enhancing irregular rim, necrotic core, edema that follows white matter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from core.cohort.simulation.smooth_fields import Field, smooth_field

NECROSIS, EDEMA, NON_ENHANCING, ENHANCING = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorPlan:
    """What is decided before it grows. `center_mm` is in patient positions; `enhancement` is that of the rim
    over the brain's median."""

    center_mm: Field
    core_volume_mm3: float
    whole_volume_mm3: float
    rim_mm: float
    enhancement: float
    mass_strength: float
    elongation: NDArray[np.float32]

    @property
    def core_radius_mm(self) -> float:
        return float((self.core_volume_mm3 * 3 / (4 * np.pi)) ** (1 / 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tumor:
    """On a patch of voxels: `labels` as BraTS has them, fractions 0..1, `strength` with the median 1 in the rim."""

    labels: NDArray[np.uint8]
    edema: Field
    core: Field
    necrosis: Field
    strength: Field


def plan_tumor(rng: np.random.Generator, candidates_mm: Field) -> TumorPlan:
    """`candidates_mm` [3, N]: positions in white matter that a tumor may start from."""
    core = float(np.exp(rng.uniform(np.log(14_000), np.log(65_000))))
    radius = (core * 3 / (4 * np.pi)) ** (1 / 3)
    solid = rng.random() < 0.2
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    stretch = np.exp(rng.normal(0, 0.14, 3))
    stretch /= stretch.prod() ** (1 / 3)
    return TumorPlan(
        center_mm=candidates_mm[:, rng.integers(candidates_mm.shape[1])],
        core_volume_mm3=core,
        whole_volume_mm3=float(np.clip(core * np.exp(rng.uniform(0.5, 1.6)), 75_000, 185_000)),
        rim_mm=radius * rng.uniform(0.4, 0.8) if solid else float(np.exp(rng.uniform(np.log(2.9), np.log(5.0)))),
        enhancement=rng.uniform(1.38, 1.52),
        mass_strength=rng.uniform(0.3, 0.55),
        elongation=(np.diag(1 / stretch) @ turn).astype(np.float32),
    )


def _core_depth(rng: np.random.Generator, plan: TumorPlan, positions: Field) -> Field:
    """Millimetres below the border of the tumor's core: a lumpy ellipsoid, sometimes with a second lobe."""
    shape = positions.shape[1:]
    radius = plan.core_radius_mm
    offset = np.tensordot(plan.elongation, positions - plan.center_mm.reshape(3, 1, 1, 1), axes=1)
    distance = np.sqrt((offset**2).sum(axis=0))
    lumps = 0.17 * smooth_field(rng, shape, knot_mm=0.7 * radius)
    lumps += 0.08 * smooth_field(rng, shape, knot_mm=0.33 * radius) + 0.03 * smooth_field(rng, shape, knot_mm=3)
    depth = radius * (0.97 + lumps) - distance
    if rng.random() < 0.5:
        direction = rng.normal(size=3)
        lobe = direction / np.linalg.norm(direction) * radius * rng.uniform(0.9, 1.3)
        aside = np.sqrt(((offset - lobe.reshape(3, 1, 1, 1)) ** 2).sum(axis=0))
        depth = np.maximum(depth, radius * (rng.uniform(0.3, 0.5) + 1.2 * lumps) - aside)
    return np.asarray(depth, dtype=np.float32)


def grow_tumor(
    rng: np.random.Generator,
    plan: TumorPlan,
    *,
    positions: Field,
    white: Field,
    parenchyma: Field,
    depth_mm: Field,
    from_midline_mm: Field,
) -> Tumor:
    """The tumor on a patch of voxels.

    `white` and `parenchyma` are tissue fractions, `depth_mm` is positive in the brain, `from_midline_mm` on
    the tumor's side. The core reaches neither through the skull nor through the falx, and has the planned volume.
    """
    shape = (white.shape[0], white.shape[1], white.shape[2])
    limits = np.minimum(depth_mm, from_midline_mm) + 1.0
    free = np.where((depth_mm > 0) & (limits > 0), _core_depth(rng, plan, positions), -50)
    core = np.minimum(free - _nth_largest(free, plan.core_volume_mm3), limits)
    arrival = _edema_arrival(rng, core, white=white, parenchyma=parenchyma)
    arrival[(depth_mm <= 0) | (from_midline_mm < 0)] += 25
    last = -_nth_largest(-arrival, plan.whole_volume_mm3)
    texture = smooth_field(rng, shape, knot_mm=5)
    rim = plan.rim_mm * np.exp(0.42 * texture + 0.3 * smooth_field(rng, shape, knot_mm=2.4))
    strength = 1 + 0.16 * smooth_field(rng, shape, knot_mm=4) + 0.12 * smooth_field(rng, shape, knot_mm=2.2)
    labels = np.zeros(shape, dtype=np.uint8)
    labels[(arrival < last) & (parenchyma > 0.3)] = EDEMA
    labels[core > 0] = np.where(strength < 0.68, NON_ENHANCING, ENHANCING)[core > 0]
    labels[core > rim] = NECROSIS
    labels[depth_mm <= 0] = 0
    return Tumor(
        labels=labels,
        edema=np.clip((last - arrival) / 5 + 0.5, 0, 1).astype(np.float32),
        core=np.clip(core / 1.2 + 0.5, 0, 1).astype(np.float32),
        necrosis=np.clip((core - rim) / 1.2 + 0.5, 0, 1).astype(np.float32),
        strength=np.clip(strength / np.median(strength[labels == ENHANCING]), 0.4, 1.3).astype(np.float32),
    )


def _nth_largest(field: Field, n: float) -> float:
    place = field.size - int(n)
    return float(np.partition(field, place, axis=None)[place])


def with_tumor(levels: Field, tumor: Tumor, *, rim_level: float) -> Field:
    """Gray levels of the patch with the tumor, whose rim will have the median `rim_level` in the blurred image."""
    seen = ndimage.gaussian_filter(_painted(levels, tumor, rim_level), 0.6)
    loss = rim_level / float(np.median(seen[tumor.labels == ENHANCING]))
    return _painted(levels, tumor, rim_level * loss)


def _painted(levels: Field, tumor: Tumor, rim_level: float) -> Field:
    """Edema darkens white matter, the rim enhances, the dead core is dark."""
    wet = 0.75 * tumor.edema * np.clip((levels - 60) / 30, 0, 1) * (levels < 145)
    swollen = levels + wet * (np.minimum(levels, 91 + 10 * tumor.strength) - levels)
    alive = rim_level * tumor.strength
    dead = 22 + 32 * tumor.strength
    inner = alive + tumor.necrosis * (dead - alive)
    return np.asarray(swollen + tumor.core * (inner - swollen), dtype=np.float32)


def _edema_arrival(rng: np.random.Generator, core: Field, *, white: Field, parenchyma: Field) -> Field:
    """When edema reaches a voxel: soon along white matter, late in gray, hardly across fluid."""
    wander = smooth_field(rng, white.shape, knot_mm=14)
    slow = 1 + 1.3 * (1 - white) + 4.0 * (parenchyma < 0.4)
    return np.asarray(np.maximum(-core, 0) * slow * np.exp(0.35 * wander), dtype=np.float32)
