"""The audit trails of studies: entries are added at the end, and nothing else. Triggers keep each head."""

from collections.abc import Iterator, Sequence

from sqlite_utils import Database

from core.identifiers import StudyName, TrialId
from core.reading.audit_trail import Entry, Event, Head, chained, row_hash


def append(db: Database, event: Event) -> None:
    """Record an event, in the transaction that writes what it tells of."""
    entry = chained(head(db, event.study), event)
    db.execute(
        "INSERT INTO audit_trail (study, position, at, person_id, role, action, content, sha256) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [getattr(entry, name) for name in Entry.__slots__],
    )


def head(db: Database, study: StudyName) -> Head:
    row = db.execute("SELECT length, sha256 FROM audit_trail_heads WHERE study = ?", [study]).fetchone()
    return Head(length=row[0], sha256=row[1]) if row else Head()


def entries(db: Database, study: StudyName) -> Iterator[Entry]:
    """The entries of a study in order, one after the other from the disk."""
    sql = """
    SELECT study, position, at, person_id, role, action, content, sha256 FROM audit_trail
    WHERE study = ? ORDER BY position"""
    for row in db.query(sql, [study]):
        yield Entry(**row)


def hash_at(db: Database, study: StudyName, position: int) -> str | None:
    sql = "SELECT sha256 FROM audit_trail WHERE study = ? AND position = ?"
    row = db.execute(sql, [study, position]).fetchone()
    return row and str(row[0])


def chains(db: Database) -> Sequence[StudyName]:
    """Every study that has, had or must have an audit trail; deleted drafts too."""
    sql = """
    SELECT name AS study FROM studies UNION SELECT study FROM audit_trail_heads
    UNION SELECT DISTINCT study FROM audit_trail ORDER BY study"""
    return [StudyName(row["study"]) for row in db.query(sql)]


def response_hashes(db: Database, study: StudyName) -> dict[TrialId, str]:
    """For each answered trial, the hash of its response as it stands now."""
    sql = "SELECT r.* FROM responses r JOIN trials USING (trial_id) WHERE study = ? ORDER BY r.rowid"
    return {TrialId(row["trial_id"]): row_hash(row) for row in db.query(sql, [study])}
