"""What several readers found together, in a way that holds for readers and cases like these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.observer_performance.answers import Answers
from core.observer_performance.mrmc import NOT_ESTIMABLE, MrmcEstimate, mrmc_accuracy, mrmc_auc, mrmc_difference

Estimator = Callable[[NDArray[np.float64], NDArray[np.bool_]], MrmcEstimate]

MOST_CELLS = 10_000_000  # readers x cases: beyond it 100 million bytes for each matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossReaders:
    """Means of one question's rates and AUC; with one reader nothing is estimable.

    `synthetic_less_real` is how much better synthetic images are answered than real ones: accuracy, sensitivity,
    specificity; empty where the question is that of the truth itself.
    """

    accuracy: MrmcEstimate
    sensitivity: MrmcEstimate
    specificity: MrmcEstimate
    auc: MrmcEstimate
    synthetic_less_real: Mapping[str, MrmcEstimate]

    def to_json(self) -> dict[str, object]:
        return {
            "accuracy": self.accuracy.estimate,
            "se": self.accuracy.se,
            "df": self.accuracy.df,
            "ci95": _as_list(self.accuracy),
            "auc": self.auc.estimate,
            "auc_se": self.auc.se,
            "auc_df": self.auc.df,
            "auc_ci95": _as_list(self.auc),
            **_rate_json("sensitivity", self.sensitivity),
            **_rate_json("specificity", self.specificity),
            "synthetic_less_real": self._difference_json(),
        }

    def _difference_json(self) -> dict[str, object] | None:
        known = {name: one for name, one in self.synthetic_less_real.items() if one.estimate is not None}
        return {name: estimate_json(one) for name, one in known.items()} or None


def across_readers(entering: Answers) -> AcrossReaders:
    """Estimate over the readers x cases of one question's answers; unscored answers stay out of the AUC."""
    scored = entering[np.isfinite(entering.confidence)]
    present, absent = entering[entering.present == 1], entering[entering.present == 0]
    return AcrossReaders(
        accuracy=mean_accuracy(entering),
        sensitivity=mean_accuracy(present),
        specificity=mean_accuracy(absent),
        auc=_estimated(scored, scored.score, mrmc_auc),
        synthetic_less_real=_by_truth(entering, present, absent),
    )


def mean_accuracy(answers: Answers) -> MrmcEstimate:
    """The mean share of right answers, for readers and cases like these."""
    return _estimated(answers, answers.correct.astype(np.float64), mrmc_accuracy)


def _rate_json(name: str, found: MrmcEstimate) -> dict[str, object]:
    return {name: found.estimate, f"{name}_se": found.se, f"{name}_df": found.df, f"{name}_ci95": _as_list(found)}


def estimate_json(estimate: MrmcEstimate) -> dict[str, object]:
    return {
        "estimate": estimate.estimate,
        "se": estimate.se,
        "df": estimate.df,
        "ci95": _as_list(estimate),
    }


def _by_truth(entering: Answers, present: Answers, absent: Answers) -> dict[str, MrmcEstimate]:
    if np.array_equal(entering.present == 1, entering.synthetic):
        return {}
    parts = {"accuracy": entering, "sensitivity": present, "specificity": absent}
    return {name: _synthetic_less_real(part) for name, part in parts.items()}


def _synthetic_less_real(answers: Answers) -> MrmcEstimate:
    _, first = np.unique(answers.case, return_index=True)
    synthetic = answers.synthetic[first]
    correct = answers.correct.astype(np.float64)
    return _estimated(answers, correct, lambda table, truth: mrmc_difference(table, truth, synthetic))


def reader_by_case(answers: Answers, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One value per answer as [readers, cases], NaN where there is none; which cases have the signal [cases]."""
    readers, row = np.unique(answers.reader, return_inverse=True)
    cases, first, column = np.unique(answers.case, return_index=True, return_inverse=True)
    table = np.full((len(readers), len(cases)), np.nan)
    table[row, column] = values
    return table, answers.present[first] == 1


def _estimated(answers: Answers, values: NDArray[np.float64], estimate: Estimator) -> MrmcEstimate:
    n_readers, n_cases = len(np.unique(answers.reader)), len(np.unique(answers.case))
    if n_readers < 2 or n_readers * n_cases > MOST_CELLS:
        return NOT_ESTIMABLE
    return estimate(*reader_by_case(answers, values))


def _as_list(estimate: MrmcEstimate) -> list[float] | None:
    return None if estimate.ci95 is None else list(estimate.ci95)
