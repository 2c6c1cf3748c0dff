"""How long decisions took, per arm; a long pause is counted, never dropped."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.observer_performance.answers import MISSING, Answers
from core.reading.case import Arm

LONG_PAUSE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTime:
    """Over the `n` decisions of one arm that have a time; `n_paused` of them took over LONG_PAUSE_MS."""

    n: int
    median_ms: float | None
    quartiles_ms: tuple[float, float] | None
    n_paused: int

    def to_json(self) -> dict[str, object]:
        low, high = self.quartiles_ms or (None, None)
        return {
            "n": self.n,
            "median_ms": self.median_ms,
            "q25_ms": low,
            "q75_ms": high,
            "paused_over_60_s": self.n_paused,
        }


ArmTimes = Mapping[Arm, ResponseTime]


def response_times(answers: Answers) -> dict[Arm, ResponseTime]:
    """Medians and quartiles per arm; images of unknown tumor status are in no arm."""
    timed = answers[(answers.called != MISSING) & np.isfinite(answers.time_ms)]
    return {arm: _of(timed[timed.in_arm(arm)]) for arm in Arm}


def _of(timed: Answers) -> ResponseTime:
    times_ms = timed.time_ms
    low, median, high = np.quantile(times_ms, [0.25, 0.5, 0.75]) if len(times_ms) else (np.nan,) * 3
    return ResponseTime(
        n=len(times_ms),
        median_ms=float(median) if len(times_ms) else None,
        quartiles_ms=(float(low), float(high)) if len(times_ms) else None,
        n_paused=int((times_ms > LONG_PAUSE_MS).sum()),
    )
