"""What a curator decides of images, act by act. Acts are only ever added; the last one of an image stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

from core.curation.reasons import OTHER
from core.errors import BadInputError
from core.identifiers import ActId, ImageSetName, PersonId
from core.imageset.record import TumorStatus

MOST_NOTE_CHARACTERS = 500
MOST_IMAGES = 1_000_000
_Word = TypeVar("_Word", bound=StrEnum)
_ACT_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


class Verdict(StrEnum):
    """Defer: looked at and left open. Correct: kept, with another tumor status than the record's."""

    KEEP = "keep"
    DISCARD = "discard"
    DEFER = "defer"
    CORRECT = "correct"


VERDICTS: tuple[Verdict | None, ...] = (
    None,
    *Verdict,
)  # by code: 0 undecided, 1 keep, 2 discard, 3 defer, 4 correct
STATUSES: tuple[TumorStatus, ...] = tuple(TumorStatus)  # by code: 0 tumor, 1 nontumor, 2 unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CurationAct:
    """One verdict on images of one set, by their positions. None takes a decision back: undecided again.

    `decided_at` is the time by the curator's clock. `act_id` is made where the act is, so that sending it again
    changes nothing. Raises BadInputError for what no verdict can be.
    """

    act_id: ActId
    image_set: ImageSetName
    curator: PersonId
    verdict: Verdict | None
    image_indices: tuple[int, ...]
    decided_at: str
    reason: str | None = None
    note: str = ""
    tumor_status: TumorStatus | None = None
    undoes: ActId | None = None

    def __post_init__(self) -> None:
        check_act_id(self.act_id)
        _check_time(self.decided_at)
        if not 0 < len(self.image_indices) <= MOST_IMAGES:
            raise BadInputError(
                f"{len(self.image_indices)} images cannot be decided on at once.", "Choose at least one."
            )
        if len(self.note) > MOST_NOTE_CHARACTERS:
            raise BadInputError(
                f"A note of {len(self.note)} characters is too long.", f"Use at most {MOST_NOTE_CHARACTERS}."
            )
        self._check_reason()
        if (self.tumor_status is not None) != (self.verdict is Verdict.CORRECT):
            raise BadInputError(
                f"The verdict {self.verdict} goes with the tumor status {self.tumor_status}.",
                "A correction needs a tumor status, and nothing else takes one.",
            )

    def _check_reason(self) -> None:
        if (self.reason is not None) != (self.verdict is Verdict.DISCARD):
            raise BadInputError(
                f"The verdict {self.verdict} goes with the reason {self.reason}.",
                "Discarding needs a reason, and nothing else takes one.",
            )
        if self.reason == OTHER.code and not self.note.strip():
            raise BadInputError('The reason "other" says nothing by itself.', "Add a note that says why.")

    @classmethod
    def from_json(cls, record: object, *, image_set: ImageSetName, curator: PersonId) -> Self:
        """Check what a browser sent: `act_id, verdict, images, decided_at`, and `reason, note, tumor_status`."""
        if not isinstance(record, dict):
            raise BadInputError("A decision is not a JSON object.", "Reload the page.")
        images = record.get("images")
        if not isinstance(images, list) or not all(type(image) is int for image in images):
            raise BadInputError("The decision has no list of image positions.", "Reload the page.")
        return cls(
            act_id=ActId(_text(record, "act_id") or ""),
            image_set=image_set,
            curator=curator,
            verdict=_word(record, "verdict", Verdict),
            image_indices=tuple(images),
            decided_at=_text(record, "decided_at") or "",
            reason=_text(record, "reason"),
            note=_text(record, "note") or "",
            tumor_status=_word(record, "tumor_status", TumorStatus),
        )


def check_act_id(act_id: str) -> None:
    if not _ACT_ID.fullmatch(act_id):
        raise BadInputError(f"{act_id[:40]!r} is not the id of a decision.", "Reload the page.")


def _check_time(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text[:40]!r} is not a time.", "Reload the page.") from error


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise BadInputError(f"The decision's {name} is {str(value)[:40]!r}.", "Reload the page.")
    return value


def _word(record: Mapping[str, Any], name: str, words: type[_Word]) -> _Word | None:
    value = _text(record, name)
    if value is not None and value not in set(words):
        raise BadInputError(f"The decision's {name} is {value[:40]!r}.", f"Use one of {', '.join(words)}.")
    return None if value is None else words(value)
