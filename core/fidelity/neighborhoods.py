"""Precision, recall, density and coverage: how two sets of points lie in each other's neighborhoods.

The neighborhood of an image reaches to its 5th nearest image of the same set. Precision is the share of synthetic
images inside a neighborhood of a real one, recall the share of real images inside one of a synthetic one
(Kynkaanniemi et al., NeurIPS 2019). Density counts in how many neighborhoods of real images a synthetic one lies,
as a share of the 5 that are expected; coverage is the share of real images with a synthetic one in their
neighborhood (Naeem et al., ICML 2020). One outlier among the real images raises precision; density and coverage
mind it less.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.fidelity.diversity import Estimate
from core.fidelity.nearest import Features
from core.fidelity.resampling import Rows, check_comparable, estimates

N_NEAREST = 5
FEWEST = 2 * (N_NEAREST + 1)  # halves of the sets must have neighborhoods
FIGURES = ("precision", "recall", "density", "coverage")


def neighborhood_figures(synthetic: Features, real: Features, *, seed: int) -> dict[str, Estimate]:
    """All four of features [n, k] and [m, k], a few thousand of either. Raises BadInputError."""
    check_comparable(synthetic, real, fewest=FEWEST, figure="precision and recall")
    within_synthetic, within_real = _distances(synthetic, synthetic), _distances(real, real)
    between = _distances(synthetic, real)

    def figures(ours: Rows, theirs: Rows) -> Sequence[float]:
        reach_synthetic = _reach(within_synthetic[np.ix_(ours, ours)])
        reach_real = _reach(within_real[np.ix_(theirs, theirs)])
        apart = between[np.ix_(ours, theirs)]
        inside_real, inside_synthetic = apart <= reach_real, apart <= reach_synthetic[:, None]
        return [
            float(inside_real.any(1).mean()),
            float(inside_synthetic.any(0).mean()),
            float(inside_real.sum(1).mean() / N_NEAREST),
            float(inside_real.any(0).mean()),
        ]

    found = estimates(figures, len(synthetic), len(real), limits=(0.0, np.inf), seed=seed)
    return {name: _share(one) if name != "density" else one for name, one in zip(FIGURES, found, strict=True)}


def _distances(ours: Features, theirs: Features) -> NDArray[np.float64]:
    """As differences, not by one matrix product: a copy must be at distance 0."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(ours, theirs))


def _reach(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """From each image to its 5th nearest but itself, which is at 0."""
    return np.asarray(np.partition(distances, N_NEAREST, axis=1)[:, N_NEAREST])


def _share(one: Estimate) -> Estimate:
    return Estimate(estimate=one.estimate, ci95=(one.ci95[0], min(one.ci95[1], 1.0)), n=one.n)
