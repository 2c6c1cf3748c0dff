"""What discarding did to a set: means over its images and distances between them, before and after."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.fidelity.ms_ssim import ms_ssim

RESAMPLES = 500
MOST_COMPARED = 1000  # images between which all distances are taken
MOST_PAIRS = 200
TWO_SIDED_95 = 1.96

Weights = NDArray[np.float64]  # [n images]: how often each counts
Statistic = Callable[[Weights], float]  # NaN where the images are too few


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`n`: the images, or pairs of images, that it rests on."""

    estimate: float
    ci95: tuple[float, float]
    n: int

    def to_json(self) -> dict[str, object]:
        return {"estimate": self.estimate, "ci95": list(self.ci95), "n": self.n}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`ratio`: after divided by before, its interval from the same resamples, so that it is narrower than theirs.

    None where the images are too few, or where there was nothing before.
    """

    before: Estimate | None
    after: Estimate | None
    ratio: Estimate | None

    def to_json(self) -> dict[str, object]:
        each = {"before": self.before, "after": self.after, "ratio": self.ratio}
        return {name: one and one.to_json() for name, one in each.items()}


def mean_change(values: NDArray[np.float32], kept: NDArray[np.bool_], *, seed: int) -> Change:
    """The mean of `values` [n] over all images, and over those that were kept."""

    def mean(weights: Weights) -> float:
        return float(weights @ values / weights.sum()) if weights.any() else float("nan")

    return _change(mean, kept, seed)


def distance_change(features: NDArray[np.float32], kept: NDArray[np.bool_], *, seed: int) -> Change:
    """The mean distance between two images of a set, from features [n, k] of at most 1,000 of them."""
    squared_lengths = (features.astype(np.float64) ** 2).sum(1)
    products = features.astype(np.float64) @ features.T
    squared = squared_lengths[:, None] + squared_lengths[None] - 2 * products
    distances = np.sqrt(np.maximum(squared, 0)).astype(np.float32)
    np.fill_diagonal(distances, 0)

    def mean_distance(weights: Weights) -> float:
        """Of two different images, each as often as it was drawn."""
        pairs = weights.sum() ** 2 - (weights**2).sum()
        return float(weights @ (distances @ weights.astype(np.float32)) / pairs) if pairs else float("nan")

    return _change(mean_distance, kept, seed)


def mean_ms_ssim(images: NDArray[np.uint8], *, seed: int) -> Estimate | None:
    """Over at most 200 pairs of images [n, H, W], none of which has an image in common with another.

    So the pairs are independent and the interval is that of a mean. None for fewer than four images.
    """
    shuffled = np.random.default_rng(seed).permutation(len(images))
    pairs = shuffled[: 2 * min(len(images) // 2, MOST_PAIRS)].reshape(-1, 2)
    if len(pairs) < 2:
        return None
    similarities = np.array([ms_ssim(images[one], images[other]) for one, other in pairs])
    half_width = TWO_SIDED_95 * float(similarities.std(ddof=1)) / len(pairs) ** 0.5
    mean = float(similarities.mean())
    return Estimate(estimate=mean, ci95=(max(mean - half_width, 0.0), min(mean + half_width, 1.0)), n=len(pairs))


def _change(statistic: Statistic, kept: NDArray[np.bool_], seed: int) -> Change:
    """Percentile intervals of a bootstrap over images: what was kept of a resample is resampled with it."""
    n_images, keeps = len(kept), kept.astype(np.float64)
    rng = np.random.default_rng(seed)
    draws = [
        np.bincount(rng.integers(0, n_images, n_images), minlength=n_images).astype(np.float64)
        for _ in range(RESAMPLES)
    ]
    before, after = statistic(np.ones(n_images)), statistic(keeps)
    all_before = np.array([statistic(draw) for draw in draws])
    all_after = np.array([statistic(draw * keeps) for draw in draws])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, all_ratios = np.divide(after, before), all_after / all_before
    n_kept = int(kept.sum())
    return Change(
        before=_estimate(before, all_before, n_images),
        after=_estimate(after, all_after, n_kept),
        ratio=_estimate(float(ratio), all_ratios, n_kept),
    )


def _estimate(value: float, resampled: NDArray[np.float64], n: int) -> Estimate | None:
    usable = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or not len(usable):
        return None
    low, high = np.quantile(usable, [0.025, 0.975])
    return Estimate(estimate=value, ci95=(float(low), float(high)), n=n)
