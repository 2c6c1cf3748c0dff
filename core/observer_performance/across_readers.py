"""What several readers found together, in a way that holds for readers and cases like these."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.observer_performance.answers import Answers
from core.observer_performance.mrmc import NOT_ESTIMABLE, MrmcEstimate, mrmc_accuracy, mrmc_auc

Estimator = Callable[[NDArray[np.float64], NDArray[np.bool_]], MrmcEstimate]

MOST_CELLS = 10_000_000  # readers x cases: beyond it 100 million bytes for each matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossReaders:
    """Mean accuracy and mean AUC of one question; with one reader nothing is estimable."""

    accuracy: MrmcEstimate
    auc: MrmcEstimate

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
        }


def across_readers(entering: Answers) -> AcrossReaders:
    """Estimate over the readers x cases of one question's answers; unscored answers stay out of the AUC."""
    scored = entering[np.isfinite(entering.confidence)]
    return AcrossReaders(
        accuracy=_estimated(entering, entering.correct.astype(np.float64), mrmc_accuracy),
        auc=_estimated(scored, scored.score, mrmc_auc),
    )


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
