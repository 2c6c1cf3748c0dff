"""What one reader, or all together, did in both questions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.observer_performance.agreement import Kappa, cohen_kappa
from core.observer_performance.answers import Answers, count
from core.observer_performance.contingency import QuestionCounts
from core.observer_performance.drift import Drift, drift
from core.observer_performance.proportions import Interval, Proportion
from core.observer_performance.repeats import Retest, retest
from core.observer_performance.response_time import ArmTimes, response_times
from core.observer_performance.roc import RocArea, roc_area
from core.observer_performance.signal_detection import SignalDetection, signal_detection
from core.observer_performance.tumor_by_truth import RateComparison, tumor_by_truth
from core.reading.protocol import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """One question's counts and what follows; `independent` as in Proportion: without it nothing has an error.

    `kappa` is between decisions and truth. `area` is None without confidence.
    """

    counts: QuestionCounts
    independent: bool
    area: RocArea | None

    @property
    def accuracy(self) -> Proportion:
        return self.counts.table.accuracy(independent=self.independent)

    @property
    def sensitivity(self) -> Proportion:
        return self.counts.table.sensitivity(independent=self.independent)

    @property
    def specificity(self) -> Proportion:
        return self.counts.table.specificity(independent=self.independent)

    @property
    def detection(self) -> SignalDetection | None:
        return signal_detection(self.counts.table)

    @property
    def kappa(self) -> Kappa | None:
        table = self.counts.table
        return cohen_kappa(np.array([[table.hits, table.misses], [table.false_alarms, table.correct_rejections]]))

    def to_json(self) -> dict[str, object]:
        return {
            "accuracy": self.accuracy.to_json(),
            "sensitivity": self.sensitivity.to_json(),
            "specificity": self.specificity.to_json(),
            **self._detection_json(),
            **self._kappa_json(),
            **self._area_json(),
            "counts": self.counts.to_json(),
        }

    def _detection_json(self) -> dict[str, float | None]:
        found = self.detection
        return {
            "dprime": found.dprime if found else None,
            "dprime_se": found.dprime_se if found and self.independent else None,
            "criterion": found.criterion if found else None,
            "criterion_se": found.criterion_se if found and self.independent else None,
            "beta": found.beta if found else None,
            "az": found.az if found else None,
        }

    def _kappa_json(self) -> dict[str, float | None]:
        kappa = self.kappa
        return {
            "kappa": kappa.estimate if kappa else None,
            "kappa_se": kappa.se if kappa and self.independent else None,
        }

    def _area_json(self) -> dict[str, object]:
        interval = self.auc_ci95
        return {
            "auc": self.area.auc if self.area else None,
            "auc_se": self.area.se if self.area and self.independent else None,
            "auc_ci95": None if interval is None else list(interval),
            "auc_n": self.area.n if self.area else 0,
        }

    @property
    def auc_ci95(self) -> Interval | None:
        return self.area.ci95 if self.area and self.independent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Both questions, the times of their answers, drift, and repeats: of one reader, or of all together."""

    realism: QuestionResult
    tumor: QuestionResult
    response_times: Mapping[Question, ArmTimes]
    drift: Mapping[Question, Drift]
    tumor_by_truth: Mapping[str, RateComparison]
    retest: Mapping[Question, Retest]

    def of(self, question: Question) -> QuestionResult:
        return self.realism if question is Question.REALISM else self.tumor

    def to_json(self) -> dict[str, object]:
        return {
            "realism": self.realism.to_json(),
            "tumor": self.tumor.to_json(),
            "tumor_by_truth": {name: rate.to_json() for name, rate in self.tumor_by_truth.items()},
            "response_time": {
                str(question): {str(arm): time.to_json() for arm, time in times.items()}
                for question, times in self.response_times.items()
            },
            "drift": {str(question): found.to_json() for question, found in self.drift.items()},
            "repeats": {str(question): found.to_json() for question, found in self.retest.items()},
        }


def performance(
    first: Mapping[Question, Answers], repeats: Mapping[Question, Answers], *, independent: bool
) -> Performance:
    """Evaluate one reader, or all (`independent` False). Repeats enter only where they meet their first."""
    results = {question: _result(first[question], question, independent) for question in Question}
    by_truth = results[Question.TUMOR].counts.by_truth
    return Performance(
        realism=results[Question.REALISM],
        tumor=results[Question.TUMOR],
        response_times={question: response_times(first[question]) for question in Question},
        drift={question: drift(first[question].entering) for question in Question},
        tumor_by_truth=tumor_by_truth(by_truth, independent=independent),
        retest={
            question: retest(first[question], repeats[question], independent=independent) for question in Question
        },
    )


def _result(answers: Answers, question: Question, independent: bool) -> QuestionResult:
    entering = answers.entering
    return QuestionResult(
        counts=count(answers, question),
        independent=independent,
        area=roc_area(entering.score, entering.present == 1),
    )
