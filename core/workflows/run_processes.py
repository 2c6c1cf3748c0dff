"""Runs of any kind as processes: the app starts the commands that a person could type, none of which ends with it.

Nothing here loads torch: whoever needs it is a process of its own.
"""

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from core.errors import MrTuringError, RefusedError
from core.identifiers import RunName, checked_name
from core.runs.run_folder import STATS_FILE, Outcome, RunFolder, RunState
from core.settings import WorkspacePaths
from core.workflows.detached import detached, wait_until_begun
from core.workflows.runs import LOG_FILE, free_name


def start_run(paths: WorkspacePaths, words: Sequence[str], *, name: RunName | None, wish: str) -> RunName:
    """Start `mrturing WORDS --name NAME`, which goes on when the app ends; returns when it trains.

    Without a name it gets the one that is wished for, or one like it. Raises what the command refuses.
    """
    name = name or free_name(paths, wish)
    folder = RunFolder(paths.run(RunName(checked_name(name, "run"))))
    try:
        folder.path.mkdir(parents=True)
    except FileExistsError:
        raise RefusedError(f"There is a run {name!r} already.", "Choose another name, or resume it.") from None
    try:
        _start_and_watch(paths, [*words, "--name", name], folder)
    except MrTuringError:
        if not folder.last_checkpoint.exists():
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return RunName(name)


def resume_run(paths: WorkspacePaths, words: Sequence[str], folder: RunFolder) -> None:
    """Start a paused, stopped, interrupted or failed run again from its last checkpoint."""
    if folder.state() is RunState.RUNNING:
        raise RefusedError(f"The run {folder.name} is training already.", "Watch it, or pause it.")
    _start_and_watch(paths, [*words, "--resume", folder.name], folder)


def pause_run(folder: RunFolder) -> None:
    """Ask a run that is training to save and end, to be resumed later; it does so after its current step."""
    if not _signaled(folder, signal.SIGTERM):
        raise RefusedError(f"The run {folder.name} is not training.", "There is nothing to pause.")


def stop_run(folder: RunFolder, *, next_step: str) -> None:
    """Like `pause_run`, for good: what is trained stays as it is. A run that waits to be resumed is marked."""
    if _signaled(folder, signal.SIGINT):
        return
    if folder.state() not in {RunState.PAUSED, RunState.INTERRUPTED}:
        raise RefusedError(f"The run {folder.name} is {folder.state()}.", "There is nothing to stop.")
    with folder.locked():
        what = "Stopped; the last checkpoint stays."
        folder.write_outcome(Outcome(state=RunState.STOPPED, what=what, next_step=next_step))


def _start_and_watch(paths: WorkspacePaths, words: Sequence[str], folder: RunFolder) -> None:
    """It has begun when it has put the statistics of the run in order, which it does once nothing is refused."""
    statistics = folder.path / STATS_FILE
    before = _changed_at(statistics)
    process = detached(paths, words, folder.path / LOG_FILE)
    wait_until_begun(process, folder.path / LOG_FILE, lambda: _changed_at(statistics) != before)


def _changed_at(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.exists() else None


def _signaled(folder: RunFolder, number: signal.Signals) -> bool:
    """Whether there was a process to tell. Its id is that of whoever holds the run's lock, never a stale one."""
    process = folder.training_process()
    if process is None:
        return False
    try:
        os.kill(process, number)
    except ProcessLookupError:
        raise RefusedError(
            f"The run {folder.name} trains on another machine.", "End it there: SIGTERM pauses, SIGINT stops."
        ) from None
    return True
