"""A workspace from before there was curation gets its tables, and keeps its people."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from core.storage.database import opened
from core.storage.maintenance import integrity_findings
from core.storage.migrations import SCHEMA_VERSION, migrations


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Of schema 4, with a reader who was invited to a study and enrolled."""
    path = tmp_path / "mrturing.db"
    db = Database(path)
    migrations.apply(db, stop_before="m005_curation")
    db.execute("INSERT INTO people VALUES ('1', 'a reader', 'reader', 't'), ('2', 'researcher', 'researcher', 't')")
    db.execute("INSERT INTO studies (name, state, protocol, created_at) VALUES ('s', 'draft', '{}', 't')")
    db.execute("INSERT INTO enrollments (study, reader, enrolled_at) VALUES ('s', '1', 't')")
    db.execute("INSERT INTO invitations (invitation_id, person_id, study, created_at) VALUES ('i', '1', 's', 't')")
    db.execute("PRAGMA user_version = 4")
    db.conn.commit()
    db.close()
    return path


def test_people_and_what_refers_to_them_stay(old: Path) -> None:
    with opened(old) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert db.execute("SELECT * FROM people ORDER BY person_id").fetchall() == [
            ("1", "a reader", "reader", "t"),
            ("2", "researcher", "researcher", "t"),
        ]
        assert integrity_findings(db) == []
        assert "moving_people" not in db.table_names()
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            db.execute("DELETE FROM people WHERE person_id = '1'")
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            db.execute("INSERT INTO enrollments (study, reader, enrolled_at) VALUES ('s', '3', 't')")


def test_curators_can_be_added_and_a_name_belongs_to_one_person_of_a_role(old: Path) -> None:
    with opened(old) as db:
        db.execute("INSERT INTO people VALUES ('3', 'a reader', 'curator', 't')")
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            db.execute("INSERT INTO people VALUES ('4', 'a reader', 'curator', 't')")
