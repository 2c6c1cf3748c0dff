"""A proportion with everything that is reported beside it."""

from dataclasses import dataclass
from typing import Literal

from scipy import stats

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Proportion:
    """`k` successes of `n` trials. `n` = 0 is not estimable: everything derived is None.

    `independent` is False where the trials of several readers are pooled: one binomial interval would then
    cover far less than it says, so intervals and p are None and only `k`, `n` and the estimate are shown.
    """

    k: int
    n: int
    independent: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ValueError(f"{self.k} of {self.n} is not a proportion")

    @property
    def estimate(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def wilson95(self) -> Interval | None:
        """Score interval without continuity correction (Newcombe 1998, method 3)."""
        return self._interval("wilson")

    @property
    def clopper_pearson95(self) -> Interval | None:
        return self._interval("exact")

    @property
    def p_vs_half(self) -> float | None:
        """Exact two-sided binomial test against 1/2."""
        return float(stats.binomtest(self.k, self.n).pvalue) if self._has_interval else None

    @property
    def _has_interval(self) -> bool:
        return self.n > 0 and self.independent

    def _interval(self, method: Literal["wilson", "exact"]) -> Interval | None:
        if not self._has_interval:
            return None
        interval = stats.binomtest(self.k, self.n).proportion_ci(confidence_level=0.95, method=method)
        return float(interval.low), float(interval.high)

    def to_json(self) -> dict[str, object]:
        return {
            "k": self.k,
            "n": self.n,
            "estimate": self.estimate,
            "wilson95": _as_list(self.wilson95),
            "clopper_pearson95": _as_list(self.clopper_pearson95),
            "p_vs_half": self.p_vs_half,
        }


def _as_list(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)
