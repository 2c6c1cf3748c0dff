"""Is a tumor seen as well on synthetic as on real images? The tumor answers apart by truth, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from core.imageset.record import ImageKind
from core.observer_performance.contingency import ContingencyTable
from core.observer_performance.proportions import Interval, Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class RateComparison:
    """One rate on real and on synthetic images. `difference`: synthetic less real."""

    real: Proportion
    synthetic: Proportion

    @property
    def difference(self) -> float | None:
        if self.real.estimate is None or self.synthetic.estimate is None:
            return None
        return self.synthetic.estimate - self.real.estimate

    @property
    def newcombe95(self) -> Interval | None:
        """Of the difference (Newcombe 1998, method 10); None as for a pooled proportion."""
        if not self._comparable:
            return None
        low, high = confint_proportions_2indep(
            self.synthetic.k, self.synthetic.n, self.real.k, self.real.n, method="newcomb", compare="diff"
        )
        return float(low), float(high)

    @property
    def p_fisher(self) -> float | None:
        if not self._comparable:
            return None
        rows = np.array([[rate.k, rate.n - rate.k] for rate in (self.synthetic, self.real)])
        return float(stats.fisher_exact(rows).pvalue)

    @property
    def _comparable(self) -> bool:
        return self.difference is not None and self.real.independent and self.synthetic.independent

    def to_json(self) -> dict[str, object]:
        interval = self.newcombe95
        return {
            "real": self.real.to_json(),
            "synthetic": self.synthetic.to_json(),
            "difference": self.difference,
            "newcombe95": None if interval is None else list(interval),
            "p_fisher": self.p_fisher,
        }


def tumor_by_truth(
    by_truth: Mapping[ImageKind, ContingencyTable], *, independent: bool
) -> dict[str, RateComparison]:
    """Compare accuracy, sensitivity and specificity of the tumor question."""
    real, synthetic = by_truth[ImageKind.REAL], by_truth[ImageKind.SYNTHETIC]
    rates = {
        "accuracy": ContingencyTable.accuracy,
        "sensitivity": ContingencyTable.sensitivity,
        "specificity": ContingencyTable.specificity,
    }
    return {
        name: RateComparison(
            real=rate(real, independent=independent), synthetic=rate(synthetic, independent=independent)
        )
        for name, rate in rates.items()
    }
