"""Runs of any kind in a workspace: their folders, their names, what they printed, their end. Loads no torch."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from core.errors import NotFoundError, WorkspaceError
from core.identifiers import RunName, checked_name
from core.runs.run_folder import OPTIONS_FILE, RunFolder, RunKind
from core.settings import WorkspacePaths

LOG_FILE = "log.txt"
LOG_CHARACTERS = 20_000

Folder = TypeVar("Folder", bound=RunFolder)
AnyRun = TypeVar("AnyRun")


def folder_named(paths: WorkspacePaths, name: RunName, kind: RunKind, opened: Callable[[Path], Folder]) -> Folder:
    """Raises NotFoundError where no run of that kind has the name."""
    folder = opened(paths.run(RunName(checked_name(name, "run"))))
    if not (folder.path / OPTIONS_FILE).is_file() or folder.kind() is not kind:
        raise NotFoundError(f"There is no {kind} run {name!r}.", f"`mrturing {kind} list` lists them.")
    return folder


def runs_and_problems(
    paths: WorkspacePaths, kind: RunKind, opened: Callable[[Path], Folder], read: Callable[[Folder], AnyRun]
) -> Iterator[AnyRun | WorkspaceError]:
    """Every run of one kind; of one that cannot be read what is wrong with it, and what to do about it."""
    for file in sorted(paths.runs.glob(f"*/{OPTIONS_FILE}")):
        folder = opened(file.parent)
        if folder.kind() is kind:
            try:
                yield read(folder)
            except WorkspaceError as problem:
                yield problem


def run_log(paths: WorkspacePaths, name: RunName) -> str:
    """What the processes of a run that the app started printed, at most the last 20,000 characters."""
    try:
        with (paths.run(name) / LOG_FILE).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_CHARACTERS))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def delete_folder(folder: RunFolder) -> None:
    """Delete a run with all that is in it. Raises RefusedError while it trains."""
    with folder.locked():
        (folder.path / OPTIONS_FILE).unlink()  # first: what has no options is no run, whatever happens next
        shutil.rmtree(folder.path)


def free_name(paths: WorkspacePaths, wish: str) -> RunName:
    """`wish`, or `wish-2` and so on: a name that no folder has."""
    checked_name(wish, "run")
    number = 1
    while paths.run(RunName(wish if number == 1 else f"{wish}-{number}")).exists():
        number += 1
    return RunName(wish if number == 1 else f"{wish}-{number}")


def unreadable(folder: RunFolder, error: Exception) -> WorkspaceError:
    return WorkspaceError(
        f"The options of the run {folder.name} cannot be read ({error!r}).",
        "Restore the run from a copy, or delete its folder.",
    )
