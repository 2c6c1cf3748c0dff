"""The audit trail in the database: it grows at its end, its head goes along, older workspaces get one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.identifiers import PersonId, StudyName
from core.reading.audit_trail import Action, Event, Head, first_break
from core.storage import audit_trail
from core.storage.database import Database, opened
from core.storage.migrations import SCHEMA_VERSION, migrations
from core.workflows.maintenance import doctor
from tests.phantoms import locked_study
from tests.reading_robot import read

STUDY = StudyName("study")


def record(db: Database, action: Action, study: StudyName = STUDY) -> None:
    audit_trail.append(db, Event(study=study, at="2026", person_id=PersonId("p"), role="researcher", action=action))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """Three entries in one study, one in another."""
    with opened(tmp_path / "mrturing.db", create=True) as database:
        for action in (Action.CREATED, Action.LOCKED, Action.CLOSED):
            record(database, action)
        record(database, Action.CREATED, StudyName("other"))
        yield database


def test_each_study_has_a_chain_and_a_head_of_its_own(db: Database) -> None:
    entries = list(audit_trail.entries(db, STUDY))
    assert [(entry.position, entry.action) for entry in entries] == [(1, "created"), (2, "locked"), (3, "closed")]
    assert audit_trail.head(db, STUDY) == Head(length=3, sha256=entries[-1].sha256)
    assert first_break(entries, audit_trail.head(db, STUDY)) is None
    assert audit_trail.head(db, StudyName("other")).length == 1
    assert audit_trail.head(db, StudyName("none")) == Head()
    assert audit_trail.chains(db) == ["other", "study"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail SET at = at",
        "DELETE FROM audit_trail WHERE position = 3",
        "INSERT INTO audit_trail VALUES ('study', 3, 't', 'p', 'r', 'a', '{}', 'h')",
        "INSERT INTO audit_trail VALUES ('study', 5, 't', 'p', 'r', 'a', '{}', 'h')",
        "INSERT OR REPLACE INTO audit_trail VALUES ('study', 3, 't', 'p', 'r', 'a', '{}', 'h')",
        "UPDATE audit_trail_heads SET length = 2",
        "UPDATE audit_trail_heads SET sha256 = 'h'",
        "UPDATE audit_trail_heads SET study = 'third'",
        "DELETE FROM audit_trail_heads",
    ],
)
def test_nothing_is_changed_removed_or_put_between(db: Database, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)


def test_what_is_rolled_back_was_never_recorded(db: Database) -> None:
    db.execute("BEGIN")
    record(db, Action.EXPORTED)
    assert audit_trail.head(db, STUDY).length == 4
    db.rollback()
    assert audit_trail.head(db, STUDY).length == 3
    record(db, Action.WITHDRAWN)
    assert first_break(audit_trail.entries(db, STUDY), audit_trail.head(db, STUDY)) is None


def test_a_workspace_older_than_the_audit_trail_gets_one_with_all_its_responses(tmp_path: Path) -> None:
    study = locked_study(tmp_path / "workspace", per_arm=2)
    read(study.paths, study.cookie(), most=3)
    as_first_written(study.paths.database)
    with opened(study.paths.database) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        actions = [entry.action for entry in audit_trail.entries(db, study.name)]
    assert actions == ["adopted", *["responded"] * 3]
    assert doctor(study.paths) == []
    with opened(study.paths.database) as db:
        db.execute("DROP TRIGGER responses_are_never_changed")
        db.execute("UPDATE responses SET decision = 'synthetic'")
    assert len(doctor(study.paths)) == 1


def as_first_written(path: Path) -> None:
    """Put what a workspace holds into the tables of the first version."""
    old = path.with_name("old.db")
    first = Database(sqlite3.connect(old), execute_plugins=False)
    migrations.apply(first, stop_before="m002_audit_trail_and_withdrawal")
    first.execute("ATTACH ? AS new", [str(path)])
    for table in (name for name in first.table_names() if not name.startswith("_")):
        columns = ", ".join(f'"{column.name}"' for column in first.table(table).columns)
        first.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")  # noqa: S608
    first.execute("PRAGMA user_version = 1")
    first.conn.commit()
    first.close()
    for leftover in path.parent.glob("mrturing.db*"):
        leftover.unlink()
    old.rename(path)
