"""Several readers, several cases: how sure a mean over both is, for readers and cases like these.

Both estimates rest on the single-treatment model of Obuchowski and Rockette (1995). With R readers whose
figures of merit are t_r, the variance of their mean is S^2(t) / R + Cov2: S^2 holds the reader variance and
the error, Cov2 (the mean covariance of two readers who read the same cases) holds the case variance.
Degrees of freedom are those of Hillis (2007), (S^2 + R Cov2)^2 / (S^4 / (R - 1)).

Sources: Obuchowski and Rockette, Commun Stat Simul Comput 24 (1995) 285; Hillis, Stat Med 26 (2007) 596;
Gallas, Bandos, Samuelson and Wagner, Commun Stat Theory Methods 38 (2009) 2586 for binary decisions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

# Hillis' degrees of freedom have no bound where the readers' means agree; from here on t is normal to 6 digits.
MOST_DF = 1e6
SMALLEST_VARIANCE = 1e-12  # below it stands only what rounding leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class MrmcEstimate:
    """A mean over readers and cases; fields are None where the data cannot tell.

    One reader has an estimate, but no error that holds for readers like that one. `ci95` is cut to what is
    possible: 0..1, or -1..1 of a difference.
    """

    estimate: float | None
    se: float | None
    df: float | None
    ci95: tuple[float, float] | None


NOT_ESTIMABLE = MrmcEstimate(estimate=None, se=None, df=None, ci95=None)


def mrmc_accuracy(correct: Floats, truth: NDArray[np.bool_]) -> MrmcEstimate:
    """Mean accuracy of readers [readers, cases] (1 correct, 0 wrong, NaN missing) on cases of both truths.

    The case covariance is estimated within each truth, clamped at 0 there, and summed with the squared shares
    of cases: across truths, the difference between their rates would pass for case variance. Without missing
    responses and with one truth the variance is (MSR + MSC - MSE) / (R C) of the two-way random-effects
    table, the U-statistic of Gallas et al. (2009). Readers with no response to one of the truths are left out.
    """
    correct, truth = readers_of_every_truth(correct, truth)
    if not correct.size:
        return NOT_ESTIMABLE
    strata = [correct[:, truth == value] for value in np.unique(truth)]
    return _weighted(strata, np.array([stratum.shape[1] for stratum in strata]) / truth.size)


def mrmc_difference(correct: Floats, truth: NDArray[np.bool_], group: NDArray[np.bool_]) -> MrmcEstimate:
    """Mean accuracy [readers, cases] on the cases of `group` less that on the others, within the same readers.

    As `mrmc_accuracy`, with a stratum for each truth of each group. Readers with no response to one of the strata
    that others read are left out.
    """
    read = ~np.isnan(correct)
    strata = [
        (side, of_stratum)
        for side in (True, False)
        for value in (True, False)
        if read[:, of_stratum := (group == side) & (truth == value)].any()
    ]
    if len({side for side, _ in strata}) < 2:
        return NOT_ESTIMABLE
    readers = np.all([read[:, of_stratum].any(axis=1) for _, of_stratum in strata], axis=0)
    if not readers.any():
        return NOT_ESTIMABLE
    cases = read[readers].any(axis=0)
    sizes = {side: np.count_nonzero(cases & (group == side)) for side in (True, False)}
    weights = [
        (1 if side else -1) * np.count_nonzero(cases & of_stratum) / sizes[side] for side, of_stratum in strata
    ]
    tables = [correct[readers][:, cases & of_stratum] for _, of_stratum in strata]
    return _weighted(tables, np.array(weights), lowest=-1.0)


def mrmc_auc(scores: Floats, truth: NDArray[np.bool_]) -> MrmcEstimate:
    """Mean AUC of readers' scores [readers, cases] (NaN missing); `truth` is True where the signal is present.

    Obuchowski and Rockette's Cov2 from the jackknife over cases. Readers who scored fewer than two cases of
    either truth are left out.
    """
    read = ~np.isnan(scores).all(axis=0)
    scores, truth = scores[:, read], truth[read]
    rated = ~np.isnan(scores)
    enough = np.minimum((rated & truth).sum(axis=1), (rated & ~truth).sum(axis=1)) >= 2
    if not enough.any():
        return NOT_ESTIMABLE
    aucs, leave_one_out = zip(*(_jackknifed_auc(row, truth) for row in scores[enough]), strict=True)
    deviations = np.array(leave_one_out)
    deviations -= deviations.mean(axis=1, keepdims=True)
    n_cases = truth.size
    covariance = (n_cases - 1) / n_cases * deviations @ deviations.T
    return _estimate(np.array(aucs), float(np.maximum(_mean_off_diagonal(covariance), 0)))


def readers_of_every_truth(correct: Floats, truth: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Leave out readers who miss a truth that others read, and then cases that nobody read."""
    read = ~np.isnan(correct)
    present = [value for value in (False, True) if read[:, truth == value].any()]
    readers = np.ones(len(correct), dtype=np.bool_)
    for value in present:
        readers &= read[:, truth == value].any(axis=1)
    cases = read[readers].any(axis=0)
    return correct[readers][:, cases], truth[cases]


