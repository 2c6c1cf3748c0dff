"""Opening a workspace's database: one connection per task, checked, migrated, with foreign keys on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from core.errors import NotFoundError, WorkspaceError, from_os_error
from core.storage.migrations import SCHEMA_VERSION, migrations

__all__ = ["Database", "connected", "empty_log", "opened", "translated_errors", "writing"]

BUSY_TIMEOUT_S = 30.0


@contextmanager
def opened(path: Path, *, create: bool = False) -> Iterator[Database]:
    """Open the database for one task in one thread and close it afterwards.

    Raises NotFoundError where there is none (unless `create`), WorkspaceError where it cannot be used.
    """
    with translated_errors(path):
        if not create and not path.is_file():
            raise NotFoundError(
                f"There is no workspace at {path.parent}.",
                "Make one with `mrturing demo`, `mrturing cohort import` or `mrturing app`.",
            )
        db = connected(path)
        try:
            yield db
        finally:
            db.close()


def connected(path: Path, *, check_same_thread: bool = True) -> Database:
    """A connection that the caller closes; the tables are made or brought up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=check_same_thread)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        db = Database(connection, execute_plugins=False)
        if _schema_version(db) != SCHEMA_VERSION:
            _migrate(db, path)
        if db.journal_mode != "wal":
            _enable_wal(db)
    except BaseException:
        connection.close()
        raise
    return db


@contextmanager
def writing(db: Database, *, durable: bool = True) -> Iterator[None]:
    """One write transaction: the lock is taken at once, so that what is read inside stays true.

    What is not `durable` outlives a killed process but perhaps not a power cut, until the next durable one.
    """
    db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()


def empty_log(db: Database) -> None:
    """Move the write-ahead log into the database and cut it: what was erased there is gone from it too."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the file system's errors into one line that a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise WorkspaceError(f"The database {path} failed: {error}.", _next_step(error)) from error
    except OSError as error:
        raise from_os_error(error, path) from error


def _next_step(error: sqlite3.DatabaseError) -> str:
    what = str(error)
    if "locked" in what or "busy" in what:
        return "Another process is writing; try again in a moment."
    if "full" in what:
        return "Free some disk space; nothing was changed."
    if "I/O" in what:
        return "Free some disk space if the disk is full, then run `mrturing doctor`; nothing was changed."
    if "readonly" in what or "unable to open" in what:
        return "Check the permissions of the workspace's folder, or name another one."
    return "Run `mrturing doctor`, and restore a backup if it finds damage."


def _schema_version(db: Database) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _migrate(db: Database, path: Path) -> None:
    """Bring the tables up to date under the write lock: of two processes the second finds it done."""
    with writing(db):
        version = _schema_version(db)
        if version > SCHEMA_VERSION:
            raise WorkspaceError(
                f"The workspace {path.parent} was written by a newer MR Turing (schema {version}, "
                f"this one knows {SCHEMA_VERSION}).",
                "Update MR Turing.",
            )
        if version < SCHEMA_VERSION:
            migrations.apply(db)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")


def _enable_wal(db: Database) -> None:
    """SQLite does not wait for the lock that this needs: while others are at work, a later opening does it."""
    with suppress(sqlite3.OperationalError):
        db.enable_wal()
