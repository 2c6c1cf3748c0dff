"""How well one number per image separates synthetic from real: AUC, its interval, and a permutation p."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_PERMUTATIONS = 9999
_Z95 = 1.959963984540054
_CHUNK = 500  # permutations held in memory at once
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """`auc`: the chance that a synthetic image has the greater value than a real one, ties counted half.

    `p` comes from shuffling the truth over images, `p_by_patient` from shuffling it over patients.
    """

    auc: float
    ci95: tuple[float, float]
    p: float
    p_by_patient: float | None = None


def separations(
    values: NDArray[np.float64],
    synthetic: NDArray[np.bool_],
    *,
    rng: np.random.Generator,
    n_permutations: int = N_PERMUTATIONS,
) -> list[Separation]:
    """Judge each column of `values` [N, F]. Two-sided p over shuffles of `synthetic`; all columns share them.

    Ties get mid-ranks, and a shuffle that is as far from 0.5 as the truth counts against it, so that p is
    uniform under the null where values are all different, and never too small where they are not.
    """
    ranks = doubled_ranks(values)
    n_synthetic, n_real = int(synthetic.sum()), int((~synthetic).sum())
    if not n_synthetic or not n_real:
        raise ValueError("the audit needs real and synthetic images")
    expected = n_synthetic * (len(values) + 1)  # of the sum of doubled ranks
    observed = synthetic.astype(np.float64) @ ranks - expected
    n_as_far = np.zeros(values.shape[1])
    for shuffled in _shuffles(synthetic, n_permutations, rng):
        n_as_far += (np.abs(shuffled @ ranks - expected) >= np.abs(observed)).sum(0)
    aucs = 0.5 + observed / (2 * n_synthetic * n_real)
    return [
        Separation(auc=float(auc), ci95=auc_interval(float(auc), n_synthetic, n_real), p=float(p))
        for auc, p in zip(aucs, (1 + n_as_far) / (1 + n_permutations), strict=True)
    ]


def p_over_patients(
    values: NDArray[np.float64],
    synthetic: NDArray[np.bool_],
    groups: Sequence[int],
    *,
    rng: np.random.Generator,
    n_permutations: int = N_PERMUTATIONS,
) -> NDArray[np.float64]:
    """For each column, p over shuffles of the truth that keep all images of a group together.

    Images of one patient are alike: a difference between few patients then passes less easily for one between
    real and synthetic. Each group is all real or all synthetic.
    """
    ranks, (_, numbers) = doubled_ranks(values), np.unique(groups, return_inverse=True)
    members = np.zeros((numbers.max() + 1, len(numbers)))
    members[numbers, np.arange(len(numbers))] = 1
    synthetic_groups = members @ synthetic > 0
    observed = _distance(synthetic[None].astype(np.float64), ranks)
    n_as_far = np.zeros(values.shape[1])
    for shuffled in _shuffles(synthetic_groups, n_permutations, rng):
        n_as_far += (_distance(shuffled @ members, ranks) >= observed - _ROUNDING).sum(0)
    return np.asarray((1 + n_as_far) / (1 + n_permutations))


def _distance(synthetic: NDArray[np.float64], ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """|AUC - 0.5| for each row of `synthetic` [B, N] and column of `ranks` [N, F]."""
    n_synthetic = synthetic.sum(1, keepdims=True)
    n_real = ranks.shape[0] - n_synthetic
    excess = synthetic @ ranks - n_synthetic * (ranks.shape[0] + 1)
    return np.asarray(np.abs(excess) / (2 * n_synthetic * n_real))


def doubled_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the mid-ranks of each column: whole numbers, so that equal sums compare equal."""
    from scipy.stats import rankdata

    return np.asarray(2 * rankdata(values, axis=0), np.float64)


def auc_interval(auc: float, n_synthetic: int, n_real: int) -> tuple[float, float]:
    """95 %: the values that a score test does not reject. Method 5 of Newcombe, Stat Med 2006; 25: 559-573.

    Unlike Wald intervals it has a width at 0 and at 1.
    """
    return _limit(auc, 0.0, n_synthetic, n_real), _limit(auc, 1.0, n_synthetic, n_real)


def _limit(auc: float, end: float, n_synthetic: int, n_real: int) -> float:
    """Between `auc` and `end`, by bisection: the distance in standard errors grows all the way."""
    inside, outside = auc, end
    for _ in range(60):
        middle = (inside + outside) / 2
        if abs(middle - auc) <= _Z95 * _standard_error(middle, n_synthetic, n_real):
            inside = middle
        else:
            outside = middle
    return inside


def _standard_error(auc: float, n_synthetic: int, n_real: int) -> float:
    typical = (n_synthetic + n_real) / 2 - 1
    spread = 1 + typical * (1 - auc) / (2 - auc) + typical * auc / (1 + auc)
    return math.sqrt(auc * (1 - auc) * spread / (n_synthetic * n_real))


def _shuffles(synthetic: NDArray[np.bool_], n: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Shuffled copies, float [up to _CHUNK, N]."""
    for start in range(0, n, _CHUNK):
        rows = np.tile(synthetic.astype(np.float64), (min(_CHUNK, n - start), 1))
        yield rng.permuted(rows, axis=1)
