"""The frozen description of a reader study. Its hash stands in every response."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from core.errors import BadInputError
from core.identifiers import ImageSetName, StudyName
from core.imageset.record import Partition
from core.provenance import canonical_json, sha256_of_json
from core.reading.case import Arm, Case
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
class Protocol:
    """Everything that was decided before the first reading.

    `image_sets` maps each set to the hash of its pixels, `cases_sha256` seals which images were drawn with
    their truth (`cases_seal`). `remedies` are applied to every stimulus.
    """

    study: StudyName
    seed: int
    arms: Mapping[Arm, int]
    image_sets: Mapping[ImageSetName, str]
    cases_sha256: str
    sampling: Sampling
    questions: tuple[Question, ...] = (Question.REALISM, Question.TUMOR)
    confidence: bool = False
    confirm: bool = False
    prevalence_text: str = DEFAULT_PREVALENCE_TEXT
    remedies: Remedies = field(default_factory=Remedies)

    def __post_init__(self) -> None:
        if not self.questions or len(set(self.questions)) != len(self.questions):
            raise BadInputError(
                f"The questions {[str(q) for q in self.questions]} cannot be asked.",
                "Ask realism, tumor, or both, each once.",
            )

    @property
    def n_trials(self) -> int:
        return sum(self.arms.values())

    @property
    def hash(self) -> str:
        return sha256_of_json(self._record())

    def to_json(self) -> str:
        return canonical_json(self._record())

    def _record(self) -> dict[str, Any]:
        """Without remedies where there are none: studies from before there were any keep their hash."""
        record = asdict(self)
        if self.remedies == Remedies():
            del record["remedies"]
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Rebuild what `to_json` wrote."""
        return cls(
            **record
            | {
                "arms": {Arm(arm): n for arm, n in record["arms"].items()},
                "sampling": Sampling(
                    **record["sampling"]
                    | {"partition": record["sampling"]["partition"] and Partition(record["sampling"]["partition"])}
                ),
                "questions": tuple(Question(question) for question in record["questions"]),
                "remedies": Remedies(**record.get("remedies", {})),
            }
        )


def cases_seal(cases: list[Case]) -> str:
    """The hash over all cases with their truth: a change after the lock shows."""
    rows = sorted(
        [case.case_id, case.image_set, case.image_index, case.truth, case.tumor_status, case.pixels_sha256]
        for case in cases
    )
    return sha256_of_json(rows)
