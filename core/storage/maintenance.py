"""Checks and copies of the database itself."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlite_utils import Database

from core.errors import BadInputError
from core.storage.database import translated_errors


def integrity_findings(db: Database) -> list[str]:
    """What SQLite itself finds wrong: damaged pages, rows that point to nothing. Empty when all is well."""
    damage = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    dangling = [
        f"Row {rowid} of table {table} points to a row of {parent} that does not exist."
        for table, rowid, parent, _ in db.execute("PRAGMA foreign_key_check")
    ]
    return damage + dangling


def back_up(db: Database, target: Path) -> None:
    """Copy a live database, consistently, to a new file; raises BadInputError when it exists already."""
    if target.exists():
        raise BadInputError(f"{target} exists already.", "Name a new file; backups are never overwritten.")
    _copy(db.conn, target)


def restore(source: Path, target: Path) -> None:
    """Make a backup the database `target`, which must not exist; raises BadInputError for anything else.

    Nor may a write-ahead log lie there: SQLite would take it for the new database's own.
    """
    log = target.with_name(f"{target.name}-wal")
    if log.exists():
        raise BadInputError(
            f"{log} belongs to a database that was moved away alone.",
            "End the app, and move this file to where that database is.",
        )
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as backup:
            backup.execute("SELECT count(*) FROM studies").fetchone()
            _copy(backup, target)
    except sqlite3.DatabaseError as error:
        raise BadInputError(f"{source} is not a backup of a workspace ({error}).", "Name another file.") from error


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """One file that appears whole or not at all, and is never written over another."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with translated_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(unfinished)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            os.link(unfinished, target)
    finally:
        with suppress(OSError):  # where nothing could be written there is nothing to remove
            unfinished.unlink(missing_ok=True)
