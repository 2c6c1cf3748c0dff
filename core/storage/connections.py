"""Connections that stay open from request to request: opening and closing one takes longer than most answers."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.storage.database import Database, connected, translated_errors


class Connections:
    """Connections to one database file, each lent to one task at a time, the last one used first.

    There are as many as there were tasks at once; they are closed when this object goes, and with the process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[tuple[int, Database]] = []
        weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def lent(self) -> Iterator[Database]:
        """A connection for one task, which leaves nothing uncommitted behind; closed where the task fails.

        Raises WorkspaceError where the database cannot be used.
        """
        with translated_errors(self._path):
            file_number = self._path.stat().st_ino
            db = self._idle_on(file_number) or connected(self._path, check_same_thread=False)
            try:
                yield db
                db.rollback()
            except BaseException:
                db.close()
                raise
            self._idle.append((file_number, db))

    def _idle_on(self, file_number: int) -> Database | None:
        """None where all are at work. Those to a file that was moved away or deleted are closed."""
        while True:
            try:
                opened_on, db = self._idle.pop()
            except IndexError:
                return None
            if opened_on == file_number:
                return db
            db.close()


def _close_all(idle: list[tuple[int, Database]]) -> None:
    while idle:
        idle.pop()[1].close()
