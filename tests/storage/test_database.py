"""Opening a workspace: from nothing, from another version, damaged, locked, forbidden."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import NotFoundError, WorkspaceError
from core.storage import database
from core.storage.database import opened, writing
from core.storage.migrations import SCHEMA_VERSION

TABLES = {
    "secrets", "people", "cohorts", "subjects", "image_sets", "images", "studies", "cases", "enrollments",
    "invitations", "trials", "tickets", "responses", "curation_acts", "curation_reasons", "sample_reviews",
    "releases", "release_images",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "mrturing.db"


def test_an_empty_folder_gets_every_table_in_wal_with_foreign_keys_on(path: Path) -> None:
    with opened(path, create=True) as db:
        assert set(db.table_names()) >= TABLES
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_an_empty_file_is_a_new_workspace(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with opened(path) as db:
        assert set(db.table_names()) >= TABLES


def test_opening_again_changes_nothing(path: Path) -> None:
    with opened(path, create=True) as db:
        db.execute("INSERT INTO secrets VALUES ('a', 'b')")
        before = db.schema
    with opened(path, create=True) as db:
        assert db.schema == before
        assert db.execute("SELECT * FROM secrets").fetchall() == [("a", "b")]


def test_every_table_is_strict(path: Path) -> None:
    with opened(path, create=True) as db:
        assert {table for table in TABLES if not db.table(table).strict} == set()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO image_sets VALUES ('a', 'real', 'tumor', 'many', 'h', 't', NULL, NULL, NULL, NULL, '{}')",
        "INSERT INTO image_sets VALUES ('a', 'fake', 'tumor', 1, 'h', 't', NULL, NULL, NULL, NULL, '{}')",
        "INSERT INTO image_sets VALUES ('a', 'real', 'tumor', 0, 'h', 't', NULL, NULL, NULL, NULL, '{}')",
        "INSERT INTO image_sets VALUES ('a', 'real', 'tumor', 1, 'h', 't', 'nobody', NULL, NULL, NULL, '{}')",
        "INSERT INTO subjects VALUES ('no cohort', 'p1', 'test')",
        "INSERT INTO people VALUES ('1', 'name', 'rater', 't')",
        "INSERT INTO studies VALUES ('s', 'open', '{}', NULL, 't', NULL, NULL)",
    ],
)
def test_wrong_types_words_and_references_are_refused(path: Path, statement: str) -> None:
    with opened(path, create=True) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)


def test_no_workspace_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(NotFoundError, match="mrturing demo"), opened(path):
        pass
    assert not path.parent.exists()


def test_a_newer_workspace_is_refused_and_left_alone(path: Path) -> None:
    with opened(path, create=True) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(WorkspaceError, match=rf"schema {SCHEMA_VERSION + 1}.*Update"), opened(path):
        pass
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
    connection.close()


def test_a_file_that_is_no_database_is_one_line(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database, however long it may be" * 100)
    with (
        pytest.raises(WorkspaceError, match=r"mrturing\.db failed: file is not a database") as refused,
        opened(path),
    ):
        pass
    assert "\n" not in str(refused.value)


def test_a_locked_database_says_who_is_in_the_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)

    def write_too() -> None:
        with opened(path) as second, writing(second):
            pytest.fail("two writers at once")

    with opened(path, create=True) as first, writing(first), pytest.raises(WorkspaceError, match="Another process"):
        write_too()


def test_a_reader_is_not_held_up_by_a_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    with opened(path, create=True) as first, writing(first):
        first.execute("INSERT INTO secrets VALUES ('a', 'b')")
        with opened(path) as second:
            assert second.execute("SELECT count(*) FROM secrets").fetchone() == (0,)


def test_a_workspace_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="file"), opened(tmp_path / "file" / "mrturing.db", create=True):
        pass


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Needs a folder that is read-only for everybody.")
def test_a_folder_that_cannot_be_written_is_one_line() -> None:
    with pytest.raises(WorkspaceError, match=r"/proc"), opened(Path("/proc/workspace/mrturing.db"), create=True):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="Nothing is forbidden to root.")
def test_a_read_only_folder_says_to_check_permissions(path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(WorkspaceError, match="permissions"), opened(path, create=True):
        pass


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    def interrupted() -> None:
        with writing(db):
            db.execute("INSERT INTO secrets VALUES ('a', 'b')")
            raise InterruptedError

    with opened(path, create=True) as db:
        with pytest.raises(InterruptedError):
            interrupted()
        assert db.execute("SELECT count(*) FROM secrets").fetchone() == (0,)
        with writing(db):
            db.execute("INSERT INTO secrets VALUES ('a', 'c')")
    with opened(path) as db:
        assert db.execute("SELECT value FROM secrets").fetchall() == [("c",)]


def test_threads_that_open_a_new_workspace_at_once_all_get_it(tmp_path: Path) -> None:
    def first_words(number: int) -> None:
        with opened(tmp_path / str(number // 8) / "mrturing.db", create=True) as db, writing(db):
            db.execute("INSERT INTO secrets VALUES (?, 'x')", [str(number)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(first_words, range(80)))
    for folder in tmp_path.iterdir():
        with opened(folder / "mrturing.db") as db:
            assert db.execute("SELECT count(*) FROM secrets").fetchone() == (8,)
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_processes_that_open_a_new_workspace_at_once_all_get_it(tmp_path: Path) -> None:
    """Each opens the same 20 new workspaces, and waits before each for the others to be ready."""
    code = (
        "import sys; from pathlib import Path; from core.storage.database import opened, writing\n"
        "for number in range(20):\n"
        "    print(flush=True); sys.stdin.readline()\n"
        "    with opened(Path(sys.argv[1], str(number), 'a.db'), create=True) as db, writing(db):\n"
        "        db.execute('INSERT INTO secrets VALUES (?, ?)', [sys.argv[2], 'x'])\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)], **pipes) for number in range(3)
    ]
    for _ in range(20):
        for process in processes:
            process.stdout.readline()
        for process in processes:
            if process.poll() is None:
                process.stdin.write("go\n")
                process.stdin.flush()
    ends = [process.communicate()[1] for process in processes]
    assert [(process.returncode, end) for process, end in zip(processes, ends, strict=True)] == [(0, "")] * 3
    for folder in tmp_path.iterdir():
        with opened(folder / "a.db") as db:
            assert db.execute("SELECT count(*) FROM secrets").fetchone() == (3,)
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
