"""FID and KID: how far the distributions of two sets of features are apart.

Both are published over features of an Inception network; over other features they are other numbers, so that the
feature is named wherever they stand.
"""

import numpy as np
from numpy.typing import NDArray

from core.fidelity.diversity import Estimate
from core.fidelity.nearest import Features
from core.fidelity.resampling import Rows, check_comparable, estimates

FEWEST = 2
FEWEST_WITH_INTERVAL = 2 * FEWEST


def frechet_distance(ours: Features, theirs: Features) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), mi the means and Ci the covariances of the two sets.

    Heusel et al., NeurIPS 2017; Dowson and Landau, J Multivar Anal 1982; 12: 450-455. 0 for equal sets; that of two
    samples of one source falls with their size. Raises BadInputError.
    """
    check_comparable(ours, theirs, fewest=FEWEST, figure="FID")
    apart = ours.mean(0, dtype=np.float64) - theirs.mean(0, dtype=np.float64)
    roots = [_root(features) for features in (ours, theirs)]
    # tr (C1 C2)^(1/2) is the sum of the singular values of R1 R2^T where Ci = Ri^T Ri: no square root of a matrix.
    shared = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    distance = apart @ apart + sum((root**2).sum() for root in roots) - 2 * shared
    return max(float(distance), 0.0)


def _root(features: Features) -> NDArray[np.float64]:
    """Upper triangular R with R^T R the covariance."""
    centered = features - features.mean(0, dtype=np.float64)
    return np.asarray(np.linalg.qr(centered, mode="r") / (len(features) - 1) ** 0.5)


def kernel_distance(ours: Features, theirs: Features) -> float:
    """The squared maximum mean discrepancy with the kernel (x.y / k + 1)^3, without bias.

    Binkowski et al., ICLR 2018; Gretton et al., JMLR 2012; 13: 723-773, lemma 6. Two samples of one source are at 0
    on average, whatever their size, equal sets below it. Raises BadInputError.
    """
    check_comparable(ours, theirs, fewest=FEWEST, figure="KID")
    return _discrepancy(_kernel(ours, ours), _kernel(theirs, theirs), _kernel(ours, theirs))


def _kernel(ours: Features, theirs: Features) -> NDArray[np.float64]:
    along = ours.astype(np.float64) @ theirs.T / ours.shape[1] + 1
    return np.asarray(along * along * along)  # a tenth of the time that a power takes


def _discrepancy(ours: NDArray[np.float64], theirs: NDArray[np.float64], between: NDArray[np.float64]) -> float:
    return _mean_of_pairs(ours) + _mean_of_pairs(theirs) - 2 * float(between.mean())


def _mean_of_pairs(kernel: NDArray[np.float64]) -> float:
    """Over pairs of two different images."""
    n_images = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (n_images * (n_images - 1)))


def frechet_estimate(ours: Features, theirs: Features, *, seed: int) -> Estimate:
    check_comparable(ours, theirs, fewest=FEWEST_WITH_INTERVAL, figure="FID")

    def statistic(mine: Rows, other: Rows) -> list[float]:
        return [frechet_distance(ours[mine], theirs[other])]

    return estimates(statistic, len(ours), len(theirs), limits=(0.0, np.inf), seed=seed)[0]


def kernel_estimate(ours: Features, theirs: Features, *, seed: int) -> Estimate:
    check_comparable(ours, theirs, fewest=FEWEST_WITH_INTERVAL, figure="KID")
    within, of_theirs, between = _kernel(ours, ours), _kernel(theirs, theirs), _kernel(ours, theirs)

    def statistic(mine: Rows, other: Rows) -> list[float]:
        drawn = within[np.ix_(mine, mine)], of_theirs[np.ix_(other, other)], between[np.ix_(mine, other)]
        return [_discrepancy(*drawn)]

    return estimates(statistic, len(ours), len(theirs), limits=(-np.inf, np.inf), seed=seed)[0]
