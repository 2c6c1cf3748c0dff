"""Which slices are fit to be shown, and whether they show tumor."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.imageset.record import TumorStatus
from core.imaging.volume import Segmentation


class ScreeningRule(StrEnum):
    """Why a slice is left out."""

    TUMOR_TOO_SMALL = "tumor_too_small"
    NEAR_TUMOR = "near_tumor"
    TOO_LITTLE_BRAIN = "too_little_brain"
    TOO_MUCH_BRAIN = "too_much_brain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Thresholds for one axial slice.

    `min_tumor_mm2`: a smaller tumor area is too small to be sure of. `min_distance_to_tumor_mm`: a slice
    without tumor that is no farther from one with tumor, or lies between two of them, may show what the
    segmentation left out. `min_brain_share`, `max_brain_share`: tissue as a share of the canonical image.
    """

    min_tumor_mm2: float = 80.0
    min_distance_to_tumor_mm: float = 4.0
    min_brain_share: float = 0.06
    max_brain_share: float = 0.60

    def __post_init__(self) -> None:
        if self.min_tumor_mm2 < 0 or self.min_distance_to_tumor_mm < 0:
            raise BadInputError(f"{self} has a negative threshold.", "Give 0 to switch a rule off.")
        if not 0 <= self.min_brain_share < self.max_brain_share <= 1:
            raise BadInputError(
                f"Brain from {self.min_brain_share:g} to {self.max_brain_share:g} of the image is no range.",
                "Give two shares between 0 and 1, the smaller one first.",
            )

    def as_json(self) -> dict[str, float]:
        return asdict(self)

    def described(self, rule: ScreeningRule) -> str:
        """What a rule leaves out, with its threshold."""
        return {
            ScreeningRule.TUMOR_TOO_SMALL: f"tumor area below {self.min_tumor_mm2:g} mm²",
            ScreeningRule.NEAR_TUMOR: f"no tumor, but within {self.min_distance_to_tumor_mm:g} mm of it",
            ScreeningRule.TOO_LITTLE_BRAIN: f"brain below {self.min_brain_share:.0%} of the image",
            ScreeningRule.TOO_MUCH_BRAIN: f"brain above {self.max_brain_share:.0%} of the image",
        }[rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class TumorExtent:
    """Tumor area of each slice of one volume, from the lowest to the highest slice."""

    area_mm2: NDArray[np.float64]
    slice_spacing_mm: float

    def status(self, z: int) -> TumorStatus:
        return TumorStatus.TUMOR if self.area_mm2[z] > 0 else TumorStatus.NONTUMOR

    def distance_mm(self, z: int) -> float:
        """From slice `z` to the tumor's extent (its lowest to its highest slice); infinite without tumor."""
        slices = np.flatnonzero(self.area_mm2)
        if not slices.size:
            return float("inf")
        return float(max(slices[0] - z, z - slices[-1], 0)) * self.slice_spacing_mm


def tumor_extent(segmentation: Segmentation) -> TumorExtent:
    """Tumor is `labels > 0`, whatever the release calls its parts."""
    x_mm, y_mm, z_mm = segmentation.spacing_mm
    labels = segmentation.labels
    areas = [np.count_nonzero(labels[:, :, z] > 0) for z in range(labels.shape[2])]
    return TumorExtent(area_mm2=np.array(areas, np.float64) * (x_mm * y_mm), slice_spacing_mm=z_mm)


def broken_rule(
    z: int, *, extent: TumorExtent | None, brain_share: float, screening: Screening
) -> ScreeningRule | None:
    """The first rule that slice `z` breaks, or None. Without a segmentation only the brain's size counts."""
    if brain_share < screening.min_brain_share:
        return ScreeningRule.TOO_LITTLE_BRAIN
    if brain_share > screening.max_brain_share:
        return ScreeningRule.TOO_MUCH_BRAIN
    if extent is None:
        return None
    if extent.status(z) is TumorStatus.TUMOR:
        return ScreeningRule.TUMOR_TOO_SMALL if extent.area_mm2[z] < screening.min_tumor_mm2 else None
    return ScreeningRule.NEAR_TUMOR if extent.distance_mm(z) <= screening.min_distance_to_tumor_mm else None


def rule_counts(broken: Sequence[ScreeningRule]) -> dict[str, int]:
    """How many slices each rule left out; rules that left out none stand with 0."""
    return {rule.value: sum(one is rule for one in broken) for rule in ScreeningRule}
