"""The area under the ROC curve of confidence scores, with DeLong's interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from core.observer_performance.proportions import Z95, Interval

MOST_POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RocArea:
    """Over `n` scored answers. `se` and `ci95` are None where the data show no variance (as at an AUC of 1).

    `curve` runs from (0, 0) to (1, 1): the shares of noise and of signals with a score of a threshold or more, for
    every threshold, or for MOST_POINTS of them.
    """

    n: int
    auc: float
    se: float | None
    ci95: Interval | None
    curve: tuple[tuple[float, float], ...]


def roc_area(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> RocArea | None:
    """Return AUC and 95 % interval of scores [n]; NaN scores are left out. None without both classes.

    DeLong, DeLong & Clarke-Pearson 1988, by the midranks of Sun & Xu 2014; the interval stops at 0 and 1.
    """
    known = np.isfinite(scores)
    scores, present = scores[known], present[known]
    n_present, n_absent = int(present.sum()), int((~present).sum())
    if not (n_present and n_absent):
        return None
    ranks = stats.rankdata(scores)
    above = (ranks[present] - stats.rankdata(scores[present])) / n_absent
    below = 1 - (ranks[~present] - stats.rankdata(scores[~present])) / n_present
    auc = float(above.mean())
    se = _standard_error(above, below)
    half = Z95 * se if se is not None else None
    return RocArea(
        n=len(scores),
        auc=auc,
        se=se,
        ci95=None if half is None else (max(auc - half, 0.0), min(auc + half, 1.0)),
        curve=_curve(scores, present),
    )


def _curve(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    values, place = np.unique(-scores, return_inverse=True)
    shares = np.array([np.cumsum(np.bincount(place[part], minlength=len(values))) for part in (~present, present)])
    shares = shares / shares[:, -1:]
    if len(values) > MOST_POINTS:
        shares = shares[:, np.linspace(0, len(values) - 1, MOST_POINTS).astype(int)]
    return ((0.0, 0.0), *((float(noise), float(signal)) for noise, signal in shares.T))


def _standard_error(above: NDArray[np.float64], below: NDArray[np.float64]) -> float | None:
    """From each signal's share of noise below it, and each noise's share of signals above it."""
    if min(len(above), len(below)) < 2:
        return None
    variance = float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    return float(np.sqrt(variance)) if variance > 1e-15 else None
