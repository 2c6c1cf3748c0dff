"""Whether synthetic images are nearer to the training images than new patients' images are.

What a generator makes of patients in general lies as far from the training images as images of patients that it has
not seen; what it remembers lies nearer. Two questions of the distance to the nearest training image: whether it is
smaller on the whole (the rank test of Meehan et al., AISTATS 2020), which a generator that varies its training
patients fails too, and whether more images than by chance are nearer than 99 % of the held-out ones, which copies
are even where they are few.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.fidelity.diversity import Estimate
from core.fidelity.nearest import Groups
from core.fidelity.resampling import drawn
from core.reading.blinding_audit.separation import p_over_patients

FEWEST_HELD_OUT = 10
NEAR_COPY_QUANTILE = 0.01
SIGNIFICANT = 0.01
RESAMPLES = 500
N_PERMUTATIONS = 1999
MOST_RANKED = 1000  # images of either kind; near copies are counted among all

Distances = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memorization:
    """`nearer`: the chance that a synthetic image is nearer to the training images than a held-out one is, 0.5 for
    a generator that remembers nothing; `p` from shuffling over patients.

    `n_near_copies` synthetic images are nearer than `limit`, below which are `n_held_out_below` of the `n_held_out`
    real ones; `near_copies_p` is the chance of as many where both are alike.
    """

    nearer: Estimate
    p: float
    limit: float
    n_near_copies: int
    near_copies_p: float
    n_held_out: int
    n_held_out_below: int
    n_held_out_patients: int

    @property
    def has_copies(self) -> bool:
        return self.n_near_copies > 0 and self.near_copies_p < SIGNIFICANT

    @property
    def is_nearer(self) -> bool:
        return self.nearer.ci95[0] > 0.5 and self.p < SIGNIFICANT


def memorization(synthetic: Distances, held_out: Distances, patients: Groups, *, seed: int) -> Memorization:
    """From the distances [n] and [m] to the nearest training image, and the patients [m] of the held-out ones.

    Raises BadInputError for fewer than 10 held-out images, no synthetic one, or distances that are no numbers.
    """
    _check(synthetic, held_out)
    limit = float(np.quantile(held_out, NEAR_COPY_QUANTILE))
    n_copies, n_below = int((synthetic < limit).sum()), int((held_out < limit).sum())
    rng = np.random.default_rng(seed)
    ours = rng.permutation(len(synthetic))[:MOST_RANKED]
    theirs = rng.permutation(len(held_out))[:MOST_RANKED]
    return Memorization(
        nearer=_nearer(synthetic[ours], held_out[theirs], patients[theirs], rng),
        p=_p(synthetic[ours], held_out[theirs], patients[theirs], rng),
        limit=limit,
        n_near_copies=n_copies,
        near_copies_p=_p_of_near_copies(n_copies, n_below, len(synthetic), len(held_out)),
        n_held_out=len(held_out),
        n_held_out_below=n_below,
        n_held_out_patients=len(np.unique(patients)),
    )


def _nearer(synthetic: Distances, held_out: Distances, patients: Groups, rng: np.random.Generator) -> Estimate:
    """With percentiles of a bootstrap over synthetic images and over held-out patients, whose images are alike."""
    wins = (synthetic[:, None] < held_out) + 0.5 * (synthetic[:, None] == held_out)
    members = np.unique(patients)[:, None] == patients
    draws = [
        (drawn(len(synthetic), rng), np.asarray(drawn(len(members), rng) @ members, np.float64))
        for _ in range(RESAMPLES)
    ]
    resampled = [float(ours @ wins @ theirs) / (ours.sum() * theirs.sum()) for ours, theirs in draws]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Estimate(estimate=float(wins.mean()), ci95=(float(low), float(high)), n=len(synthetic))


def _p(synthetic: Distances, held_out: Distances, patients: Groups, rng: np.random.Generator) -> float:
    """Each synthetic image stands for a patient of its own."""
    values = np.concatenate([synthetic, held_out]).astype(np.float64)[:, None]
    is_synthetic = np.arange(len(values)) < len(synthetic)
    groups = [*range(-len(synthetic), 0), *np.unique(patients, return_inverse=True)[1].tolist()]
    return float(p_over_patients(values, is_synthetic, groups, rng=rng, n_permutations=N_PERMUTATIONS)[0])


def _p_of_near_copies(n_copies: int, n_below: int, n_synthetic: int, n_held_out: int) -> float:
    """The chance that, all images being alike and in random order, as many synthetic ones come before the next
    held-out one.
    """
    from scipy.stats import nhypergeom

    found = nhypergeom.sf(n_copies - 1, n_synthetic + n_held_out, n_synthetic, n_below + 1)
    return float(np.clip(found, 0.0, 1.0))


def _check(synthetic: Distances, held_out: Distances) -> None:
    if not len(synthetic) or len(held_out) < FEWEST_HELD_OUT:
        raise BadInputError(
            f"{len(synthetic)} synthetic and {len(held_out)} held-out images are too few to tell memorization: it "
            f"needs {FEWEST_HELD_OUT} images of patients that the generator has not seen.",
            "Import more patients.",
        )
    if not (np.isfinite(synthetic).all() and np.isfinite(held_out).all()):
        raise BadInputError("Some distances to the training images are no numbers.", "Compute the features again.")
