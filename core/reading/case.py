"""What is read, in two types: a case has the truth, a stimulus has no field for it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.identifiers import CaseId, ImageSetName, SubjectId, TrialId
from core.imageset.record import ImageKind, TumorStatus


class Arm(StrEnum):
    """The four strata of a study, in the paper's order."""

    REAL_TUMOR = "real tumor"
    REAL_NONTUMOR = "real nontumor"
    SYNTHETIC_TUMOR = "synthetic tumor"
    SYNTHETIC_NONTUMOR = "synthetic nontumor"

    @classmethod
    def of(cls, truth: ImageKind, tumor_status: TumorStatus) -> Self:
        """Return the arm; raises ValueError for an unknown tumor status, which no arm takes."""
        return cls(f"{truth} {tumor_status}")

    @property
    def truth(self) -> ImageKind:
        return ImageKind(self.value.split()[0])

    @property
    def tumor_status(self) -> TumorStatus:
        return TumorStatus(self.value.split()[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One image to be read, with its truth. `pixels_sha256` is that of the 256 x 256 bytes, row by row."""

    case_id: CaseId
    image_set: ImageSetName
    image_index: int
    truth: ImageKind
    tumor_status: TumorStatus
    subject_id: SubjectId | None
    pixels_sha256: str

    @property
    def arm(self) -> Arm:
        return Arm.of(self.truth, self.tumor_status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """What a reader is shown for one trial: uint8 [256, 256], and nothing of where it comes from."""

    trial_id: TrialId
    pixels: NDArray[np.uint8]
