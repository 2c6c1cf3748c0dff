"""The audit trail of a study: a hash chain over what was done, so that a later change to it shows.

Each entry's hash covers the entry and the hash before it; the head is the last hash, kept beside the chain and
printed in every export. docs/audit-trail.md says how to check a chain without this program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.identifiers import PersonId, StudyName
from core.provenance import canonical_json, sha256_of_json

GENESIS = "0" * 64


class Action(StrEnum):
    """What is recorded. Adopted: the study is older than its audit trail, which begins here."""

    ADOPTED = "adopted"
    CREATED = "created"
    DELETED = "deleted"
    LOCKED = "locked"
    INVITED = "invited"
    JOINED = "joined"
    CONSENTED = "consented"
    RESPONDED = "responded"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done in a study. `content` never holds an answer, a truth or a name."""

    study: StudyName
    at: str
    person_id: PersonId
    role: str
    action: Action
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a chain ends: how many entries it has, and the last one's hash."""

    length: int = 0
    sha256: str = GENESIS

    def to_json(self) -> dict[str, object]:
        return {"head": self.sha256, "length": self.length}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event in its chain. `position` counts from 1; `content` is canonical JSON."""

    study: str
    position: int
    at: str
    person_id: str
    role: str
    action: str
    content: str
    sha256: str

    @property
    def head(self) -> Head:
        """The end of a chain whose last entry this is."""
        return Head(length=self.position, sha256=self.sha256)

    def follows(self, previous_sha256: str) -> bool:
        """Whether this entry is as it was written, right after the entry of that hash."""
        return self.sha256 == _entry_hash(self, previous_sha256)


def responded(study: StudyName, reader: PersonId, row: Mapping[str, object]) -> Event:
    """The event of a response that was saved as `row`.

    The row's random id is in its hash only: once the row is erased, nobody can find by trying which answer it held.
    """
    return Event(
        study=study,
        at=str(row["received_at"]),
        person_id=reader,
        role="reader",
        action=Action.RESPONDED,
        content={"trial_id": row["trial_id"], "response_sha256": row_hash(row)},
    )


def chained(head: Head, event: Event) -> Entry:
    """The entry that puts an event at the end of a chain."""
    unsigned = Entry(
        study=event.study,
        position=head.length + 1,
        at=event.at,
        person_id=event.person_id,
        role=event.role,
        action=event.action,
        content=canonical_json(dict(event.content)),
        sha256="",
    )
    values = {name: getattr(unsigned, name) for name in Entry.__slots__}
    return Entry(**values | {"sha256": _entry_hash(unsigned, head.sha256)})


def first_break(entries: Iterable[Entry], head: Head) -> str | None:
    """Say where a chain, in order of position, is not what was written; None where it is whole."""
    last = Head()
    for entry in entries:
        if entry.position != last.length + 1:
            return f"entry {last.length + 1} is missing"
        if not entry.follows(last.sha256):
            return f"entry {entry.position} ({entry.action}, {entry.at}) is not what was written there"
        last = entry.head
    if last.length < head.length:
        return f"entry {last.length + 1} is missing, and whatever came after it"
    if last.length > head.length:
        return f"entry {head.length + 1} was added past the end that was kept"
    return None if last == head else f"entry {last.length} is not the one that was written last"


def row_hash(row: Mapping[str, object]) -> str:
    """The hash of a stored row. Numbers are taken as floats, as SQLite gives back what went into a REAL column.

    Empty columns are left out, so that a column added later, empty in old rows, changes no hash.
    """
    return sha256_of_json(
        {
            name: float(value) if isinstance(value, int | float) else value
            for name, value in row.items()
            if value is not None
        }
    )


def _entry_hash(entry: Entry, previous_sha256: str) -> str:
    return sha256_of_json(
        [
            previous_sha256,
            entry.study,
            entry.position,
            entry.at,
            entry.person_id,
            entry.role,
            entry.action,
            entry.content,
        ]
    )
