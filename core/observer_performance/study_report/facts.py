"""What a report says of a study beside its analysis: nothing in it names a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.cohort.record import Cohort
from core.imageset.record import ImageKind, ImageSet
from core.reading.audit_trail import Head
from core.reading.blinding_audit.audit import LockedAudit
from core.reading.case import Arm, Case
from core.reading.protocol import Corrections
from core.reading.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFacts:
    """One arm as it was shown. `n_subjects` is 0 where no image belongs to a patient (synthetic ones)."""

    arm: Arm
    n_images: int
    n_subjects: int
    most_of_one_subject: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestFacts:
    """Of `n_images` that nobody looked at, what a random sample of `n_sample` says would be discarded: shares."""

    n_images: int
    n_sample: int
    discard_rate: float
    interval95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardingFacts:
    """What discarding did: the share of images odder than 95 % of real ones, before and after, and the ratio of the
    mean distances between two images, after to before, with its 95 % interval.
    """

    odd_before: float
    odd_after: float
    distance_ratio: float
    distance_ratio95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """The release that was drawn from: images counted by its data sheet.

    `rest` is None where all were reviewed, `discarding` where its effect was not computed.
    """

    name: str
    sha256: str
    n_generated: int | None
    n_reviewed: int
    n_kept: int
    n_corrected: int
    discarded: Mapping[str, int]
    n_curators: int
    rest: RestFacts | None = None
    discarding: DiscardingFacts | None = None

    @property
    def n_discarded(self) -> int:
        return sum(self.discarded.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """An image set, how many of its images were shown, and by how much those were enlarged at most.

    `corrections` are those of curators where no release was drawn from; `n_discarded_since` images were discarded
    after the drawing.
    """

    image_set: ImageSet
    n_shown: int
    largest_enlargement: float
    release: ReleaseFacts | None = None
    corrections: Corrections | None = None
    n_discarded_since: int = 0

    @property
    def is_synthetic(self) -> bool:
        return self.image_set.kind is ImageKind.SYNTHETIC


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderFacts:
    """Readers as counts, and the profiles of those who answered, in no order that follows their names.

    `curators`: those who had curated image sets of the study, as the analysis calls them, and how many of its
    images each decided on.
    """

    n_invited: int
    n_withdrawn: int
    n_answered: int
    n_complete: int
    n_simulated: int
    n_unanswered: int
    profiles: Sequence[Mapping[str, object]]
    curators: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingFacts:
    """How the images were seen, over all responses. Extents in CSS pixels; `zoom` in device pixels per pixel."""

    n_responses: int
    n_interrupted: int
    n_long_idle: int
    n_windowed: int
    smallest_viewport: tuple[int, int]
    zoom: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """`image_set_of_case` says where each case is from; `versions` maps software to its version."""

    study: Study
    trail: Head
    blinding_audit: LockedAudit | None
    arms: Sequence[ArmFacts]
    sources: Sequence[SourceFacts]
    cohorts: Sequence[Cohort]
    readers: ReaderFacts
    viewing: ViewingFacts
    image_set_of_case: Mapping[str, str]
    versions: Mapping[str, str]
    made_at: str


def arm_facts(cases: Sequence[Case]) -> list[ArmFacts]:
    """Count the images and patients of each arm that has any."""
    found = []
    for arm in Arm:
        of_arm = [case for case in cases if case.arm is arm]
        subjects = Counter(case.subject_id for case in of_arm if case.subject_id is not None)
        if of_arm:
            found.append(
                ArmFacts(
                    arm=arm,
                    n_images=len(of_arm),
                    n_subjects=len(subjects),
                    most_of_one_subject=max(subjects.values(), default=0),
                )
            )
    return found
