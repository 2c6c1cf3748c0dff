"""Which images and which generators fool readers, and how human-like the whole is (HYPE)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.imageset.record import ImageKind
from core.observer_performance.across_readers import estimate_json, mean_accuracy
from core.observer_performance.answers import MISSING, Answers, Presentations
from core.observer_performance.contingency import ContingencyTable
from core.observer_performance.mrmc import MrmcEstimate
from core.observer_performance.proportions import Interval, Proportion
from core.observer_performance.shrinkage import shrunken_shares
from core.reading.protocol import Question

MOST_IMAGES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDeception:
    """One case: how many of `n` readers called it what it is not. `shrunken` within its truth; None: no basis."""

    case_id: str
    truth: ImageKind
    misjudged: int
    n: int
    shrunken: float | None

    def to_json(self) -> dict[str, object]:
        return {
            "case_id": self.case_id,
            "truth": str(self.truth),
            "misjudged": self.misjudged,
            "n": self.n,
            "estimate": self.misjudged / self.n,
            "shrunken": self.shrunken,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorDeception:
    """Synthetic images of one generator (None: not stated) that were called real.

    `detected` is the opposite across readers, for readers and images like these: how often they were found out.
    """

    generator: str | None
    called_real: Proportion
    shrunken: float | None
    detected: MrmcEstimate

    @property
    def ci95(self) -> Interval | None:
        """Of the share called real: Wilson's with one reader, for readers and images like these with more."""
        if self.called_real.independent:
            return self.called_real.wilson95
        found = self.detected.ci95
        return None if found is None else (1 - found[1], 1 - found[0])

    def to_json(self) -> dict[str, object]:
        return {
            "generator": self.generator,
            **self.called_real.to_json(),
            "shrunken": self.shrunken,
            "detected_across_readers": estimate_json(self.detected),
        }


def hype_infinity(table: ContingencyTable) -> dict[str, float | None]:
    """Return HYPE-infinity (Zhou et al. 2019), the error rate, and that of each truth, in percent."""
    return {
        "percent": _percent(table.misses + table.false_alarms, table.n),
        "fooled_by_synthetic_percent": _percent(table.misses, table.n_present),
        "real_called_synthetic_percent": _percent(table.false_alarms, table.n_absent),
    }


def _percent(k: int, n: int) -> float | None:
    return 100 * k / n if n else None


def by_image(entering: Answers, cases: Sequence[str]) -> tuple[tuple[ImageDeception, ...], int]:
    """Return the judged cases, the most misjudged first and at most MOST_IMAGES, and how many there are."""
    codes, first, case = np.unique(entering.case, return_index=True, return_inverse=True)
    n = np.bincount(case, minlength=len(codes))
    k = np.bincount(case, weights=~entering.correct, minlength=len(codes)).astype(np.int_)
    synthetic = entering.synthetic[first]
    shrunken = np.full(len(codes), np.nan)
    for part in (synthetic, ~synthetic):
        shares = shrunken_shares(k[part], n[part])
        shrunken[part] = np.nan if shares is None else shares
    rank = np.where(np.isnan(shrunken), k / n, shrunken)
    order = np.lexsort((codes, -n, -rank))[:MOST_IMAGES]
    images = tuple(
        ImageDeception(
            case_id=cases[codes[i]],
            truth=ImageKind.SYNTHETIC if synthetic[i] else ImageKind.REAL,
            misjudged=int(k[i]),
            n=int(n[i]),
            shrunken=None if np.isnan(shrunken[i]) else float(shrunken[i]),
        )
        for i in order
    )
    return images, len(codes)


def by_generator(shown: Presentations) -> tuple[GeneratorDeception, ...]:
    """Synthetic first presentations by the generator of the image, the most deceiving first."""
    answers = shown.answers[Question.REALISM]
    answered = (answers.called != MISSING) & ~answers.cannot_judge
    enters = answered & answers.synthetic & ~shown.is_repeat
    codes, group = np.unique(shown.generator[enters], return_inverse=True)
    n = np.bincount(group, minlength=len(codes))
    k = np.bincount(group, weights=answers.called[enters] == 0, minlength=len(codes)).astype(np.int_)
    shrunken = shrunken_shares(k, n)
    judged = answers[enters]
    rows = [
        GeneratorDeception(
            generator=shown.generators[code] if code != MISSING else None,
            called_real=Proportion(int(k[i]), int(n[i]), independent=len(shown.readers) == 1),
            shrunken=None if shrunken is None else float(shrunken[i]),
            detected=mean_accuracy(judged[group == i]),
        )
        for i, code in enumerate(codes)
    ]
    return tuple(sorted(rows, key=lambda row: -(row.called_real.estimate or 0.0)))
