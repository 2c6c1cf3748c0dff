"""How often 95 % intervals of the multi-reader accuracy hold the truth, in simulated studies with known truth.

A reader's chance to be right on a case is logistic: the truth's level, plus the reader's and the case's own
deviations. The levels are set so that readers and cases like these are right at exactly the stated rates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from core.observer_performance.mrmc import mrmc_accuracy
from core.observer_performance.proportions import Interval, Proportion
from tests.benchmarks.figures import Figure

N_STUDIES = 10_000
CASES_PER_TRUTH = 100
CASE_SD = 0.8  # logits, as the readers'
READER_SDS = (0.2, 0.5)
READERS = (3, 5, 10)
RATES = ((0.58, 0.99), (0.70, 0.85))
LOWEST_PERCENT, HIGHEST_PERCENT = 92, 97

TRUTH = np.repeat([True, False], CASES_PER_TRUTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Readers and cases to draw studies from; `rates` are those of being right, for each truth."""

    rates: tuple[float, float]
    n_readers: int
    reader_sd: float

    @property
    def accuracy(self) -> float:
        return sum(self.rates) / 2

    def studies(self, n: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
        """Yield tables of right (1) and wrong (0) [readers, cases]; the first half of the cases is of one truth."""
        spread = float(np.hypot(self.reader_sd, CASE_SD))
        levels = np.repeat([_level(rate, spread) for rate in self.rates], CASES_PER_TRUTH)
        for _ in range(n):
            readers = rng.normal(0, self.reader_sd, (self.n_readers, 1))
            chance = special.expit(levels + rng.normal(0, CASE_SD, levels.size) + readers)
            yield (rng.random(chance.shape) < chance).astype(np.float64)


def measure_coverage() -> list[Figure]:
    """Return the coverage in percent of each population, the highest of all, and for comparison a pooled one."""
    populations = [
        Population(rates=rates, n_readers=n_readers, reader_sd=reader_sd)
        for rates in RATES
        for reader_sd in READER_SDS
        for n_readers in READERS
    ]
    found = {population: coverage_percent(population, N_STUDIES, seed=0) for population in populations}
    return [
        *(
            Figure(name=_name(one), value=percent, unit="%", n=N_STUDIES, at_least=LOWEST_PERCENT)
            for one, percent in found.items()
        ),
        Figure(name="highest of these", value=max(found.values()), unit="%", n=len(found), at_most=HIGHEST_PERCENT),
        Figure(
            name="the last, had all readers' responses been pooled as one's",
            value=coverage_percent(populations[-1], N_STUDIES, seed=0, interval=_pooled_interval),
            unit="%",
            n=N_STUDIES,
        ),
    ]


def _mrmc_interval(correct: NDArray[np.float64]) -> Interval | None:
    return mrmc_accuracy(correct, TRUTH).ci95


def _pooled_interval(correct: NDArray[np.float64]) -> Interval | None:
    return Proportion(int(correct.sum()), correct.size).wilson95


def coverage_percent(
    population: Population,
    n_studies: int,
    *,
    seed: int,
    interval: Callable[[NDArray[np.float64]], Interval | None] = _mrmc_interval,
) -> float:
    """A study whose interval is not estimable counts as one that missed."""
    rng = np.random.default_rng(seed)
    intervals = [interval(correct) for correct in population.studies(n_studies, rng)]
    n_held = sum(found is not None and found[0] <= population.accuracy <= found[1] for found in intervals)
    return 100 * n_held / n_studies


def _level(rate: float, spread: float) -> float:
    """Return the logit whose logistic, averaged over normal deviations of SD `spread`, is `rate`."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    return float(
        optimize.brentq(
            lambda logit: weights @ special.expit(logit + spread * nodes) / weights.sum() - rate, -15, 15
        )
    )


def _name(population: Population) -> str:
    low, high = population.rates
    return (
        f"coverage, rates {low:.2f} / {high:.2f}, reader SD {population.reader_sd}, {population.n_readers} readers"
    )
