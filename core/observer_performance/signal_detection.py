"""Equal-variance signal detection: how well signal and noise are told apart, and which word is preferred."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from core.observer_performance.contingency import ContingencyTable


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDetection:
    """`criterion` below 0: the signal (synthetic, or tumor) is called too readily. `az` is the area from d'."""

    dprime: float
    dprime_se: float
    criterion: float
    criterion_se: float
    beta: float
    az: float


def signal_detection(table: ContingencyTable) -> SignalDetection | None:
    """Return d' and criterion with the log-linear correction (Hautus 1995).

    None without both classes, and where every answer is the same word: the correction alone would then set d'.
    The standard errors (Gourevitch & Galanter 1967) use the corrected rates and the raw group sizes.
    """
    if not (table.n_present and table.n_absent) or table.answers_one_word:
        return None
    hit_rate = (table.hits + 0.5) / (table.n_present + 1)
    false_alarm_rate = (table.false_alarms + 0.5) / (table.n_absent + 1)
    z_hit, z_false_alarm = (float(special.ndtri(rate)) for rate in (hit_rate, false_alarm_rate))
    dprime, criterion = z_hit - z_false_alarm, -(z_hit + z_false_alarm) / 2
    variance = _variance_of_z(hit_rate, table.n_present) + _variance_of_z(false_alarm_rate, table.n_absent)
    return SignalDetection(
        dprime=dprime,
        dprime_se=float(np.sqrt(variance)),
        criterion=criterion,
        criterion_se=float(np.sqrt(variance)) / 2,
        beta=float(np.exp(dprime * criterion)),
        az=float(special.ndtr(dprime / np.sqrt(2))),
    )


def _variance_of_z(rate: float, n: int) -> float:
    """Of the normal quantile of a proportion, by the delta method."""
    density = np.exp(-(special.ndtri(rate) ** 2) / 2) / np.sqrt(2 * np.pi)
    return float(rate * (1 - rate) / (n * density**2))
