"""The verdict in one sentence."""

from core.observer_performance.equivalence import Equivalence, Verdict
from core.observer_performance.wording import p_text, percent


def verdict_sentence(found: Equivalence) -> str:
    """What may be said of telling real from synthetic, and what it rests on."""
    within = f"50\u00a0±\u00a0{100 * found.planned.margin:g}\u00a0%"
    accuracy = f"accuracy {percent(found.accuracy)}"
    against_half = f"{p_text(found.p_vs_half)} against 50 %"
    against_margin = f"{p_text(found.p)} for lying within {within}"
    if found.verdict is None:
        return f"No verdict: {found.reason}"
    if found.verdict is Verdict.DISTINGUISHABLE:
        return f"Distinguishable: {accuracy}, {against_half}."
    if found.verdict is Verdict.EQUIVALENT:
        return (
            f"Equivalent within the margin: {accuracy}, {against_margin}{_yet_different(found)}.{_control(found)}"
        )
    if found.reason is not None:
        return f"Inconclusive: equivalence within the margin is withheld. {found.reason}"
    return f"Inconclusive: {accuracy}, {against_half}, {against_margin}."


def _yet_different(found: Equivalence) -> str:
    """A difference too small to matter is still one that was found."""
    if found.p_vs_half is None or found.p_vs_half > found.planned.alpha:
        return ""
    return f", although it differs from 50 % ({p_text(found.p_vs_half)})"


def _control(found: Equivalence) -> str:
    if found.tumor_accuracy is None and found.repeat_agreement is None:
        return " No positive control: neither the tumor question nor repeats show that the readers looked."
    return ""
