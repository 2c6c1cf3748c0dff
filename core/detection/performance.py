"""How well detectors tell tumor from nontumor, with intervals that know that slices of a patient are alike.

Tumor is positive. Patients, not slices, are drawn with replacement (cluster bootstrap, percentiles; Field & Welsh
2007), the same ones for every run and condition, so that differences are paired. The figure of a condition is the
mean over its runs (seeds).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError

Scores = NDArray[np.float64]
RESAMPLES = 2000
LEAST_USABLE = 0.95  # of the resamples: else patients of one class are so few that no interval can be given
_AT_ONCE = 200
_PERCENTILES = (2.5, 97.5)


class Measure(StrEnum):
    ACCURACY = "accuracy"
    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"
    AUC = "auc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Mean over runs. `ci95` None: not estimable (one patient); `sd_over_seeds` None: one run."""

    estimate: float | None
    ci95: tuple[float, float] | None
    sd_over_seeds: float | None = None

    def to_json(self) -> dict[str, object]:
        return {
            "estimate": self.estimate,
            "ci95": list(self.ci95) if self.ci95 else None,
            "sd_over_seeds": self.sd_over_seeds,
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TestSet:
    """The test images: `subjects` [n], numbers of patients from 0 on, and `is_tumor` [n]."""

    __test__ = False  # pytest

    subjects: NDArray[np.int64]
    is_tumor: NDArray[np.bool_]

    @property
    def n_patients(self) -> int:
        return len(np.unique(self.subjects))

    def weights(self, *, seed: int, resamples: int = RESAMPLES) -> Iterator[NDArray[np.float64]]:
        """How often each image counts in each resample, [some, n] at a time: as often as its patient was drawn."""
        rng = np.random.default_rng(seed)
        _, subjects = np.unique(self.subjects, return_inverse=True)
        n = self.n_patients
        for start in range(0, resamples, _AT_ONCE):
            drawn = rng.multinomial(n, np.full(n, 1 / n), size=min(_AT_ONCE, resamples - start))
            yield drawn[:, subjects].astype(np.float64)


Measured = Mapping[Measure, NDArray[np.float64]]  # [resamples], NaN where a resample has no image of a class


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConditionScores:
    """What the runs of one condition say of a test set: point estimates [runs] and resampled means [resamples]."""

    points: Measured
    resampled: Measured


def scored(test: TestSet, log_odds: Sequence[Scores], *, seed: int = 0) -> ConditionScores:
    """`log_odds`: those of each run, [n] in the order of the test set. Raises BadInputError where there is none."""
    if not log_odds or not len(test.is_tumor):
        raise BadInputError("There is nothing to be measured.", "Finish a run on a cohort with test patients.")
    everyone = np.ones((1, len(test.is_tumor)))
    points = [_measured(test.is_tumor, one, everyone) for one in log_odds]
    parts: dict[Measure, list[NDArray[np.float64]]] = {measure: [] for measure in Measure}
    for weights in test.weights(seed=seed) if test.n_patients > 1 else ():
        of_runs = [_measured(test.is_tumor, one, weights) for one in log_odds]
        for measure in Measure:
            parts[measure].append(np.mean([one[measure] for one in of_runs], axis=0))
    return ConditionScores(
        points={measure: np.concatenate([one[measure] for one in points]) for measure in Measure},
        resampled={
            measure: np.concatenate(parts[measure]) if parts[measure] else np.empty(0) for measure in Measure
        },
    )


def estimates(scores: ConditionScores) -> dict[Measure, Estimate]:
    return {
        measure: Estimate(
            estimate=_number(scores.points[measure].mean()),
            ci95=_interval(scores.resampled[measure]),
            sd_over_seeds=_number(scores.points[measure].std(ddof=1)) if len(scores.points[measure]) > 1 else None,
        )
        for measure in Measure
    }


def differences(one: ConditionScores, other: ConditionScores) -> dict[Measure, Estimate]:
    """`one` minus `other`, paired by patient: both were scored on one test set with one seed."""
    return {
        measure: Estimate(
            estimate=_number(one.points[measure].mean() - other.points[measure].mean()),
            ci95=_interval(one.resampled[measure] - other.resampled[measure]),
        )
        for measure in Measure
    }


def area_under_roc(is_tumor: NDArray[np.bool_], log_odds: Scores) -> float | None:
    """The share of pairs of a tumor and a nontumor image that are in order, ties as halves; None without pairs."""
    return _number(_areas(is_tumor, log_odds, np.ones((1, len(is_tumor))))[0])


def roc_curve(is_tumor: NDArray[np.bool_], log_odds: Scores) -> list[tuple[float, float]]:
    """From (0, 0) to (1, 1): false positive rate and sensitivity at every threshold; empty without both classes."""
    if is_tumor.all() or not is_tumor.any():
        return []
    _, place = np.unique(-log_odds, return_inverse=True)
    counts = [np.cumsum(np.bincount(place[part], minlength=place.max() + 1)) for part in (~is_tumor, is_tumor)]
    shares = np.array([count / count[-1] for count in counts])
    return [(0.0, 0.0), *((float(x), float(y)) for x, y in shares.T)]


def _measured(is_tumor: NDArray[np.bool_], log_odds: Scores, weights: NDArray[np.float64]) -> Measured:
    is_right = (log_odds > 0) == is_tumor
    with np.errstate(invalid="ignore"):
        return {
            Measure.ACCURACY: weights @ is_right / weights.sum(1),
            Measure.SENSITIVITY: weights @ (is_right & is_tumor) / (weights @ is_tumor),
            Measure.SPECIFICITY: weights @ (is_right & ~is_tumor) / (weights @ ~is_tumor),
            Measure.AUC: _areas(is_tumor, log_odds, weights),
        }


def _areas(is_tumor: NDArray[np.bool_], log_odds: Scores, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """[resamples] of weights [resamples, n]."""
    order = np.argsort(log_odds, kind="stable")
    starts = np.flatnonzero(np.diff(log_odds[order], prepend=-np.inf) > 0)
    tumor = np.add.reduceat((weights * is_tumor)[:, order], starts, axis=1)
    nontumor = np.add.reduceat((weights * ~is_tumor)[:, order], starts, axis=1)
    below = np.cumsum(nontumor, axis=1) - nontumor / 2
    with np.errstate(invalid="ignore"):
        return np.asarray((tumor * below).sum(1) / (tumor.sum(1) * nontumor.sum(1)))


def _interval(resampled: NDArray[np.float64]) -> tuple[float, float] | None:
    usable = resampled[np.isfinite(resampled)]
    if not len(resampled) or len(usable) < LEAST_USABLE * len(resampled):
        return None
    low, high = np.percentile(usable, _PERCENTILES)
    return float(low), float(high)


def _number(value: float | np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None
