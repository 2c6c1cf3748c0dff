"""What a study's responses say: rates of both questions and response times, per reader and over all."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.observer_performance.contingency import SIGNALS, QuestionCounts, count
from core.observer_performance.proportions import Proportion
from core.observer_performance.responses import checked_responses
from core.reading.case import Arm
from core.reading.protocol import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """One question's counts and rates; `independent` as in Proportion."""

    counts: QuestionCounts
    independent: bool

    @property
    def accuracy(self) -> Proportion:
        return self.counts.table.accuracy(independent=self.independent)

    @property
    def sensitivity(self) -> Proportion:
        return self.counts.table.sensitivity(independent=self.independent)

    @property
    def specificity(self) -> Proportion:
        return self.counts.table.specificity(independent=self.independent)

    def to_json(self) -> dict[str, object]:
        return {
            "accuracy": self.accuracy.to_json(),
            "sensitivity": self.sensitivity.to_json(),
            "specificity": self.specificity.to_json(),
            "counts": self.counts.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTime:
    """Over the `n` decisions of one arm that have a time."""

    n: int
    median_ms: float | None


ArmTimes = Mapping[Arm, ResponseTime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Both questions and the times of their answers: of one reader, or of all together."""

    realism: QuestionResult
    tumor: QuestionResult
    response_times: Mapping[Question, ArmTimes]

    def of(self, question: Question) -> QuestionResult:
        return self.realism if question is Question.REALISM else self.tumor

    def to_json(self) -> dict[str, object]:
        return {
            "realism": self.realism.to_json(),
            "tumor": self.tumor.to_json(),
            "response_time": {
                str(question): {
                    str(arm): {"n": time.n, "median_ms": time.median_ms} for arm, time in times.items()
                }
                for question, times in self.response_times.items()
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """`overall` pools the readers: with more than one it has no intervals, and `per_reader` is the result."""

    n_presentations: int
    n_repeats_left_out: int
    overall: Performance
    per_reader: Mapping[str, Performance]

    @property
    def readers(self) -> tuple[str, ...]:
        return tuple(self.per_reader)

    def to_json(self) -> dict[str, object]:
        return {
            "readers": list(self.readers),
            "presentations": self.n_presentations,
            "repeats_left_out": self.n_repeats_left_out,
            **self.overall.to_json(),
            "per_reader": [
                {"reader": reader, **performance.to_json()} for reader, performance in self.per_reader.items()
            ],
        }


def analyze(responses: pd.DataFrame) -> Analysis:
    """Analyze a long table (columns as in `responses`, checked here again); repeats do not enter.

    A reader who saw only repeats stays in the list, with nothing estimable. Raises BadInputError.
    """
    responses = checked_responses(responses, source="The responses")
    first = responses[~responses["is_repeat"]]
    readers = sorted(str(reader) for reader in responses["reader_id"].unique())
    rows = dict(iter(first.groupby("reader_id", observed=True)))
    return Analysis(
        n_presentations=len(first),
        n_repeats_left_out=len(responses) - len(first),
        overall=_performance(first, independent=len(readers) == 1),
        per_reader={
            reader: _performance(rows.get(reader, first.iloc[:0]), independent=True) for reader in readers
        },
    )


def _performance(responses: pd.DataFrame, *, independent: bool) -> Performance:
    return Performance(
        realism=QuestionResult(counts=count(responses, Question.REALISM), independent=independent),
        tumor=QuestionResult(counts=count(responses, Question.TUMOR), independent=independent),
        response_times={question: _times(responses, question) for question in Question},
    )


def _times(responses: pd.DataFrame, question: Question) -> dict[Arm, ResponseTime]:
    """Medians per arm; images of unknown tumor status are in no arm."""
    signal = SIGNALS[question]
    times = responses.loc[responses[signal.decision_column].notna()]
    return {
        arm: _response_time(
            times.loc[
                (times["truth"] == arm.truth) & (times["tumor_status"] == arm.tumor_status),
                signal.response_time_column,
            ]
        )
        for arm in Arm
    }


def _response_time(times_ms: pd.Series) -> ResponseTime:
    known = times_ms.dropna()
    return ResponseTime(n=len(known), median_ms=float(known.median()) if len(known) else None)
