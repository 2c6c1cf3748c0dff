"""Whose answers a table is about, and what several sections of a report share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.observer_performance.across_readers import AcrossReaders
from core.observer_performance.analysis import Analysis
from core.observer_performance.performance import Performance, QuestionResult
from core.observer_performance.proportions import Proportion
from core.observer_performance.wording import percent
from core.reading.protocol import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reader's answers, or those of all: then `across` holds what is true of readers and cases like these."""

    performance: Performance
    across: Mapping[Question, AcrossReaders] | None

    @property
    def questions(self) -> list[Question]:
        return _answered(self.performance)


def shown(analysis: Analysis, reader: str | None = None) -> Shown:
    """The answers of one reader, or of all; all of one reader are that reader's."""
    if reader is not None:
        return Shown(performance=analysis.per_reader[reader], across=None)
    several = len(analysis.readers) > 1
    return Shown(performance=analysis.overall, across=analysis.across_readers if several else None)


def asked_questions(analysis: Analysis) -> list[Question]:
    """Those that somebody answered."""
    return _answered(analysis.overall)


def named_rates(result: QuestionResult) -> Sequence[tuple[str, str, Proportion]]:
    """Name in an analysis, words, and rate of a question's three rates."""
    signal = result.counts.signal
    return (
        ("accuracy", "Accuracy", result.accuracy),
        ("sensitivity", f"Sensitivity ({signal.present} found)", result.sensitivity),
        ("specificity", f"Specificity ({signal.absent} found)", result.specificity),
    )


def rate_text(rate: Proportion) -> str:
    return f"{percent(rate.estimate)} ({rate.k} of {rate.n})"


def _answered(performance: Performance) -> list[Question]:
    return [question for question in Question if performance.of(question).counts.table.n]
