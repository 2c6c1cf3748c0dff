"""Reader studies, their cases, and the readers enrolled in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from core.identifiers import CaseId, ImageSetName, PersonId, StudyName, SubjectId
from core.imageset.record import ImageKind, TumorStatus
from core.provenance import canonical_json
from core.reading.case import Case
from core.reading.protocol import Protocol
from core.reading.study import Enrollment, ReaderProfile, ReaderProgress, Study, StudyState

# A locked study is open from the first consent on; that is seen here, never stored.
_STUDIES = """
SELECT *, EXISTS (SELECT 1 FROM enrollments WHERE study = name AND consented_at IS NOT NULL) AS has_begun
FROM studies"""


def add_study(db: Database, study: Study, cases: Sequence[Case], practice: Sequence[Case] = ()) -> None:
    db.execute(
        "INSERT INTO studies (name, state, protocol, created_at) VALUES (?, ?, ?, ?)",
        [study.name, study.state, study.protocol.to_json(), study.created_at],
    )
    for is_practice, some in ((False, cases), (True, practice)):
        db.conn.executemany(
            "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [[*_case_row(study.name, case), is_practice] for case in some],
        )


def studies(db: Database) -> list[Study]:
    return [_study(row) for row in db.query(f"{_STUDIES} ORDER BY created_at, name")]


def study(db: Database, name: StudyName) -> Study | None:
    return next((_study(row) for row in db.query(f"{_STUDIES} WHERE name = ?", [name])), None)


def cases(db: Database, name: StudyName, *, practice: bool = False) -> list[Case]:
    """The cases of a study that are analyzed, or those to practice on."""
    sql = "SELECT * FROM cases WHERE study = ? AND is_practice = ? ORDER BY case_id"
    return [_case(row) for row in db.query(sql, [name, practice])]


def lock_study(db: Database, name: StudyName, protocol_hash: str, *, locked_at: str) -> None:
    sql = "UPDATE studies SET state = 'locked', protocol_hash = ?, locked_at = ? WHERE name = ?"
    db.execute(sql, [protocol_hash, locked_at, name])


def close_study(db: Database, name: StudyName, closed_at: str) -> None:
    db.execute("UPDATE studies SET state = 'closed', closed_at = ? WHERE name = ?", [closed_at, name])


def delete_study(db: Database, name: StudyName) -> None:
    """Delete a study that nobody was invited to, with its cases."""
    db.execute("DELETE FROM studies WHERE name = ?", [name])


def enroll(db: Database, enrollment: Enrollment) -> None:
    db.execute(
        "INSERT OR IGNORE INTO enrollments (study, reader, enrolled_at) VALUES (?, ?, ?)",
        [enrollment.study, enrollment.reader, enrollment.enrolled_at],
    )


def enrollment(db: Database, name: StudyName, reader: PersonId) -> Enrollment | None:
    rows = db.query("SELECT * FROM enrollments WHERE study = ? AND reader = ?", [name, reader])
    return next((_enrollment(row) for row in rows), None)


def record_consent(
    db: Database,
    name: StudyName,
    reader: PersonId,
    *,
    profile: ReaderProfile,
    consent_version: str,
    consented_at: str,
) -> bool:
    """Write consent and profile once; a second call changes nothing and returns False."""
    updated = db.execute(
        "UPDATE enrollments SET consent_version = ?, consented_at = ?, profile = ? "
        "WHERE study = ? AND reader = ? AND consented_at IS NULL AND withdrawn_at IS NULL",
        [consent_version, consented_at, canonical_json(dict(profile.to_json())), name, reader],
    )
    return bool(updated.rowcount)


def record_withdrawal(db: Database, name: StudyName, reader: PersonId, *, withdrawn_at: str) -> None:
    """End a reader's part in a study and forget the profile; from then on the responses can be erased."""
    sql = "UPDATE enrollments SET withdrawn_at = ?, profile = NULL WHERE study = ? AND reader = ?"
    db.execute(sql, [withdrawn_at, name, reader])


def is_open_to(db: Database, name: StudyName, reader: PersonId) -> bool:
    """Whether the study is locked and the reader has not withdrawn."""
    sql = """
    SELECT 1 FROM studies JOIN enrollments ON study = name
    WHERE name = ? AND reader = ? AND state = 'locked' AND withdrawn_at IS NULL"""
    return db.execute(sql, [name, reader]).fetchone() is not None


def progress(db: Database, name: StudyName) -> list[ReaderProgress]:
    """How far each reader is, in order of enrollment: counts only."""
    sql = """
    SELECT e.reader, p.name, e.consented_at, e.withdrawn_at,
           (SELECT count(*) FROM trials t
            WHERE t.study = e.study AND t.reader = e.reader AND t.trial_index >= 0) AS trials,
           (SELECT count(*) FROM trials t JOIN responses r USING (trial_id)
            WHERE t.study = e.study AND t.reader = e.reader AND t.trial_index >= 0) AS responses
    FROM enrollments e JOIN people p ON p.person_id = e.reader
    WHERE e.study = ? ORDER BY e.enrolled_at, e.rowid"""
    return [
        ReaderProgress(
            reader=PersonId(row["reader"]),
            name=row["name"],
            trials=row["trials"],
            responses=row["responses"],
            started=row["consented_at"] is not None,
            withdrawn=row["withdrawn_at"] is not None,
        )
        for row in db.query(sql, [name])
    ]


def _study(row: Mapping[str, Any]) -> Study:
    return Study(
        name=StudyName(row["name"]),
        state=StudyState.OPEN if row["state"] == "locked" and row["has_begun"] else StudyState(row["state"]),
        protocol=Protocol.from_json(json.loads(row["protocol"])),
        created_at=row["created_at"],
        protocol_hash=row["protocol_hash"],
        locked_at=row["locked_at"],
        closed_at=row["closed_at"],
    )


def _case_row(study: StudyName, case: Case) -> list[object]:
    return [
        case.case_id,
        study,
        case.image_set,
        case.image_index,
        case.truth,
        case.tumor_status,
        case.subject_id,
        case.pixels_sha256,
    ]


def _case(row: Mapping[str, Any]) -> Case:
    return Case(
        case_id=CaseId(row["case_id"]),
        image_set=ImageSetName(row["image_set"]),
        image_index=row["image_index"],
        truth=ImageKind(row["truth"]),
        tumor_status=TumorStatus(row["tumor_status"]),
        subject_id=row["subject_id"] and SubjectId(row["subject_id"]),
        pixels_sha256=row["pixels_sha256"],
    )


def _enrollment(row: Mapping[str, Any]) -> Enrollment:
    return Enrollment(
        study=StudyName(row["study"]),
        reader=PersonId(row["reader"]),
        enrolled_at=row["enrolled_at"],
        consent_version=row["consent_version"],
        consented_at=row["consented_at"],
        profile=row["profile"] and json.loads(row["profile"]),
        withdrawn_at=row["withdrawn_at"],
    )
