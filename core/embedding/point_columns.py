"""What is known of the points of an embedding, beside where they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.identifiers import ImageId, ImageSetName, StudyName, SubjectId
from core.imageset.record import Partition


class CurationOutcome(StrEnum):
    """What all curators' decisions on an image come to."""

    KEPT = "kept"
    CORRECTED = "corrected"
    DISCARDED = "discarded"
    DEFERRED = "deferred"
    DISAGREED = "disagreed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointColumns:
    """One entry per point. Of a transformed image, `arm`, subject and partition are those of its source.

    `decision` is None for what nobody can decide on: a transformed image. `misjudged`: for each closed study, the
    share of its readers who called the image what it is not, None where nobody judged it.
    """

    category: Sequence[str]
    arm: Sequence[str]
    image_set: Sequence[ImageSetName]
    image_id: Sequence[ImageId]
    subject_id: Sequence[SubjectId | None]
    partition: Sequence[Partition | None]
    decision: Sequence[CurationOutcome | None]
    misjudged: Mapping[StudyName, Sequence[float | None]]
