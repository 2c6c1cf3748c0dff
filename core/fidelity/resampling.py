"""Figures that compare two sets of images, with intervals over resamples.

A resample is half of the images of either set, drawn without replacement: as many different images as a set of half
the size has, where a bootstrap would repeat images, which nearest neighbors and covariances take for a narrow set.
Half of n values drawn from n spread around their mean as means of n values do around the truth (the delete-d
jackknife at d = n / 2; Shao and Wu, Ann Stat 1989; 17: 1176-1197), so that no factor is needed. The interval is the
estimate plus and minus 1.96 of their standard deviations.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError
from core.fidelity.diversity import TWO_SIDED_95, Estimate
from core.fidelity.nearest import Features, check_numbers

RESAMPLES = 100
Rows = NDArray[np.int64]
Statistic = Callable[[Rows, Rows], Sequence[float]]  # of these images of either set
Limits = tuple[float, float]


def estimates(statistic: Statistic, n_ours: int, n_theirs: int, *, limits: Limits, seed: int) -> list[Estimate]:
    """Each value of a statistic over all images, with its interval."""
    whole = statistic(np.arange(n_ours), np.arange(n_theirs))
    rng = np.random.default_rng(seed)
    resampled = np.array([statistic(_half(n_ours, rng), _half(n_theirs, rng)) for _ in range(RESAMPLES)])
    half_widths = TWO_SIDED_95 * resampled.std(axis=0, ddof=1)
    return [
        Estimate(
            estimate=value,
            ci95=(max(value - float(half), limits[0]), min(value + float(half), limits[1])),
            n=n_ours,
        )
        for value, half in zip(whole, half_widths, strict=True)
    ]


def drawn(n_images: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each image is drawn with replacement: for a bootstrap, where copies do no harm."""
    return np.bincount(rng.integers(0, n_images, n_images), minlength=n_images).astype(np.float64)


def _half(n_images: int, rng: np.random.Generator) -> Rows:
    return np.sort(rng.permutation(n_images)[: n_images // 2])


def check_comparable(ours: Features, theirs: Features, *, fewest: int, figure: str) -> None:
    """Raises BadInputError for sets with fewer images than `figure` needs, or with features that are no numbers."""
    for features in (ours, theirs):
        if len(features) < fewest:
            raise BadInputError(
                f"{len(features)} images are too few for {figure}: it needs {fewest} of either set.",
                "Take larger sets.",
            )
        check_numbers(features)
    if ours.shape[1] != theirs.shape[1]:
        raise BadInputError(
            f"Images with {ours.shape[1]} and with {theirs.shape[1]} features cannot be compared.",
            "Compute the same features of both.",
        )
