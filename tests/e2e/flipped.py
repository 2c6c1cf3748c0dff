"""A copy of a workspace in which every truth is the opposite; names, pixels, order and ids stay."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from core.settings import WorkspacePaths

_OPPOSITES = (
    ("cases", "truth", "real", "synthetic"),
    ("cases", "tumor_status", "tumor", "nontumor"),
    ("image_sets", "kind", "real", "synthetic"),
    ("image_sets", "tumor_status", "tumor", "nontumor"),
    ("images", "tumor_status", "tumor", "nontumor"),
)


def flipped_copy(paths: WorkspacePaths, root: Path) -> WorkspacePaths:
    """Copy a workspace that nobody has open, and flip every truth in the copy."""
    shutil.copytree(paths.root, root)
    copy = WorkspacePaths(root)
    with closing(sqlite3.connect(copy.database)) as connection, connection:
        for table, column, one, other in _OPPOSITES:
            swap = f"UPDATE {table} SET {column} = CASE {column} WHEN ? THEN ? WHEN ? THEN ? ELSE {column} END"  # noqa: S608
            assert connection.execute(swap, [one, other, other, one]).rowcount > 0
    assert not set(_truths(paths)) & set(_truths(copy))
    return copy


def _truths(paths: WorkspacePaths) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(paths.database)) as connection:
        return connection.execute("SELECT case_id, truth, tumor_status FROM cases").fetchall()