def _weighted(strata: list[Floats], weights: Floats, *, lowest: float = 0.0) -> MrmcEstimate:
    """The weighted sum of the strata's accuracies, each [readers, its cases]; no case is in two strata."""
    means = weights @ np.array([np.nanmean(stratum, axis=1) for stratum in strata])
    covariances = np.array([_case_covariance(stratum) for stratum in strata])
    return _estimate(means, float(weights**2 @ np.maximum(covariances, 0)), lowest=lowest)


def _estimate(means: Floats, cov2: float, *, lowest: float = 0.0) -> MrmcEstimate:
    """Combine the readers' figures of merit [readers] with their covariance; NaN where it is not estimable."""
    n_readers = means.size
    estimate = float(means.mean())
    msr = float(means.var(ddof=1)) if n_readers > 1 else np.nan
    variance = msr / n_readers + cov2
    # No variance at all (everybody right everywhere, all readers alike) says that there is too little data, not
    # certainty.
    if not variance > SMALLEST_VARIANCE:
        return MrmcEstimate(estimate=estimate, se=None, df=None, ci95=None)
    df = (n_readers - 1) * (n_readers * variance / msr) ** 2 if msr > 0 else MOST_DF
    df = min(df, MOST_DF)
    se = float(np.sqrt(variance))
    half_width = float(stats.t.ppf(0.975, df)) * se
    ci95 = (max(estimate - half_width, lowest), min(estimate + half_width, 1.0))
    return MrmcEstimate(estimate=estimate, se=se, df=df, ci95=ci95)


def case_variance(correct: Floats) -> float:
    """Return the variance between the cases of one truth [readers, cases]; NaN: not estimable.

    It is the covariance of two readers over the cases that both read, averaged over all pairs of readers.
    """
    sums, products, shared, pairs = _pairwise(correct)
    degrees = np.maximum(shared - 1, 0)[pairs].sum()
    deviations = products - sums * sums.T / np.maximum(shared, 1)
    return float(deviations[pairs].sum() / degrees) if degrees else np.nan


def _case_covariance(correct: Floats) -> float:
    """Return the mean covariance of two readers' means in one truth; NaN: not estimable.

    A pair's means covary by the case variance times shared cases over the product of their numbers of cases.
    """
    _, _, shared, pairs = _pairwise(correct)
    if not shared[pairs].any():
        return 0.0
    n_seen = np.diag(shared)
    return case_variance(correct) * float((shared / np.outer(n_seen, n_seen))[pairs].mean())


def _pairwise(correct: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Over the cases that both of two readers read: the first one's sum, the sum of products, their number.

    All [readers, readers]; the last one says which entries are of two different readers.
    """
    seen = (~np.isnan(correct)).astype(np.float64)
    values = np.where(seen > 0, correct, 0.0)
    return values @ seen.T, values @ values.T, seen @ seen.T, ~np.eye(len(correct), dtype=np.bool_)


def _jackknifed_auc(scores: Floats, truth: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return one reader's AUC, and the AUC without each case in turn [cases]."""
    rated = ~np.isnan(scores)
    positive, negative = scores[rated & truth], scores[rated & ~truth]
    # A case's placement is the share of the other truth that it is on the right side of, ties by half.
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    above = (ranks[: positive.size] - stats.rankdata(positive)) / negative.size
    below = 1 - (ranks[positive.size :] - stats.rankdata(negative)) / positive.size
    auc = float(above.mean())
    without = np.full(scores.size, auc)
    without[rated & truth] = (positive.size * auc - above) / (positive.size - 1)
    without[rated & ~truth] = (negative.size * auc - below) / (negative.size - 1)
    return auc, without


def _mean_off_diagonal(matrix: Floats) -> float:
    """NaN for one reader, who has no pair."""
    n = len(matrix)
    return float((matrix.sum() - np.trace(matrix)) / (n * (n - 1))) if n > 1 else np.nan
