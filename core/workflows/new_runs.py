"""Folders of runs that begin: one name each, and nothing left of what never began."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from core.errors import MrTuringError, RefusedError
from core.identifiers import RunName, checked_name
from core.runs.run_folder import OPTIONS_FILE, RunFolder
from core.settings import WorkspacePaths
from core.workflows.runs import LOG_FILE

if TYPE_CHECKING:
    from core.runs.distributed import Workers

Folder = TypeVar("Folder", bound=RunFolder)


def folder_of_its_own(paths: WorkspacePaths, name: RunName, workers: Workers, kind: type[Folder]) -> Folder:
    """Raises RefusedError when a run has that name.

    The other processes of torchrun write nothing: theirs is not there, whatever the first has written already.
    """
    if not workers.writes:
        return kind(paths.runs / f".process-{workers.rank}")
    folder = kind(paths.run(RunName(checked_name(name, "run"))))
    if (folder.path / OPTIONS_FILE).exists():
        raise RefusedError(f"There is a run {name!r} already.", "Choose another name, or resume it.")
    return folder


@contextlib.contextmanager
def nothing_left_where_it_never_began(folder: RunFolder, workers: Workers) -> Iterator[None]:
    """But the log, which whoever started this process will read."""
    try:
        yield
    except MrTuringError:
        if workers.writes and not folder.last_checkpoint.exists():
            (folder.path / OPTIONS_FILE).unlink(missing_ok=True)
            if not (folder.path / LOG_FILE).exists():
                shutil.rmtree(folder.path, ignore_errors=True)
        raise
