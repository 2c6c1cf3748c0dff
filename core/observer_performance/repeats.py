"""Test and retest: whether a reader says the same of an image that is shown again."""

from dataclasses import dataclass

import numpy as np

from core.observer_performance.agreement import Kappa, cohen_kappa
from core.observer_performance.answers import MISSING, Answers
from core.observer_performance.proportions import Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class Retest:
    """`agreement`: same answer of pairs. `unmatched` repeats have no answered first presentation."""

    agreement: Proportion
    kappa: Kappa | None
    unmatched: int

    def to_json(self) -> dict[str, object]:
        return {
            "agreement": self.agreement.to_json(),
            "kappa": self.kappa.estimate if self.kappa else None,
            "kappa_se": self.kappa.se if self.kappa else None,
            "unmatched": self.unmatched,
        }


def retest(first: Answers, repeats: Answers, *, independent: bool) -> Retest:
    """Pair each repeat with its reader's first answer to the same case; `independent` as in Proportion."""
    first, repeats = _answered(first), _answered(repeats)
    n_cases = 1 + int(max(first.case.max(initial=0), repeats.case.max(initial=0)))
    first_keys, keys = (part.reader * n_cases + part.case for part in (first, repeats))
    matched = np.isin(keys, first_keys)
    order = np.argsort(first_keys)
    before = first.called[order[np.searchsorted(first_keys, keys[matched], sorter=order)]]
    after = repeats.called[matched]
    counts = np.bincount(2 * before + after, minlength=4).reshape(2, 2)
    kappa = cohen_kappa(counts)
    if kappa is not None and not independent:
        kappa = Kappa(estimate=kappa.estimate, se=None)
    return Retest(
        agreement=Proportion(int(np.trace(counts)), int(counts.sum()), independent),
        kappa=kappa,
        unmatched=int((~matched).sum()),
    )


def _answered(answers: Answers) -> Answers:
    return answers[(answers.called != MISSING) & ~answers.cannot_judge]
