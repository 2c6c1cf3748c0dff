"""Copies of a database that is in use, and back again."""

import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import BadInputError, RefusedError, WorkspaceError
from core.settings import WorkspacePaths
from core.storage.database import opened, writing
from core.workflows.maintenance import back_up, restore
from tests.phantoms import workspace_with_four_sets


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return workspace_with_four_sets(tmp_path / "workspace", n=1)


def test_a_backup_taken_while_another_thread_writes_is_consistent(paths: WorkspacePaths, tmp_path: Path) -> None:
    """Each transaction writes a pair: a copy with half of one would show."""
    started, stop = threading.Event(), threading.Event()

    def write_pairs() -> None:
        number = 0
        while not stop.is_set():
            with opened(paths.database) as db, writing(db):
                db.execute("INSERT INTO secrets VALUES (?, ?)", [f"left {number}", "x" * 2000])
                db.execute("INSERT INTO secrets VALUES (?, ?)", [f"right {number}", "x" * 2000])
            number += 1
            if number == 3:
                started.set()

    writer = threading.Thread(target=write_pairs)
    writer.start()
    try:
        assert started.wait(30)
        copies = [tmp_path / f"copy{number}.db" for number in range(4)]
        hashes = [back_up(paths, copy) for copy in copies]
    finally:
        stop.set()
        writer.join()
    for copy, sha256 in zip(copies, hashes, strict=True):
        assert hashlib.sha256(copy.read_bytes()).hexdigest() == sha256
        with closing(sqlite3.connect(copy)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            counts = dict(db.execute("SELECT substr(name, 1, 4), count(*) FROM secrets GROUP BY 1"))
            assert counts["left"] == counts["righ"] >= 3
            assert db.execute("SELECT count(*) FROM image_sets").fetchone() == (4,)
    assert {entry.name for entry in tmp_path.iterdir()} == {"workspace", *(copy.name for copy in copies)}


def test_a_backup_never_replaces_a_file(paths: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(BadInputError, match="exists already"):
        back_up(paths, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_backup_that_cannot_be_written_is_one_line(paths: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError):
        back_up(paths, tmp_path / "file" / "copy.db")


def test_a_restored_workspace_is_the_one_that_was_backed_up(paths: WorkspacePaths, tmp_path: Path) -> None:
    back_up(paths, tmp_path / "copy.db")
    new = WorkspacePaths(tmp_path / "new")
    restore(new, tmp_path / "copy.db")
    with opened(paths.database) as old, opened(new.database) as db:
        assert list(db.query("SELECT * FROM images")) == list(old.query("SELECT * FROM images"))
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_restoring_never_replaces_a_database(paths: WorkspacePaths, tmp_path: Path) -> None:
    back_up(paths, tmp_path / "copy.db")
    before = paths.database.read_bytes()
    with pytest.raises(RefusedError, match="has a database already"):
        restore(paths, tmp_path / "copy.db")
    assert paths.database.read_bytes() == before


def test_restoring_beside_the_log_of_another_database_is_refused(paths: WorkspacePaths, tmp_path: Path) -> None:
    back_up(paths, tmp_path / "copy.db")
    new = WorkspacePaths(tmp_path / "new")
    new.root.mkdir()
    new.database.with_name(f"{new.database.name}-wal").touch()
    with pytest.raises(BadInputError, match="moved away alone"):
        restore(new, tmp_path / "copy.db")
    assert not new.database.exists()


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_what_is_no_backup_is_refused_and_nothing_is_made(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "copy.db").write_bytes(content)
    new = WorkspacePaths(tmp_path / "new")
    with pytest.raises(BadInputError, match="not a backup"):
        restore(new, tmp_path / "copy.db")
    assert not new.root.exists()


def test_a_restore_that_cannot_be_written_is_one_line(paths: WorkspacePaths, tmp_path: Path) -> None:
    back_up(paths, tmp_path / "copy.db")
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError):
        restore(WorkspacePaths(tmp_path / "file"), tmp_path / "copy.db")
