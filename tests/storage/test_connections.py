"""Connections that stay open: lent to one task at a time, and never in a state that the last task left."""

from pathlib import Path

import pytest

from core.errors import RefusedError
from core.storage.connections import Connections
from core.storage.database import opened, writing

INSERT = "INSERT INTO secrets VALUES ('name', 'value')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "workspace" / "mrturing.db"
    with opened(file, create=True):
        return file


def test_the_next_task_gets_the_same_connection(path: Path) -> None:
    connections = Connections(path)
    with connections.lent() as first:
        pass
    with connections.lent() as second:
        assert second is first


def test_two_tasks_at_once_get_two_connections(path: Path) -> None:
    connections = Connections(path)
    with connections.lent() as first, connections.lent() as second:
        assert second is not first


def test_nothing_stays_of_a_task_that_failed(path: Path) -> None:
    connections = Connections(path)

    def fail() -> None:
        with connections.lent() as db, writing(db):
            db.execute(INSERT)
            raise RefusedError("No.", "Go away.")

    with pytest.raises(RefusedError):
        fail()
    with connections.lent() as db:
        assert db.execute("SELECT count(*) FROM secrets").fetchone() == (0,)


def test_what_a_task_did_not_commit_is_gone_and_locks_nobody_out(path: Path) -> None:
    connections = Connections(path)
    with connections.lent() as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute(INSERT)
    with connections.lent() as db, opened(path) as other, writing(other):
        assert db.execute("SELECT count(*) FROM secrets").fetchone() == (0,)


def test_a_database_put_in_the_place_of_another_is_the_one_that_is_used(path: Path) -> None:
    connections = Connections(path)
    with connections.lent() as db, writing(db):
        db.execute(INSERT)
    path.parent.rename(path.parent.with_name("moved"))
    with opened(path, create=True):
        pass
    with connections.lent() as db:
        assert db.execute("SELECT count(*) FROM secrets").fetchone() == (0,)


def test_they_are_closed_when_nobody_holds_them_any_more(path: Path) -> None:
    connections = Connections(path)
    with connections.lent():
        pass
    log = path.with_name("mrturing.db-wal")
    assert log.exists()
    del connections
    assert not log.exists()
