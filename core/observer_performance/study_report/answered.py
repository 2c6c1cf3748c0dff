"""What several sections of a report share: the questions that were answered, and a rate in words."""

from core.observer_performance.analysis import Analysis
from core.observer_performance.proportions import Proportion
from core.observer_performance.wording import percent
from core.reading.protocol import Question


def asked_questions(analysis: Analysis) -> list[Question]:
    """Those that somebody answered."""
    return [question for question in Question if analysis.overall.of(question).counts.table.n]


def rate_text(rate: Proportion) -> str:
    return f"{percent(rate.estimate)} ({rate.k} of {rate.n})"
