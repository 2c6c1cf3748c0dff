"""A reader study and the readers enrolled in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from core.identifiers import PersonId, StudyName
from core.reading.protocol import Protocol

CONSENT_VERSION = "1"
GRAY_RAMP_STEPS = 8


class StudyState(StrEnum):
    """Draft: may be deleted and made anew. Locked: readers are invited and read.

    Open: a locked study in which the first reader has agreed to take part. Closed: results are shown, nobody reads.
    """

    DRAFT = "draft"
    LOCKED = "locked"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """`protocol_hash` exists from the lock on."""

    name: StudyName
    state: StudyState
    protocol: Protocol
    created_at: str
    protocol_hash: str | None = None
    locked_at: str | None = None
    closed_at: str | None = None

    @property
    def takes_readers(self) -> bool:
        return self.state in {StudyState.LOCKED, StudyState.OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderProfile:
    """What a reader states before the first image. `gray_ramp_steps` is how many faint patches were seen, of 8.

    `seen_synthetic_before` is None where the question would have told too much: in studies of two parts.
    """

    years_of_experience: int
    specialty: str
    board_certified: bool
    seen_synthetic_before: bool | None
    gray_ramp_steps: int

    @classmethod
    def from_answers(cls, answers: Mapping[str, object]) -> Self:
        """From what the start page asks, where yes and no are words."""
        return cls(
            years_of_experience=int(str(answers["years_of_experience"])),
            specialty=str(answers["specialty"]),
            board_certified=answers["board_certified"] == "Yes",
            seen_synthetic_before={"Yes": True, "No": False}.get(str(answers.get("seen_synthetic_before"))),
            gray_ramp_steps=int(str(answers["gray_ramp_steps"])),
        )

    def to_json(self) -> Mapping[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """A reader in a study. Reading is possible once consent was given, until the reader withdraws."""

    study: StudyName
    reader: PersonId
    enrolled_at: str
    consent_version: str | None = None
    consented_at: str | None = None
    profile: Mapping[str, object] | None = None
    withdrawn_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderProgress:
    """How far a reader is: counts only, nothing of what was answered."""

    reader: PersonId
    name: str
    trials: int
    responses: int
    started: bool
    withdrawn: bool = False

    @property
    def text(self) -> str:
        return "withdrawn" if self.withdrawn else f"{self.responses} of {self.trials} read"
