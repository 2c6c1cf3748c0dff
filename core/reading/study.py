"""A reader study and the readers enrolled in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.identifiers import PersonId, StudyName
from core.reading.protocol import Protocol

CONSENT_VERSION = "1"


class StudyState(StrEnum):
    """Draft: may be deleted and made anew. Locked: readers read. Closed: results are shown, nobody reads."""

    DRAFT = "draft"
    LOCKED = "locked"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderProfile:
    """What a reader states before the first image. `gray_ramp_steps` is how many faint patches were seen, of 8."""

    years_of_experience: int
    specialty: str
    board_certified: bool
    seen_synthetic_before: bool
    gray_ramp_steps: int

    def to_json(self) -> Mapping[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """A reader in a study. Reading is possible once consent was given."""

    study: StudyName
    reader: PersonId
    enrolled_at: str
    consent_version: str | None = None
    consented_at: str | None = None
    profile: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderProgress:
    """How far a reader is: counts only, nothing of what was answered."""

    reader: PersonId
    name: str
    trials: int
    responses: int
    started: bool
