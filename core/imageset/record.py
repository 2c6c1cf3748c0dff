"""What is known of an image set and of each of its images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.identifiers import CohortName, ImageId, ImageSetName, SubjectId

IMAGE_SIZE = 256
FEWEST_PX = 16  # a smaller image shows no brain
# In the provenance of a set:
AUGMENTATION = "augmentation"  # its images are transformed
TRAINED_AT = "trained_at"  # when the training of its generator began
ATTESTED_AT = "attested_at"  # when a researcher attested what the generator of imported images saw


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

    @property
    def is_scanned(self) -> bool:
        """Of a cohort as it was scanned: neither made of such images nor chosen from them."""
        return self.cohort is not None and means_scanned(self.name, self.cohort)

    @property
    def is_transformed(self) -> bool:
        """Made of another set's images by classical augmentation: no scanner or generator made them so."""
        return AUGMENTATION in self.provenance


def scanned_name(cohort: CohortName, tumor_status: TumorStatus) -> ImageSetName:
    """What the set of a cohort's images as scanned is called."""
    return ImageSetName(f"{cohort}-{tumor_status}")


def means_scanned(name: ImageSetName, cohort: CohortName) -> bool:
    return name in {scanned_name(cohort, status) for status in TumorStatus}


def made_at_px(records: Sequence[ImageRecord]) -> int:
    """The size at which a set's images were made: the power of 2 nearest to that before enlarging, 16 to 256."""
    factor = max(record.resampling_factor for record in records)
    return max(FEWEST_PX, int(2 ** round(math.log2(IMAGE_SIZE / max(factor, 1.0)))))
