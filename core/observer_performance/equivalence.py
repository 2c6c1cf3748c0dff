"""Whether readers can tell real from synthetic: a test that may say yes, no, or that it does not know."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy import stats

from core.observer_performance.contingency import ContingencyTable
from core.observer_performance.mrmc import MrmcEstimate
from core.observer_performance.proportions import Proportion
from core.reading.design import PlannedAnalysis


class Verdict(StrEnum):
    DISTINGUISHABLE = "distinguishable"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """`p` is that of the equivalence test, `p_vs_half` that of accuracy against one half.

    `verdict` is None where neither can be tested; `reason` then says why, and why "equivalent" was withheld.
    """

    planned: PlannedAnalysis
    accuracy: float | None
    p: float | None
    p_vs_half: float | None
    tumor_accuracy: float | None
    repeat_agreement: float | None
    verdict: Verdict | None
    reason: str | None

    def to_json(self) -> dict[str, object]:
        return {
            "margin": self.planned.margin,
            "alpha": self.planned.alpha,
            "accuracy": self.accuracy,
            "p": self.p,
            "p_vs_half": self.p_vs_half,
            "verdict": None if self.verdict is None else str(self.verdict),
            "reason": self.reason,
            "positive_control": {
                "tumor_accuracy": self.tumor_accuracy,
                "tumor_accuracy_floor": self.planned.tumor_accuracy_floor,
                "repeat_agreement": self.repeat_agreement,
                "repeat_agreement_floor": self.planned.repeat_agreement_floor,
            },
        }


def exact_tost_p(k: int, n: int, *, margin: float) -> float:
    """Return the larger p of the two one-sided exact binomial tests against 0.5 - margin and 0.5 + margin."""
    above = float(stats.binom.sf(k - 1, n, 0.5 - margin))
    below = float(stats.binom.cdf(k, n, 0.5 + margin))
    return max(above, below)


def mrmc_tost_p(accuracy: MrmcEstimate, *, margin: float) -> float | None:
    """Return the larger p of the two one-sided t tests of an accuracy that generalizes to readers and cases."""
    if accuracy.estimate is None or not accuracy.se or accuracy.df is None:
        return None
    above = stats.t.sf((accuracy.estimate - (0.5 - margin)) / accuracy.se, accuracy.df)
    below = stats.t.cdf((accuracy.estimate - (0.5 + margin)) / accuracy.se, accuracy.df)
    return float(max(above, below))


def mrmc_p_vs_half(accuracy: MrmcEstimate) -> float | None:
    if accuracy.estimate is None or not accuracy.se or accuracy.df is None:
        return None
    return float(2 * stats.t.sf(abs(accuracy.estimate - 0.5) / accuracy.se, accuracy.df))


def equivalence(
    tables: Sequence[ContingencyTable],
    planned: PlannedAnalysis,
    *,
    mrmc_accuracy: MrmcEstimate | None,
    tumor_accuracy: Proportion,
    repeat_agreement: Proportion,
) -> Equivalence:
    """Judge realism from each reader's table: exactly for one reader, by the multi-reader estimate for more."""
    reason = _untestable(tables, planned)
    estimate, p, p_vs_half = _tests(tables, planned, mrmc_accuracy)
    if reason is not None:
        p = p_vs_half = None
    elif p is None:
        reason = "The multi-reader interval is not estimable."
    verdict = None if p is None or p_vs_half is None else _verdict(p, p_vs_half, planned)
    if verdict is Verdict.EQUIVALENT and (failed := _failed_control(planned, tumor_accuracy, repeat_agreement)):
        verdict, reason = Verdict.INCONCLUSIVE, failed
    return Equivalence(
        planned=planned,
        accuracy=estimate,
        p=p,
        p_vs_half=p_vs_half,
        tumor_accuracy=tumor_accuracy.estimate,
        repeat_agreement=repeat_agreement.estimate,
        verdict=verdict,
        reason=reason,
    )


def _tests(
    tables: Sequence[ContingencyTable], planned: PlannedAnalysis, mrmc_accuracy: MrmcEstimate | None
) -> tuple[float | None, float | None, float | None]:
    """Accuracy, p of the equivalence test, p against one half; each None where it is not estimable."""
    if len(tables) == 1:
        accuracy = tables[0].accuracy()
        p = exact_tost_p(accuracy.k, accuracy.n, margin=planned.margin) if accuracy.n else None
        return accuracy.estimate, p, accuracy.p_vs_half
    if mrmc_accuracy is None:
        return None, None, None
    p = mrmc_tost_p(mrmc_accuracy, margin=planned.margin)
    return mrmc_accuracy.estimate, p, mrmc_p_vs_half(mrmc_accuracy)


def _verdict(p: float, p_vs_half: float, planned: PlannedAnalysis) -> Verdict:
    """A difference inside the margin may be real and still too small to matter: the margin was set for that."""
    if p <= planned.alpha:
        return Verdict.EQUIVALENT
    return Verdict.DISTINGUISHABLE if p_vs_half <= planned.alpha else Verdict.INCONCLUSIVE


def _untestable(tables: Sequence[ContingencyTable], planned: PlannedAnalysis) -> str | None:
    """Why accuracy against one half would say nothing of telling real from synthetic."""
    n_present, n_absent = sum(table.n_present for table in tables), sum(table.n_absent for table in tables)
    if not (n_present and n_absent):
        return "Real and synthetic images must both have been judged."
    if all(table.answers_one_word for table in tables):
        return "Every answer is the same word."
    if abs(n_present / (n_present + n_absent) - 0.5) > planned.margin / 2:
        return (
            f"{n_present} of {n_present + n_absent} judged images are synthetic: accuracy is not 50 % by chance. "
            "Show as many real as synthetic images."
        )
    return None


def _failed_control(
    planned: PlannedAnalysis, tumor_accuracy: Proportion, repeat_agreement: Proportion
) -> str | None:
    floors = (
        ("Tumor accuracy", tumor_accuracy.estimate, planned.tumor_accuracy_floor),
        ("Agreement on repeated images", repeat_agreement.estimate, planned.repeat_agreement_floor),
    )
    failed = [
        f"{name} is {100 * value:.1f} %, below the floor of {100 * floor:g} %."
        for name, value, floor in floors
        if value is not None and value < floor
    ]
    return " ".join(failed) or None
