"""How often 95 % intervals of the multi-reader accuracy hold the truth, in simulated studies with known truth.

A reader's chance to be right on a case is logistic: the truth's level, plus the reader's and the case's own
deviations. The levels are set so that readers and cases like these are right at exactly the stated rates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from core.observer_performance.mrmc import mrmc_accuracy
from tests.benchmarks.figures import Figure

N_STUDIES = 10_000
CASES_PER_TRUTH = 100
CASE_SD = 0.8  # logits, as the readers'
READER_SDS = (0.2, 0.5)
READERS = (3, 5, 10)
RATES = ((0.58, 0.99), (0.70, 0.85))
LOWEST_PERCENT, HIGHEST_PERCENT = 92, 97


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
    """Return the coverage in percent of each population, and the highest and lowest of all."""
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
        Figure(
            name="highest coverage of them all",
            value=max(found.values()),
            unit="%",
            n=len(found),
            at_most=HIGHEST_PERCENT,
        ),
    ]


def coverage_percent(population: Population, n_studies: int, *, seed: int) -> float:
    """A study whose interval is not estimable counts as one that missed."""
    truth = np.repeat([True, False], CASES_PER_TRUTH)
    rng = np.random.default_rng(seed)
    n_held = 0
    for correct in population.studies(n_studies, rng):
        interval = mrmc_accuracy(correct, truth).ci95
        n_held += interval is not None and interval[0] <= population.accuracy <= interval[1]
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
