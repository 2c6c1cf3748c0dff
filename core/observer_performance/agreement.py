"""Agreement beyond chance: of a reader with the truth or with themselves, and of readers with each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import krippendorff
import numpy as np
from numpy.typing import NDArray
from statsmodels.stats import inter_rater

from core.observer_performance.answers import MISSING, Answers

MOST_READERS_IN_PAIRS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Cohen's kappa; the standard error is the full asymptotic one, None where it is 0."""

    estimate: float
    se: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairKappa:
    """Cohen's kappa of two readers over the `n` cases that both answered; None: not estimable."""

    readers: tuple[str, str]
    n: int
    kappa: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Between the readers of one question; each is None where it is not estimable.

    `fleiss_kappa` is over the `n_complete` cases that every reader answered, alpha and AC1 over all that two
    or more did. `pairwise_cohen` is empty beyond MOST_READERS_IN_PAIRS readers.
    """

    n_complete: int
    fleiss_kappa: float | None
    krippendorff_alpha: float | None
    ac1: float | None
    pairwise_cohen: tuple[PairKappa, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "fleiss_kappa": self.fleiss_kappa,
            "krippendorff_alpha": self.krippendorff_alpha,
            "ac1": self.ac1,
            "pairwise_cohen": [
                {"readers": list(pair.readers), "n": pair.n, "kappa": pair.kappa} for pair in self.pairwise_cohen
            ],
            "n_complete": self.n_complete,
        }


def cohen_kappa(counts: NDArray[np.int_]) -> Kappa | None:
    """Return kappa of a square table of counts [k, k]; None where chance alone would always agree."""
    n = counts.sum()
    if n == 0 or float((counts.sum(0) / n) @ (counts.sum(1) / n)) > 1 - 1e-12:
        return None
    with np.errstate(invalid="ignore"):  # it takes the root of a variance that may be -1e-19
        result = inter_rater.cohens_kappa(counts)
    variance = float(result.var_kappa)
    return Kappa(estimate=float(result.kappa), se=float(np.sqrt(variance)) if variance > 1e-15 else None)


def agreement(answers: Answers, readers: Sequence[str]) -> Agreement:
    """Return how far readers agree; nothing is estimable with one reader.

    Technical faults are left out; a case of unknown truth counts, for no truth is needed.
    """
    given = answers[(answers.called != MISSING) & ~answers.cannot_judge]
    n_readers = len(np.unique(given.reader))
    if n_readers < 2:
        return Agreement(n_complete=0, fleiss_kappa=None, krippendorff_alpha=None, ac1=None, pairwise_cohen=())
    _, case = np.unique(given.case, return_inverse=True)
    counts = np.bincount(2 * case + given.called, minlength=2 * (int(case.max()) + 1)).reshape(-1, 2)
    complete = counts[counts.sum(1) == n_readers]
    return Agreement(
        n_complete=len(complete),
        fleiss_kappa=fleiss_kappa(complete),
        krippendorff_alpha=krippendorff_alpha(counts),
        ac1=gwet_ac1(counts),
        pairwise_cohen=_pairs(given, case, readers) if n_readers <= MOST_READERS_IN_PAIRS else (),
    )


def fleiss_kappa(counts: NDArray[np.int_]) -> float | None:
    """Return Fleiss' kappa of counts [cases, words], every case answered equally often."""
    if len(counts) == 0 or (counts.sum(0) > 0).sum() < 2:
        return None
    return float(inter_rater.fleiss_kappa(counts))


def krippendorff_alpha(counts: NDArray[np.int_]) -> float | None:
    """Return the nominal alpha of counts [cases, words]; cases answered once do not enter."""
    paired = counts[counts.sum(1) >= 2]
    if len(paired) == 0 or (paired.sum(0) > 0).sum() < 2:
        return None
    return float(krippendorff.alpha(value_counts=paired, level_of_measurement="nominal"))


def gwet_ac1(counts: NDArray[np.int_]) -> float | None:
    """Return AC1 of counts [cases, words] (Gwet 2008, equations 17 and 18): steady where kappa is not."""
    n = counts.sum(1)
    paired = n >= 2
    if not paired.any():
        return None
    observed = ((counts * (counts - 1)).sum(1)[paired] / (n * (n - 1))[paired]).mean()
    answered = n > 0
    prevalence = (counts[answered] / n[answered, None]).mean(0)
    by_chance = float((prevalence * (1 - prevalence)).sum()) / (counts.shape[1] - 1)
    return float((observed - by_chance) / (1 - by_chance))


def _pairs(given: Answers, case: NDArray[np.intp], readers: Sequence[str]) -> tuple[PairKappa, ...]:
    codes, row = np.unique(given.reader, return_inverse=True)
    called = np.full((len(codes), int(case.max()) + 1), MISSING, dtype=np.int8)
    called[row, case] = given.called
    return tuple(
        _pair(called[one], called[other], (readers[codes[one]], readers[codes[other]]))
        for one, other in combinations(range(len(codes)), 2)
    )


def _pair(one: NDArray[np.int8], other: NDArray[np.int8], names: tuple[str, str]) -> PairKappa:
    both = (one != MISSING) & (other != MISSING)
    counts = np.bincount(2 * one[both] + other[both], minlength=4).reshape(2, 2)
    kappa = cohen_kappa(counts)
    return PairKappa(readers=names, n=int(both.sum()), kappa=None if kappa is None else kappa.estimate)
