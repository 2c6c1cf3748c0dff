"""Shares of few answers drawn toward their common mean, by how much the groups really differ."""

from typing import cast

import numpy as np
from numpy.typing import NDArray


def shrunken_shares(k: NDArray[np.int_], n: NDArray[np.int_]) -> NDArray[np.float64] | None:
    """Return empirical Bayes means of a beta-binomial for `k` of `n` (n > 0) in each group.

    The prior's strength is (1 - r) / r, where r is the analysis-of-variance estimate of the intraclass
    correlation (Ridout, Demetrio & Firth 1999, table 1), 0 at least: then every group gets the common mean.
    None with fewer than two groups, or where no group has two answers: then r is not estimable.
    """
    correlation = intraclass_correlation(k, n)
    if correlation is None:
        return None
    mean = float(k.sum() / n.sum())
    if correlation <= 0:
        return np.full(len(k), mean)
    strength = (1 - correlation) / correlation
    return cast(NDArray[np.float64], (k + strength * mean) / (n + strength))


def intraclass_correlation(k: NDArray[np.int_], n: NDArray[np.int_]) -> float | None:
    """Return how alike the answers within a group are, at most 1; None as in `shrunken_shares`."""
    groups, total = len(n), int(n.sum())
    if groups < 2 or total == groups:
        return None
    within = float((k - k**2 / n).sum()) / (total - groups)
    between = float((k**2 / n).sum() - k.sum() ** 2 / total) / (groups - 1)
    typical_n = (total - float((n**2).sum()) / total) / (groups - 1)
    spread = between + (typical_n - 1) * within
    return (between - within) / spread if spread > 0 else 0.0
