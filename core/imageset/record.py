"""What is known of an image set and of each of its images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.identifiers import CohortName, ImageId, ImageSetName, SubjectId

IMAGE_SIZE = 256


class ImageKind(StrEnum):
    REAL = "real"
    SYNTHETIC = "synthetic"


class TumorStatus(StrEnum):
    TUMOR = "tumor"
    NONTUMOR = "nontumor"
    UNKNOWN = "unknown"


class Partition(StrEnum):
    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One image of a set. `slice_index` counts from 0 at the lowest axial slice of its volume.

    `resampling_factor` is output pixels per source pixel (1.0: not resampled). `source_name` is the file an
    imported image came from, without its folder.
    """

    image_id: ImageId
    tumor_status: TumorStatus
    subject_id: SubjectId | None = None
    partition: Partition | None = None
    slice_index: int | None = None
    seed: int | None = None
    resampling_factor: float = 1.0
    source_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedOn:
    """The patients a generator saw. `attested`: the word of whoever imported its images, not our own record."""

    cohort: str
    partition: Partition
    attested: bool

    def __str__(self) -> str:
        return f"{self.cohort}:{self.partition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSet:
    """A named set whose pixels never change. `sha256` is that of its `.npy` file.

    `provenance` is what a person would ask about its making (source, generator, checkpoint, thresholds).
    """

    name: ImageSetName
    kind: ImageKind
    tumor_status: TumorStatus
    n_images: int
    sha256: str
    created_at: str
    cohort: CohortName | None = None
    trained_on: TrainedOn | None = None
    provenance: Mapping[str, object] = field(default_factory=dict)
