"""Drift and learning: whether answers change along a reading, within readers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from core.observer_performance.answers import Answers
from core.observer_performance.proportions import Proportion

N_QUARTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """`per_100_trials`: the change in 100 trials; `p`: that of no trend in any reader."""

    per_100_trials: float | None
    p: float | None

    def to_json(self) -> dict[str, object]:
        return {"per_100_trials": self.per_100_trials, "p": self.p}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Over `n` answers with a trial index. Accuracy and calls as shares, response time as its natural log.

    `quarters`: correct answers in each quarter of every reader's own sequence.
    """

    n: int
    accuracy: Trend
    signal_calls: Trend
    log_response_time: Trend
    quarters: tuple[Proportion, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "n": self.n,
            "accuracy": self.accuracy.to_json(),
            "signal_calls": self.signal_calls.to_json(),
            "log_response_time": self.log_response_time.to_json(),
            "quarters": [{"k": part.k, "n": part.n, "estimate": part.estimate} for part in self.quarters],
        }


def drift(entering: Answers) -> Drift:
    """Trends over the trial index of answered first presentations, and accuracy by quarters."""
    timed = entering[np.isfinite(entering.trial_index)]
    timed = timed[np.lexsort((timed.trial_index, timed.reader))]
    log_ms = np.full(len(timed), np.nan)
    positive = timed.time_ms > 0
    log_ms[positive] = np.log(timed.time_ms[positive])
    return Drift(
        n=len(timed),
        accuracy=trend(timed.reader, timed.trial_index, timed.correct.astype(np.float64)),
        signal_calls=trend(timed.reader, timed.trial_index, timed.called.astype(np.float64)),
        log_response_time=trend(timed.reader, timed.trial_index, log_ms),
        quarters=_quarters(timed),
    )


def trend(reader: NDArray[np.intp], index: NDArray[np.float64], value: NDArray[np.float64]) -> Trend:
    """Return the least-squares slope within readers, and its p under exchange of each reader's order.

    The p is that of the score test of a logistic regression stratified by reader (extended Mantel: Mantel
    1963), which needs no fit to converge. NaN values are left out; nothing varying is not estimable.
    """
    known = np.isfinite(value)
    _, stratum = np.unique(reader[known], return_inverse=True)
    x, y = _centered(index[known], stratum), _centered(value[known], stratum)
    n, x_squared, y_squared = (np.bincount(stratum, weights=w) for w in (np.ones_like(x), x * x, y * y))
    variance = float((x_squared * y_squared / np.maximum(n - 1, 1)).sum())
    if variance < 1e-12:
        return Trend(per_100_trials=None, p=None)
    covariance = float(x @ y)
    return Trend(
        per_100_trials=100 * covariance / float(x_squared.sum()),
        p=float(2 * stats.norm.sf(abs(covariance) / np.sqrt(variance))),
    )


def _centered(values: NDArray[np.float64], stratum: NDArray[np.intp]) -> NDArray[np.float64]:
    means = np.bincount(stratum, weights=values) / np.maximum(np.bincount(stratum), 1)
    return np.asarray(values - means[stratum], dtype=np.float64)


def _quarters(ordered: Answers) -> tuple[Proportion, ...]:
    """Of answers in the order of reader and trial; none where nobody has a trial index."""
    if len(ordered) == 0:
        return ()
    _, start, n = np.unique(ordered.reader, return_index=True, return_counts=True)
    place = np.arange(len(ordered)) - np.repeat(start, n)
    quarter = place * N_QUARTERS // np.repeat(n, n)
    totals = np.bincount(quarter, minlength=N_QUARTERS)
    right = np.bincount(quarter, weights=ordered.correct, minlength=N_QUARTERS)
    return tuple(Proportion(int(k), int(of), independent=False) for k, of in zip(right, totals, strict=True))
