"""A small classifier that learns to tell synthetic from real, judged on images that it did not learn from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.reading.blinding_audit.separation import Separation, auc_interval, doubled_ranks

NAME = "Classifier, cross-validated"
FEWEST_OF_A_KIND = 8
N_FOLDS = 5
N_PERMUTATIONS = 499
_PENALTY = 100.0


def classifier_separation(
    appearances: NDArray[np.float64],
    synthetic: NDArray[np.bool_],
    groups: Sequence[int],
    *,
    rng: np.random.Generator,
) -> tuple[Separation, NDArray[np.float64]] | None:
    """Ridge classifier on `appearances` [N, D]; also returns the scores [N]. None for too few images.

    All images of a group (a patient) fall into one fold. p is one-sided, and the classifier is trained anew for
    each shuffle of the truth: one linear model with a column per shuffle.
    """
    if min(synthetic.sum(), (~synthetic).sum()) < FEWEST_OF_A_KIND:
        return None
    if len(set(groups)) < N_FOLDS:
        return None
    shuffled = rng.permuted(np.tile(synthetic, (N_PERMUTATIONS, 1)), axis=1)
    targets = np.concatenate([synthetic[None], shuffled]).T
    scores = _held_out_scores(appearances, np.where(targets, 1.0, -1.0), groups)
    n_synthetic, n_real = int(synthetic.sum()), int((~synthetic).sum())
    sums = (doubled_ranks(scores) * targets).sum(0) - n_synthetic * (len(synthetic) + 1)
    auc = 0.5 + float(sums[0]) / (2 * n_synthetic * n_real)
    p = (1 + int((sums[1:] >= sums[0]).sum())) / (1 + N_PERMUTATIONS)
    return Separation(auc=auc, ci95=auc_interval(auc, n_synthetic, n_real), p=p), scores[:, 0]


def _held_out_scores(
    appearances: NDArray[np.float64], targets: NDArray[np.float64], groups: Sequence[int]
) -> NDArray[np.float64]:
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scores = np.zeros_like(targets)
    for learned, held_out in GroupKFold(N_FOLDS).split(appearances, groups=groups):
        model = make_pipeline(StandardScaler(), Ridge(alpha=_PENALTY))
        means = targets[learned].mean(0)  # left out: otherwise a fold's share of synthetic images leaks into it
        scores[held_out] = model.fit(appearances[learned], targets[learned] - means).predict(appearances[held_out])
    return scores
