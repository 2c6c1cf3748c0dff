"""A proportion with everything that is reported beside it."""

from dataclasses import dataclass
from math import sqrt

from scipy import special

Interval = tuple[float, float]
Z95 = float(special.ndtri(0.975))


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
        if not self._has_interval:
            return None
        center = (self.k + Z95**2 / 2) / (self.n + Z95**2)
        half = Z95 * sqrt(self.k * (self.n - self.k) / self.n + Z95**2 / 4) / (self.n + Z95**2)
        return max(center - half, 0.0), min(center + half, 1.0)

    @property
    def clopper_pearson95(self) -> Interval | None:
        """The exact interval, from quantiles of the beta distribution."""
        if not self._has_interval:
            return None
        low = float(special.betaincinv(self.k, self.n - self.k + 1, 0.025)) if self.k else 0.0
        high = float(special.betaincinv(self.k + 1, self.n - self.k, 0.975)) if self.k < self.n else 1.0
        return low, high

    @property
    def p_vs_half(self) -> float | None:
        """Exact two-sided binomial test against 1/2: twice the smaller tail, for the distribution is symmetric."""
        if not self._has_interval:
            return None
        return min(2 * float(special.bdtr(min(self.k, self.n - self.k), self.n, 0.5)), 1.0)

    @property
    def _has_interval(self) -> bool:
        return self.n > 0 and self.independent

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
