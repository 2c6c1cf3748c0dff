"""The folder of one training: what it was asked, how it goes, how it ended. Reading it needs no torch.

options.json                    what was asked, written once
stats.jsonl                     one line per tick
checkpoints/last.safetensors    all that training needs to go on
checkpoints/best.safetensors    what is used of it: the network where it was best
outcome.json                    how the last training in it ended; absent while one goes on
lock                            held by the process that trains, and its process id
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.errors import RefusedError, WorkspaceError, from_os_error
from core.provenance import canonical_json

OPTIONS_FILE = "options.json"
STATS_FILE = "stats.jsonl"
OUTCOME_FILE = "outcome.json"
LOCK_FILE = "lock"
LOCK_PATIENCE_S = 1.0  # whoever only looks whether a run trains holds its lock for a moment


class RunKind(StrEnum):
    GENERATOR = "generator"
    DETECTOR = "detector"


class RunState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    PAUSED = "paused"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process was killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a training ended: what happened and what a person can do next, each one line."""

    state: RunState
    what: str
    next_step: str


class RunFolder:
    """Reads and writes the files of one run; every file appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._holds_lock = False

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def last_checkpoint(self) -> Path:
        return self.path / "checkpoints" / "last.safetensors"

    @property
    def best_checkpoint(self) -> Path:
        return self.path / "checkpoints" / "best.safetensors"

    def state(self) -> RunState:
        if self.training_process() is not None:
            return RunState.RUNNING
        outcome = self.outcome()
        return outcome.state if outcome else RunState.INTERRUPTED

    # What was asked

    def write_options(self, options: Mapping[str, object]) -> None:
        write_whole(self.path / OPTIONS_FILE, canonical_json(options).encode())

    def options(self) -> dict[str, object]:
        """Raises WorkspaceError when they cannot be read."""
        try:
            options: dict[str, object] = json.loads((self.path / OPTIONS_FILE).read_bytes())
        except (OSError, ValueError) as error:
            raise WorkspaceError(
                f"The options of the run {self.name} cannot be read ({error}).",
                "Restore the run from a copy, or delete its folder.",
            ) from error
        return options

    def kind(self) -> RunKind:
        """Of what it trains; a generator where the options cannot be read, in whose list such runs are named."""
        try:
            return RunKind.DETECTOR if self.options().get("kind") == RunKind.DETECTOR else RunKind.GENERATOR
        except WorkspaceError:
            return RunKind.GENERATOR

    # How it goes

    def append_statistics(self, record: Mapping[str, object]) -> None:
        """Raises WorkspaceError."""
        try:
            with (self.path / STATS_FILE).open("a") as file:
                file.write(canonical_json(record) + "\n")
        except OSError as error:
            raise from_os_error(error, self.path / STATS_FILE) from error

    def statistics(self) -> list[dict[str, Any]]:
        """In order; a line that a killed process left unfinished does not count."""
        try:
            lines = (self.path / STATS_FILE).read_text().split("\n")
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines[:-1]]

    def keep_statistics(self, records: Sequence[Mapping[str, object]]) -> None:
        """Forget all others: those of steps that a resume does again."""
        lines = "".join(canonical_json(record) + "\n" for record in records)
        write_whole(self.path / STATS_FILE, lines.encode())

    # How it ended

    def write_outcome(self, outcome: Outcome) -> None:
        record = {"outcome": outcome.state, "what": outcome.what, "next_step": outcome.next_step}
        write_whole(self.path / OUTCOME_FILE, canonical_json(record).encode())

    def outcome(self) -> Outcome | None:
        """None while a training goes on or when its process was killed."""
        try:
            record = json.loads((self.path / OUTCOME_FILE).read_bytes())
        except FileNotFoundError:
            return None
        return Outcome(state=RunState(record["outcome"]), what=record["what"], next_step=record["next_step"])

    def forget_outcome(self) -> None:
        (self.path / OUTCOME_FILE).unlink(missing_ok=True)

    # Who trains in it

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run against every other process; within a block that holds it already, do nothing.

        The lock goes with its process, however that ends. Raises RefusedError when another one holds it.
        """
        if self._holds_lock:
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take(descriptor)
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            self._holds_lock = True
            yield
        finally:
            self._holds_lock = False
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        patient_until = time.monotonic() + LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < patient_until:
                    time.sleep(0.02)
                    continue
                raise RefusedError(
                    f"The run {self.name} is being trained by another process.",
                    "Wait until it ends, or pause it first.",
                ) from None
            return

    def training_process(self) -> int | None:
        """The id of the process that holds the lock, None when nobody does."""
        try:
            descriptor = os.open(self.path / LOCK_FILE, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.pread(descriptor, 32, 0) or b"0")
        finally:
            os.close(descriptor)
        return None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, make it durable, then rename it. Raises WorkspaceError.

    Where that fails, what was there before stays as it was.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise from_os_error(error, path) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
