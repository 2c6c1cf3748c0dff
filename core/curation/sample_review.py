"""Looking at a random sample of what nobody has decided on, to say how much of the rest would be discarded."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from core.curation.resolution import Resolution
from core.errors import BadInputError, RefusedError
from core.identifiers import ImageSetName

TAIL = 0.025


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleReview:
    """`population`: positions that were undecided when the sample was drawn; `sample`: those to be looked at."""

    image_set: ImageSetName
    seed: int
    population: NDArray[np.uint32]
    sample: NDArray[np.uint32]
    started_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestEstimate:
    """How many of the `n_rest` images that nobody looked at would be discarded: estimate and exact 95 % interval.

    It follows from `n_discarded` of the `n_sample` images of a random sample of `n_population`, whatever else was
    looked at since: the interval is for all of the population, and what is known of it is taken off.
    """

    n_population: int
    n_sample: int
    n_discarded: int
    n_rest: int
    expected: float
    interval95: tuple[int, int]

    @property
    def rate(self) -> float | None:
        """None where there is no rest."""
        return self.expected / self.n_rest if self.n_rest else None

    @property
    def rate95(self) -> tuple[float, float] | None:
        low, high = self.interval95
        return (low / self.n_rest, high / self.n_rest) if self.n_rest else None

    def to_json(self) -> dict[str, object]:
        return {
            "n_population": self.n_population,
            "n_sample": self.n_sample,
            "n_discarded": self.n_discarded,
            "n_rest": self.n_rest,
            "expected_discards": self.expected,
            "expected_discards95": list(self.interval95),
            "discard_rate": self.rate,
            "discard_rate95": list(self.rate95) if self.rate95 else None,
            "method": "exact hypergeometric 95 % interval (Buonaccorsi 1987)",
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleReviewState:
    """The last sample of a set. `waiting`: positions of it that are not decided, or disagreed on.

    `estimate` is None until nothing waits. `n_reviews`: samples that were drawn of this set so far.
    """

    review: SampleReview
    waiting: NDArray[np.uint32]
    estimate: RestEstimate | None
    n_reviews: int

    def to_json(self) -> dict[str, object]:
        return {
            "image_set": self.review.image_set,
            "seed": self.review.seed,
            "started_at": self.review.started_at,
            "sample": self.review.sample.tolist(),
            "waiting": self.waiting.tolist(),
            "n_reviews": self.n_reviews,
            "estimate": self.estimate.to_json() if self.estimate else None,
        }


def drawn_sample(
    image_set: ImageSetName, resolution: Resolution, *, n: int, seed: int, started_at: str
) -> SampleReview:
    """Draw `n` of the images that nobody decided on. Raises RefusedError where there are fewer."""
    if n < 1 or seed < 0:
        raise BadInputError(
            f"A sample of {n} images with the seed {seed} cannot be drawn.", "Ask for at least 1, seed 0 or above."
        )
    population = np.flatnonzero(resolution.open).astype(np.uint32)
    if n > len(population):
        raise RefusedError(
            f"{len(population)} images of {image_set} are undecided, {n} were asked for.",
            "Ask for fewer." if len(population) else "Make the release: there is nothing left to estimate.",
        )
    sample = np.random.default_rng(seed).choice(population, n, replace=False)
    return SampleReview(
        image_set=image_set, seed=seed, population=population, sample=np.sort(sample), started_at=started_at
    )


def review_state(review: SampleReview, resolution: Resolution, *, n_reviews: int) -> SampleReviewState:
    is_waiting = (resolution.open | resolution.disagreed)[review.sample]
    return SampleReviewState(
        review=review,
        waiting=review.sample[is_waiting],
        estimate=None if is_waiting.any() else rest_estimate(review, resolution),
        n_reviews=n_reviews,
    )


def rest_estimate(review: SampleReview, resolution: Resolution) -> RestEstimate:
    """What a sample that was looked at, all of it, says of the population's images that nobody looked at."""
    n_population, n_sample = len(review.population), len(review.sample)
    n_discarded = int(resolution.discarded[review.sample].sum())
    known = int(resolution.discarded[review.population].sum())
    n_rest = int(resolution.open[review.population].sum())
    low, high = discards95(n_discarded, n_sample, n_population)
    return RestEstimate(
        n_population=n_population,
        n_sample=n_sample,
        n_discarded=n_discarded,
        n_rest=n_rest,
        expected=min(max(n_discarded / n_sample * n_population - known, 0.0), float(n_rest)),
        interval95=(min(max(low - known, 0), n_rest), min(max(high - known, 0), n_rest)),
    )


def discards95(k: int, n: int, n_population: int) -> tuple[int, int]:
    """The exact 95 % interval of how many of a population have what `k` of a random sample of `n` have.

    All numbers by which neither k or more nor k or fewer had a probability of 2.5 % or less: Clopper and Pearson's
    interval for draws without replacement (Buonaccorsi, The American Statistician 41:215, 1987).
    """
    possible = range(k, n_population - n + k + 1)
    low = _first(possible, lambda count: 1 - _at_most(k - 1, n, count, n_population) > TAIL)
    beyond = _first(possible, lambda count: _at_most(k, n, count, n_population) <= TAIL)
    return low, beyond - 1


def _first(counts: range, holds: Callable[[int], bool]) -> int:
    """The first of `counts` for which this holds, as it does for all after it; the one behind them if for none."""
    return counts[bisect_left(counts, True, key=holds)] if holds(counts[-1]) else counts.stop


def _at_most(k: int, n: int, count: int, n_population: int) -> float:
    """Probability of at most `k` of `count` in a sample of `n`."""
    drawn = np.arange(max(0, n - (n_population - count)), min(k, count, n) + 1)
    logarithms = _log_choose(count, drawn) + _log_choose(n_population - count, n - drawn)
    return float(np.exp(logarithms - _log_choose(n_population, n)).sum())


def _log_choose(n: int, k: int | NDArray[np.int_]) -> NDArray[np.float64]:
    return np.asarray(
        special.gammaln(n + 1) - special.gammaln(np.add(k, 1)) - special.gammaln(np.subtract(n, k) + 1)
    )
