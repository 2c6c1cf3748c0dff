"""Whether a classifier tells two sets of images apart (Lopez-Paz and Oquab, ICLR 2017), as an area under its ROC.

A support vector machine with a radial kernel learns from four fifths of the images and is asked about the rest.
Images that are nearest to each other stay together, whichever set they are of: were a copy among those it learns
from and the original among those it is asked about, it would have learned the opposite.
"""

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.fidelity.diversity import Estimate
from core.fidelity.nearest import Features, nearest
from core.fidelity.resampling import check_comparable, drawn

N_FOLDS = 5
FEWEST = 2 * N_FOLDS
MOST_TOGETHER = 8  # one image over and over is not kept together, so that it is found out
RESAMPLES = 500
Folds = NDArray[np.int64]
Wins = NDArray[np.float64]


def classifier_auc(synthetic: Features, real: Features, *, seed: int) -> Estimate:
    """The chance that a synthetic [n, k] image looks more synthetic than a real [m, k] one: 0.5 is by guessing.

    The interval is over resamples of the images that were asked about, the machines being as they are. Raises
    BadInputError for too few images.
    """
    check_comparable(synthetic, real, fewest=FEWEST, figure="the classifier")
    rng = np.random.default_rng(seed)
    pooled = np.concatenate([synthetic, real])
    is_synthetic = np.arange(len(pooled)) < len(synthetic)
    folds = _folds(_together(pooled), rng)
    parts = [folds == fold for fold in range(N_FOLDS)]
    wins = [
        _wins(pooled, is_synthetic, part)
        for part in parts
        if len(np.unique(is_synthetic[part])) == len(np.unique(is_synthetic[~part])) == 2
    ]
    if not wins:
        raise BadInputError("The images are too much alike for the classifier.", "Take larger sets.")
    sizes = [one.shape for one in wins]
    whole = _area(wins, [np.ones(n) for n, _ in sizes], [np.ones(n) for _, n in sizes])
    resampled = [
        _area(wins, [drawn(n, rng) for n, _ in sizes], [drawn(n, rng) for _, n in sizes]) for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Estimate(estimate=whole, ci95=(float(low), float(high)), n=len(synthetic))


def _together(features: Features) -> NDArray[np.int64]:
    """The number of the group [n] of each image: linked each to its nearest, at most 8 in a group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    each = np.arange(len(features))
    links = nearest(features, features, groups=(each, each)).index[:, 0]
    graph = coo_array((np.ones(len(each)), (each, links)), shape=(len(each), len(each)))
    linked = np.asarray(connected_components(graph, directed=False)[1], np.int64)
    order = np.argsort(linked, kind="stable")
    starts = np.searchsorted(linked[order], linked[order])
    part = np.empty(len(each), np.int64)
    part[order] = (each - starts) // MOST_TOGETHER
    return np.unique(np.stack([linked, part]), axis=1, return_inverse=True)[1].ravel()


def _folds(groups: NDArray[np.int64], rng: np.random.Generator) -> Folds:
    """Of about the same size: in random order, each group goes where fewest images are."""
    counts = np.bincount(groups)
    sizes = np.zeros(N_FOLDS)
    fold_of = np.empty(len(counts), np.int64)
    for group in rng.permutation(len(counts)):
        fold_of[group] = sizes.argmin()
        sizes[fold_of[group]] += counts[group]
    return np.asarray(fold_of[groups])


def _wins(features: Features, is_synthetic: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Wins:
    """[synthetic, real] of those asked: 1 where the synthetic one looks more synthetic, 0.5 where both do alike."""
    from sklearn.svm import SVC

    machine = SVC(
        class_weight="balanced"
    )  # on features as they are: brought to one variance, small ones drown large
    machine.fit(features[~asked], is_synthetic[~asked])
    scores = machine.decision_function(features[asked]).round(9)
    ours, theirs = scores[is_synthetic[asked]][:, None], scores[~is_synthetic[asked]][None]
    return np.asarray((ours > theirs) + 0.5 * (ours == theirs), np.float64)


def _area(wins: list[Wins], ours: list[NDArray[np.float64]], theirs: list[NDArray[np.float64]]) -> float:
    """The share of won pairs of a fold, over all folds, each image as often as it was drawn."""
    won = sum(float(a @ one @ b) for one, a, b in zip(wins, ours, theirs, strict=True))
    return won / sum(float(a.sum() * b.sum()) for a, b in zip(ours, theirs, strict=True))
