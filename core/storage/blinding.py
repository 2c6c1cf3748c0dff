"""The blinding audit that a study was locked with, and why its leaks were accepted."""

import json

from sqlite_utils import Database

from core.identifiers import StudyName
from core.provenance import canonical_json, sha256_of_bytes
from core.reading.blinding_audit.audit import BlindingAudit, LockedAudit


def add_audit(db: Database, name: StudyName, audit: BlindingAudit, *, override_reason: str | None) -> None:
    """Keep what was found at the lock; it is never changed."""
    sql = "INSERT INTO blinding_audits (study, audit, override_reason) VALUES (?, ?, ?)"
    db.execute(sql, [name, canonical_json(audit.to_json()), override_reason])


def audit(db: Database, name: StudyName) -> LockedAudit | None:
    """None for drafts, and for studies that were locked before audits were kept."""
    for row in db.query("SELECT audit, override_reason FROM blinding_audits WHERE study = ?", [name]):
        found = BlindingAudit.from_json(json.loads(row["audit"]))
        return LockedAudit(audit=found, override_reason=row["override_reason"])
    return None


def audit_sha256(db: Database, name: StudyName) -> str | None:
    """The hash of what is kept, as the audit trail tells it of the lock; None where nothing is."""
    for row in db.query("SELECT audit FROM blinding_audits WHERE study = ?", [name]):
        return sha256_of_bytes(row["audit"].encode())
    return None
