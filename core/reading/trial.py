"""One presentation of one case to one reader, and what was answered."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.errors import BadInputError
from core.identifiers import CaseId, ResponseId, Ticket, TrialId
from core.reading.design import Scale
from core.reading.protocol import Question

TRIALS_AHEAD = 3
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`trial_index` counts from 0 in the reader's own order; practice trials come before, from -n to -1.

    `question` is the only one that is asked, None where the protocol's are asked together.
    """

    trial_id: TrialId
    trial_index: int
    case_id: CaseId
    is_repeat: bool = False
    question: Question | None = None

    @property
    def is_practice(self) -> bool:
        return self.trial_index < 0

    def asks(self, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        """What is asked in this trial, of a protocol's questions."""
        return questions if self.question is None else (self.question,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTicket:
    """The right to fetch one trial's stimulus once."""

    trial_id: TrialId
    trial_index: int
    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a reader answered in one trial, as the browser sent it; times in ms by the browser's clock.

    A response that cannot be judged (technical fault) has no decision. `interrupted`: the server was away or
    the page hidden while the image was up, so that its time says little.
    """

    response_id: ResponseId
    trial_id: TrialId
    cannot_judge: bool
    decision: str | None
    confidence: int | None
    response_time_ms: float | None
    tumor_decision: str | None
    tumor_confidence: int | None
    tumor_response_time_ms: float | None
    painted_at: str
    answered_at: str
    window_center: float
    window_width: float
    zoom: float
    pan_x: float
    pan_y: float
    inverted: bool
    interpolation: str
    viewport_width: int
    viewport_height: int
    device_pixel_ratio: float
    device_pixels_per_pixel: int
    paused_ms: float
    longest_idle_ms: float
    interrupted: bool

    @classmethod
    def from_json(cls, record: object) -> Self:
        """Check what a browser sent, field by field; raises BadInputError that names the field and its value."""
        if not isinstance(record, dict):
            raise BadInputError("A response is not a JSON object.", "Reload the page.")
        return cls(
            trial_id=_checked(record, "trial", _is_text(64)),
            **{name: _checked(record, name, accepts) for name, accepts in _FIELDS.items()},
        )

    def answers(self, questions: tuple[Question, ...], *, scale: Scale) -> bool:
        """Whether exactly what the protocol asks was answered: all of it, or nothing and `cannot_judge`."""
        realism = (self.decision, self.response_time_ms, self.confidence)
        tumor = (self.tumor_decision, self.tumor_response_time_ms, self.tumor_confidence)
        return all(
            _fits(answer, asked=question in questions and not self.cannot_judge, scale=scale)
            for question, answer in ((Question.REALISM, realism), (Question.TUMOR, tumor))
        )


def _fits(answer: tuple[str | None, float | None, int | None], *, asked: bool, scale: Scale) -> bool:
    highest = scale.highest_confidence if asked else 0
    decision, time_ms, confidence = answer
    has_confidence = confidence is not None and confidence <= highest if highest else confidence is None
    return (decision is not None, time_ms is not None, has_confidence) == (asked, asked, True)


def _checked(record: Mapping[str, Any], name: str, accepts: Callable[[object], bool]) -> Any:
    value = record.get(name)
    if not accepts(value):
        raise BadInputError(f"The response's {name} is {str(value)[:40]!r}.", "Reload the page.")
    return value


def _is_text(most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most


def _is_number(low: float, high: float) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and low <= value <= high
    )


def _is_whole(low: int, high: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _or_none(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or accepts(value)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


_MS = _is_number(0, 1e9)
_FIELDS: Mapping[str, Callable[[object], bool]] = {
    "response_id": lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None,
    "cannot_judge": _is_bool,
    "decision": _or_none(_is_one_of("real", "synthetic")),
    "confidence": _or_none(_is_whole(1, 5)),
    "response_time_ms": _or_none(_MS),
    "tumor_decision": _or_none(_is_one_of("tumor", "nontumor")),
    "tumor_confidence": _or_none(_is_whole(1, 5)),
    "tumor_response_time_ms": _or_none(_MS),
    "painted_at": _is_text(40),
    "answered_at": _is_text(40),
    "window_center": _is_number(0, 255),
    "window_width": _is_number(32, 255),
    "zoom": _is_number(0.01, 1000),
    "pan_x": _is_number(-1e5, 1e5),
    "pan_y": _is_number(-1e5, 1e5),
    "inverted": _is_bool,
    "interpolation": _is_one_of("smooth", "nearest"),
    "viewport_width": _is_whole(1, 100_000),
    "viewport_height": _is_whole(1, 100_000),
    "device_pixel_ratio": _is_number(0.1, 20),
    "device_pixels_per_pixel": _is_whole(1, 100),
    "paused_ms": _MS,
    "longest_idle_ms": _MS,
    "interrupted": _is_bool,
}
