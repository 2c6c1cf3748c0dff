"""The frozen description of a reader study. Its hash stands in every response."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from core.errors import BadInputError
from core.identifiers import ImageSetName, ReleaseName, StudyName
from core.imageset.record import Partition
from core.provenance import canonical_json, sha256_of_json
from core.reading.case import Arm, Case
from core.reading.design import Endpoint, Goal, Phases, PlannedAnalysis, Presentation, SampleSize, Scale
from core.reading.remedies import Remedies


class Question(StrEnum):
    REALISM = "realism"
    TUMOR = "tumor"


DEFAULT_PREVALENCE_TEXT = "Some of the images are real and some are synthetic; some show a tumor and some do not."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How real slices are drawn: from which partition, how many of one patient, how far apart.

    `min_slice_spacing` counts slices between two cases of one patient (1: neighbours are allowed).
    """

    partition: Partition | None = None
    most_per_subject: int | None = None
    min_slice_spacing: int = 1

    def __post_init__(self) -> None:
        if self.most_per_subject is not None and self.most_per_subject < 1:
            raise BadInputError(
                f"{self.most_per_subject} slices per patient are not enough to read.", "Ask for at least 1."
            )
        if self.min_slice_spacing < 1:
            raise BadInputError(
                f"A slice spacing of {self.min_slice_spacing} is not possible.", "Ask for at least 1."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRelease:
    """The release whose kept images, `n_images` of the set's, were the only ones that could be drawn."""

    image_set: ImageSetName
    sha256: str
    n_images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """How many images of a set curators had excluded at the drawing, of how many corrected the tumor status."""

    n_excluded: int
    n_corrected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything that was decided before the first reading.

    `image_sets` maps each set to the hash of its pixels, `cases_sha256` seals which images were drawn with
    their truth (`cases_seal`), `practice_sha256` the same of the practice images. `remedies` are applied to every
    stimulus. `replaces` names the locked study that this one is a changed version of. Studies from before there
    was a planned analysis have none; `sample_size` is that of a plan, where one was made. `releases` are those that
    were drawn from, `corrections` what curators had corrected of sets that were drawn from without one.
    """

    study: StudyName
    seed: int
    arms: Mapping[Arm, int]
    image_sets: Mapping[ImageSetName, str]
    cases_sha256: str
    sampling: Sampling
    questions: tuple[Question, ...] = (Question.REALISM, Question.TUMOR)
    scale: Scale = Scale.FORCED_CHOICE
    confirm: bool = False
    prevalence_text: str = DEFAULT_PREVALENCE_TEXT
    remedies: Remedies = field(default_factory=Remedies)
    presentation: Presentation = field(default_factory=Presentation)
    planned: PlannedAnalysis | None = None
    sample_size: SampleSize | None = None
    practice_sha256: str | None = None
    replaces: StudyName | None = None
    releases: Mapping[ReleaseName, DrawnRelease] = field(default_factory=dict)
    corrections: Mapping[ImageSetName, Corrections] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.questions or len(set(self.questions)) != len(self.questions):
            raise BadInputError(
                f"The questions {[str(q) for q in self.questions]} cannot be asked.",
                "Ask realism, tumor, or both, each once.",
            )
        if self.has_two_parts and set(self.questions) != set(Question):
            raise BadInputError(
                f"The questions {[str(q) for q in self.questions]} cannot be asked one after the other.",
                "Ask both, or ask together.",
            )
        self.presentation.check_room(self.n_cases)

    @property
    def n_cases(self) -> int:
        return sum(self.arms.values())

    @property
    def has_two_parts(self) -> bool:
        return self.presentation.phases is Phases.TUMOR_FIRST

    @property
    def n_trials(self) -> int:
        """Trials per reader, practice left out."""
        return (self.n_cases + self.presentation.repeats) * (2 if self.has_two_parts else 1)

    @property
    def hash(self) -> str:
        return sha256_of_json(self._record())

    def to_json(self) -> str:
        return canonical_json(self._record())

    def _record(self) -> dict[str, Any]:
        """Without what was added later and is not used: studies from before it keep their hash."""
        record = asdict(self)
        for name, unused in _UNUSED.items():
            if getattr(self, name) == unused:
                del record[name]
        scale = record.pop("scale")
        record["confidence"] = scale is Scale.CONFIDENCE
        return record | ({"scale": scale} if scale is Scale.SIX_STEP else {})

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Rebuild what `to_json` wrote."""
        kept = {name: value for name, value in record.items() if name != "confidence"}
        return cls(
            **kept
            | {
                "scale": Scale(
                    record.get("scale", Scale.CONFIDENCE if record["confidence"] else Scale.FORCED_CHOICE)
                ),
                "presentation": _presentation(record.get("presentation", {})),
                "planned": _planned(record.get("planned")),
                "sample_size": _sample_size(record.get("sample_size")),
                "arms": {Arm(arm): n for arm, n in record["arms"].items()},
                "sampling": Sampling(
                    **record["sampling"]
                    | {"partition": record["sampling"]["partition"] and Partition(record["sampling"]["partition"])}
                ),
                "questions": tuple(Question(question) for question in record["questions"]),
                "remedies": Remedies(**record.get("remedies", {})),
                "releases": {name: DrawnRelease(**drawn) for name, drawn in record.get("releases", {}).items()},
                "corrections": {name: Corrections(**n) for name, n in record.get("corrections", {}).items()},
            }
        )


_UNUSED: Mapping[str, object] = {
    "remedies": Remedies(),
    "presentation": Presentation(),
    "planned": None,
    "sample_size": None,
    "practice_sha256": None,
    "replaces": None,
    "releases": {},
    "corrections": {},
}


def _presentation(record: Mapping[str, Any]) -> Presentation:
    return Presentation(**{**record, "phases": Phases(record.get("phases", Phases.TOGETHER))})


def _planned(record: Mapping[str, Any] | None) -> PlannedAnalysis | None:
    if record is None:
        return None
    return PlannedAnalysis(**{**record, "primary_endpoint": Endpoint(record["primary_endpoint"])})


def _sample_size(record: Mapping[str, Any] | None) -> SampleSize | None:
    return None if record is None else SampleSize(**{**record, "goal": Goal(record["goal"])})


def cases_seal(cases: list[Case]) -> str:
    """The hash over all cases with their truth: a change after the lock shows."""
    rows = sorted(
        [case.case_id, case.image_set, case.image_index, case.truth, case.tumor_status, case.pixels_sha256]
        for case in cases
    )
    return sha256_of_json(rows)
