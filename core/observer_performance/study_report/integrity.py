"""What vouches for the study: protocol, blinding audit, audit trail, software."""

from collections.abc import Iterator

from core.observer_performance.study_report.blocks import Block, Paragraph, Section, Table, aside, text
from core.observer_performance.study_report.facts import StudyFacts
from core.reading.blinding_audit.audit import AuditedFeature, BlindingAudit, LockedAudit, Tier
from core.reading.blinding_audit.report import TIER_NOTES, TIER_TITLES, same_in_all_text, verdict


def blinding_section(audit: LockedAudit | None) -> Section:
    if audit is None:
        missing = text("The blinding audit was not done: the study was locked before this program had one.")
        return Section(title="Blinding audit", blocks=(missing,))
    return Section(title="Blinding audit", blocks=tuple(_audit_blocks(audit)))


def _audit_blocks(locked: LockedAudit) -> Iterator[Block]:
    audit = locked.audit
    yield text(f"At the lock, on the exact stimuli: {verdict(audit)}")
    if audit.leaks:
        yield text(f"The study was locked all the same, {locked.because}")
    for tier in Tier:
        features = audit.of_tier(tier)
        yield _features_table(
            f"{TIER_TITLES[tier]}. {TIER_NOTES[tier]}", [feature for feature in features if not feature.same_in_all]
        )
        if same := same_in_all_text(features):
            yield aside(same)
    yield text(_near_duplicates(audit))


def _near_duplicates(audit: BlindingAudit) -> str:
    n = len(audit.near_duplicates)
    if n == 0:
        return "No two stimuli show nearly the same picture."
    across = sum(pair.across for pair in audit.near_duplicates)
    pairs = "1 pair of stimuli shows" if n == 1 else f"{n} pairs of stimuli show"
    return f"{pairs} nearly the same picture; in {across} of them one is real and one synthetic."


def _features_table(caption: str, features: list[AuditedFeature]) -> Table:
    return Table(
        caption=caption,
        header=("Feature", "AUC, synthetic against real", "95 % interval", "Permutation p", "p by patient", ""),
        rows=[
            (
                feature.name,
                f"{feature.auc:.3f}",
                f"{feature.ci95[0]:.3f} to {feature.ci95[1]:.3f}",
                f"{feature.p:.4f}",
                "" if feature.p_by_patient is None else f"{feature.p_by_patient:.4f}",
                "leak" if feature.is_leak else "",
            )
            for feature in features
        ],
    )


def _moment(at: str | None) -> str:
    return f"{at[:19].replace('T', ' ')} UTC" if at else "not recorded"


def integrity_section(facts: StudyFacts) -> Section:
    study = facts.study
    records = (
        ("Protocol hash (SHA-256 of the protocol below)", str(study.protocol_hash)),
        ("Hash over all cases with their truth", study.protocol.cases_sha256),
        ("Audit trail, entries", str(facts.trail.length)),
        ("Audit trail, head", facts.trail.sha256),
        ("Study made", _moment(study.created_at)),
        ("Locked", _moment(study.locked_at)),
        ("Closed", _moment(study.closed_at)),
        ("Report made", _moment(facts.made_at)),
    )
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    return Section(
        title="Protocol, audit trail and software",
        blocks=(
            Table(caption="Where this report comes from", header=("", ""), rows=records),
            text(
                "The audit trail is a hash chain over what was done in the study, this report included; "
                "“mrturing doctor” verifies it."
            ),
            text(f"Software: {versions}."),
            aside("The protocol as it was hashed:"),
            Paragraph(text=study.protocol.to_json(), style="code"),
        ),
    )
