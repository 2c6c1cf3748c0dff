"""An audit as lines of text, for the command line and for reports."""

from collections.abc import Sequence

from core.reading.blinding_audit.audit import AuditedFeature, BlindingAudit, LockedAudit, Tier
from core.reading.blinding_audit.remedy_trials import RemedyTrial

TIER_TITLES = {Tier.PIPELINE: "Pipeline artifacts", Tier.CONTENT: "Image content"}
TIER_NOTES = {
    Tier.PIPELINE: "Must not tell synthetic from real. A leak blocks the lock.",
    Tier.CONTENT: "What the generator got wrong. Reported, never blocking.",
}


def audit_lines(audit: BlindingAudit) -> list[str]:
    """Both tiers with the farthest from 0.5 first, what to do about leaks, and near-duplicates."""
    tables = [
        line
        for tier in Tier
        for line in ("", f"{TIER_TITLES[tier]}. {TIER_NOTES[tier]}", *_feature_lines(audit.of_tier(tier)))
    ]
    return [verdict(audit), *tables, *_advice(audit.leaks), *_pairs(audit)]


def verdict(audit: BlindingAudit) -> str:
    """One sentence: does anything but the picture tell the truth?"""
    of = f"{audit.n_real} real and {audit.n_synthetic} synthetic stimuli"
    if not audit.leaks:
        return f"No pipeline artifact was found to tell the {of} apart."
    names = ", ".join(leak.name for leak in audit.leaks)
    some = "1 pipeline artifact tells" if len(audit.leaks) == 1 else f"{len(audit.leaks)} pipeline artifacts tell"
    return f"{some} the {of} apart: {names}."


def remedy_lines(trials: Sequence[RemedyTrial]) -> list[str]:
    """Remedies that were tried on the stimuli and would help."""
    if not trials:
        return []
    return ["", "Remedies for all arms alike, tried; make the study anew with one:", *(f"  {t}" for t in trials)]


def locked_audit_lines(locked: LockedAudit) -> list[str]:
    """What results and reports print of the audit at the lock."""
    lines = [f"Blinding audit at the lock: {verdict(locked.audit)}"]
    return [*lines, f"Locked all the same, {locked.because}"] if locked.audit.leaks else lines


def _feature_lines(features: Sequence[AuditedFeature]) -> list[str]:
    same = same_in_all_text(features)
    lines = [_feature_line(feature) for feature in features if not feature.same_in_all]
    return lines + ([f"       {same}"] if same else [])


def same_in_all_text(features: Sequence[AuditedFeature]) -> str:
    """Names what no stimulus differs in; empty where there is no such feature."""
    names = ", ".join(sorted(feature.name for feature in features if feature.same_in_all))
    return f"The same in all stimuli: {names}." if names else ""


def _feature_line(feature: AuditedFeature) -> str:
    low, high = feature.ci95
    mark = "LEAK" if feature.is_leak else ""
    by_patient = "" if feature.p_by_patient is None else f"  by patient {feature.p_by_patient:.4f}"
    return (
        f"  {mark:4} {feature.name:27} AUC {feature.auc:.3f} [{low:.3f}, {high:.3f}]  p {feature.p:.4f}{by_patient}"
    )


def _advice(leaks: Sequence[AuditedFeature]) -> list[str]:
    by_advice: dict[str, list[str]] = {}
    for leak in leaks:
        by_advice.setdefault(leak.advice, []).append(leak.name)
    lines = [f"  {', '.join(names)}: {advice}" for advice, names in by_advice.items()]
    return ["", "What to do:", *lines] if lines else []


def _pairs(audit: BlindingAudit) -> list[str]:
    lines = [
        f"  {pair.names[0]} and {pair.names[1]}: correlation {pair.correlation:.3f}"
        + (", mirrored" if pair.mirrored else "")
        + (", real and synthetic" if pair.across else "")
        for pair in audit.near_duplicates
    ]
    return (
        ["", "Nearly the same picture:", *lines] if lines else ["", "No two stimuli are nearly the same picture."]
    )
