"""Before the study: how many images and readers it needs. Powers are exact, summed over the binomial.

Power of a discrete test runs in a saw-tooth over n: a few images more can have less of it. The sample size
given here is the first n from which on the power stays.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from core.errors import BadInputError
from core.observer_performance.mrmc import case_variance, readers_of_every_truth
from core.reading.design import Goal, PlannedAnalysis, SampleSize

ALPHA = 0.05
POWER = 0.80
MOST_IMAGES = 20_000

Count = int | NDArray[np.int_]
Floats = NDArray[np.float64]
Power = Callable[[NDArray[np.int_]], Floats]


def difference_power(n: Count, accuracy: float, *, alpha: float = ALPHA) -> Floats:
    """Power of the exact two-sided binomial test against 1/2, for each number of images and a true accuracy."""
    n = np.asarray(n, dtype=np.int_)
    last_low = _last_at_most(alpha / 2, n, 0.5)
    low, high = stats.binom.cdf(last_low, n, accuracy), stats.binom.sf(n - last_low - 1, n, accuracy)
    return np.asarray(low + high, dtype=np.float64)


def equivalence_power(n: Count, accuracy: float, *, margin: float, alpha: float = ALPHA) -> Floats:
    """Probability that `exact_tost_p` finds the accuracy within `margin` of 1/2, for each number of images."""
    _check_margin(margin)
    n = np.asarray(n, dtype=np.int_)
    last = _last_at_most(alpha, n, 0.5 + margin)
    inside = stats.binom.cdf(last, n, accuracy) - stats.binom.cdf(n - last - 1, n, accuracy)
    return np.asarray(np.maximum(inside, 0.0), dtype=np.float64)


def images_for(power: Power, *, at_least: float = POWER) -> int | None:
    """Return the first number of images from which on `power` stays `at_least`; None above MOST_IMAGES."""
    if power(np.array([2 * MOST_IMAGES]))[0] < at_least:
        return None
    most = 256
    while most <= 2 * MOST_IMAGES:
        short = np.flatnonzero(power(np.arange(1, most + 1)) < at_least)
        first = int(short[-1]) + 2 if short.size else 1
        # It stays if it stayed for as many images again: the teeth are far smaller than that.
        if 2 * first <= most:
            return first if first <= MOST_IMAGES else None
        most *= 2
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponents:
    """Of being right (0 or 1) in one response: between readers, between cases, and what is left."""

    reader: float
    case: float
    error: float

    @classmethod
    def stated(cls, *, accuracy: float, reader_sd: float, case_share: float) -> Self:
        """From what can be guessed or read off a pilot study.

        `accuracy` and the SD of the readers' true accuracies are of 0..1; `case_share` is the part of the rest
        that belongs to the images, 0 (readers err independently) to 1 (all readers err on the same images).
        """
        rest = accuracy * (1 - accuracy) - reader_sd**2
        if not (0 <= accuracy <= 1 and 0 <= case_share <= 1 and reader_sd >= 0 and rest >= 0):
            raise BadInputError(
                f"Accuracy {accuracy:g}, reader SD {reader_sd:g} and case share {case_share:g} cannot be together.",
                "Use values of 0 to 1, and an SD of at most the root of accuracy x (1 - accuracy).",
            )
        return cls(reader=reader_sd**2, case=case_share * rest, error=(1 - case_share) * rest)

    @classmethod
    def estimated(cls, correct: Floats, truth: NDArray[np.bool_]) -> Self | None:
        """From a pilot study's table, as `mrmc_accuracy` takes it; None where it cannot tell.

        Cases and error are estimated within each truth, as there, and components below 0 are 0.
        """
        correct, truth = readers_of_every_truth(correct, truth)
        if len(correct) < 2:
            return None
        strata = [correct[:, truth == value] for value in np.unique(truth)]
        shares = np.array([stratum.shape[1] for stratum in strata]) / truth.size
        if not all((~np.isnan(stratum)).sum(axis=1).min() >= 2 for stratum in strata):
            return None
        cases = np.array([max(case_variance(stratum), 0.0) for stratum in strata])
        within = np.array([np.nanvar(stratum, axis=1, ddof=1).mean() for stratum in strata])
        errors = np.maximum(within - cases, 0.0)
        means = shares @ np.array([np.nanmean(stratum, axis=1) for stratum in strata])
        reader = means.var(ddof=1) - shares @ errors / truth.size
        return cls(reader=max(float(reader), 0.0), case=float(shares @ cases), error=float(shares @ errors))


def mrmc_interval_width(components: VarianceComponents, *, n_readers: int, n_cases: int) -> float:
    """Width of the 95 % interval of `mrmc_accuracy` where every variance is estimated as it is.

    Studies vary around it, most with few readers, whose mean width is some percent less. NaN with one reader
    and where nothing varies.
    """
    msr = components.reader + components.error / n_cases
    variance = msr / n_readers + components.case / n_cases
    if n_readers < 2 or msr <= 0:
        return float("nan")
    df = (n_readers - 1) * (n_readers * variance / msr) ** 2
    return float(2 * stats.t.ppf(0.975, df) * np.sqrt(variance))


def images_for_width(components: VarianceComponents, *, n_readers: int, at_most: float) -> int | None:
    """Return how few images make `mrmc_interval_width` so narrow; None above MOST_IMAGES, as where readers vary."""

    def wide(n: int) -> bool:
        return not mrmc_interval_width(components, n_readers=n_readers, n_cases=n) <= at_most

    if wide(MOST_IMAGES):
        return None
    return bisect_left(range(1, MOST_IMAGES), True, key=lambda n: not wide(n)) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a planned sample size leads to.

    `images_needed`: for the power wanted, None above MOST_IMAGES; `power`: of one reader's test with the images
    planned. `interval_width`: of the 95 % interval across readers, None with one reader or where nothing varies.
    """

    images_needed: int | None
    power: float
    interval_width: float | None


def expectation(size: SampleSize, planned: PlannedAnalysis) -> Expectation:
    power = goal_power(size.goal, size.accuracy, planned)
    components = VarianceComponents(reader=size.reader_sd**2, case=size.case_sd**2, error=size.error_sd**2)
    width = mrmc_interval_width(components, n_readers=size.n_readers, n_cases=size.n_images)
    return Expectation(
        images_needed=images_for(power, at_least=size.power),
        power=float(power(np.array([size.n_images]))[0]),
        interval_width=None if np.isnan(width) else width,
    )


def goal_power(goal: Goal, accuracy: float, planned: PlannedAnalysis) -> Power:
    """The power of one reader's exact test, by the number of images."""
    if goal is Goal.DIFFERENCE:
        return lambda n: difference_power(n, accuracy, alpha=planned.alpha)
    return lambda n: equivalence_power(n, accuracy, margin=planned.margin, alpha=planned.alpha)


def _check_margin(margin: float) -> None:
    if not 0 < margin < 0.5:
        raise BadInputError(
            f"A margin of {margin:g} around 50 % is not possible.", "Use more than 0 and less than 0.5."
        )


def _last_at_most(alpha: float, n: NDArray[np.int_], rate: float) -> NDArray[np.int_]:
    """The largest k whose lower tail is at most alpha; -1 where even k = 0 has more."""
    k = np.asarray(stats.binom.ppf(alpha, n, rate), dtype=np.int_)
    # ppf is the first k whose tail reaches alpha: only where it meets it exactly does k itself belong.
    return np.where(stats.binom.cdf(k, n, rate) <= alpha, k, k - 1)
