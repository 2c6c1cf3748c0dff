"""Whether a classifier tells two sets of images apart (Lopez-Paz and Oquab, ICLR 2017), as an area under its ROC.

A support vector machine with a radial kernel learns from four fifths of the images and is asked about the rest. All
images of a patient are in one fold. A copy of a real image is in that one's fold: in another, each would teach the
opposite of what is asked of the other.
"""

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.fidelity.diversity import Estimate
from core.fidelity.nearest import Features, Groups, nearest
from core.fidelity.resampling import check_comparable, drawn

MOST_FOLDS = 5
FEWEST = 2 * MOST_FOLDS
RESAMPLES = 500
COPY_WITHIN = 0.25  # of the way from a real image to the real image nearest to it
Folds = NDArray[np.int64]


def classifier_auc(synthetic: Features, real: Features, patients: Groups, *, seed: int) -> Estimate:
    """The chance that of a synthetic [n, k] and a real [m, k] image the synthetic one is taken for it: 0.5 is by
    guessing.

    The interval is over resamples of the images that were asked about, the machines being as they are. Raises
    BadInputError for too few images, or where all real ones are of one patient.
    """
    check_comparable(synthetic, real, fewest=FEWEST, figure="the classifier")
    rng = np.random.default_rng(seed)
    folds_of_real = _folds_by_patient(patients, rng)
    folds = np.concatenate([_folds_by_pairs(synthetic, real, folds_of_real, rng), folds_of_real])
    is_synthetic = np.arange(len(folds)) < len(synthetic)
    wins = [
        _wins(np.concatenate([synthetic, real]), is_synthetic, folds == fold)
        for fold in np.unique(folds_of_real)
        if (is_synthetic & (folds == fold)).any()
    ]
    sizes = [one.shape for one in wins]
    whole = _area(wins, [np.ones(n) for n, _ in sizes], [np.ones(n) for _, n in sizes])
    resampled = [
        _area(wins, [drawn(n, rng) for n, _ in sizes], [drawn(n, rng) for _, n in sizes]) for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Estimate(estimate=whole, ci95=(float(low), float(high)), n=len(synthetic))


def _folds_by_patient(patients: Groups, rng: np.random.Generator) -> Folds:
    """Of about the same size: the patient with most images first, each into the fold that has fewest."""
    known, numbers, counts = np.unique(patients, return_inverse=True, return_counts=True)
    if len(known) < 2:
        raise BadInputError(
            "All real images are of one patient: what is learned of them cannot be tried on another.",
            "Import more patients.",
        )
    sizes = np.zeros(min(MOST_FOLDS, len(known)))
    fold_of = np.empty(len(known), np.int64)
    for place in sorted(rng.permutation(len(known)), key=lambda one: -counts[one]):
        fold_of[place] = sizes.argmin()
        sizes[fold_of[place]] += counts[place]
    return np.asarray(fold_of[numbers])


def _folds_by_pairs(synthetic: Features, real: Features, folds_of_real: Folds, rng: np.random.Generator) -> Folds:
    """Of each real image one copy at most is a pair with it: ten images over and over are not such pairs."""
    each = np.arange(len(real))
    usual = nearest(real, real, groups=(each, each)).distance[:, 0]
    near = nearest(synthetic, real)
    of_real, distance = near.index[:, 0], near.distance[:, 0]
    copies = np.flatnonzero(distance < COPY_WITHIN * usual[of_real])
    by_distance = copies[np.argsort(distance[copies], kind="stable")]
    originals, first = np.unique(of_real[by_distance], return_index=True)
    folds = np.resize(np.unique(folds_of_real), len(synthetic))
    rng.shuffle(folds)
    folds[by_distance[first]] = folds_of_real[originals]
    return folds


def _wins(features: Features, is_synthetic: NDArray[np.bool_], asked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """[synthetic, real] of those asked: 1 where the synthetic one looks more synthetic, 0.5 where both do alike."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(class_weight="balanced"))
    machine.fit(features[~asked], is_synthetic[~asked])
    scores = machine.decision_function(features[asked]).round(9)
    ours, theirs = scores[is_synthetic[asked]][:, None], scores[~is_synthetic[asked]][None]
    return np.asarray((ours > theirs) + 0.5 * (ours == theirs), np.float64)


def _area(
    wins: list[NDArray[np.float64]], ours: list[NDArray[np.float64]], theirs: list[NDArray[np.float64]]
) -> float:
    """The share of won pairs of a fold, over all folds, each image as often as it was drawn."""
    won = sum(float(a @ one @ b) for one, a, b in zip(wins, ours, theirs, strict=True))
    return won / sum(float(a.sum() * b.sum()) for a, b in zip(ours, theirs, strict=True))
