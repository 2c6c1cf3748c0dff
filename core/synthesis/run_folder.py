"""The folder of one training: what it was asked, how it goes, what it keeps. Reading it needs no torch.

options.json                    what was asked, written once
stats.jsonl                     one line per tick
samples/                        a PNG grid of the same seeds per snapshot
checkpoints/last.safetensors    all that training needs to go on
checkpoints/best.safetensors    the smoothed generator at its smallest sliced Wasserstein distance
outcome.json                    how the last training in it ended; absent while one goes on
lock                            held by the process that trains, and its process id
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import RefusedError, WorkspaceError, from_os_error
from core.provenance import canonical_json

OPTIONS_FILE = "options.json"
STATS_FILE = "stats.jsonl"
OUTCOME_FILE = "outcome.json"
LOCK_FILE = "lock"
LOCK_PATIENCE_S = 1.0  # whoever only looks whether a run trains holds its lock for a moment


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Means over the steps since the tick before. `kimg`: thousands of real images shown so far.

    `fade_in_alpha` is 1 once a resolution has faded in. `loader_share`: of the time, in making batches of real
    images. `seconds`: spent in training, also before a resume. `swd`: sliced Wasserstein distance times 1000 by
    resolution of the pyramid's level, and `grid`: a file in samples/, both only at a snapshot.
    """

    kimg: float
    resolution: int
    fade_in_alpha: float
    batch: int
    discriminator_loss: float
    generator_loss: float
    wasserstein_distance: float
    gradient_penalty: float
    discriminator_gradient_norm: float
    generator_gradient_norm: float
    images_per_s: float
    loader_share: float
    memory_mb: float
    seconds: float
    seconds_left: float
    swd: Mapping[int, float] | None = None
    grid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`path`: a PNG of GRID_COLUMNS x GRID_ROWS images, always of the same seeds in the same places."""

    kimg: float
    resolution: int
    fade_in_alpha: float
    path: Path
    swd: Mapping[int, float] | None


GRID_COLUMNS = 8
GRID_ROWS = 4


class RunFolder:
    """Reads and writes the files of one run; every file appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._holds_lock = False

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def samples(self) -> Path:
        return self.path / "samples"

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

    # How it goes

    def append_tick(self, tick: Tick) -> None:
        """Raises WorkspaceError."""
        try:
            with (self.path / STATS_FILE).open("a") as file:
                file.write(canonical_json(_tick_as_json(tick)) + "\n")
        except OSError as error:
            raise from_os_error(error, self.path / STATS_FILE) from error

    def ticks(self) -> list[Tick]:
        """In order; a line that a killed process left unfinished does not count."""
        try:
            lines = (self.path / STATS_FILE).read_text().split("\n")
        except FileNotFoundError:
            return []
        return [_tick_from_json(json.loads(line)) for line in lines[:-1]]

    def snapshots(self) -> list[Snapshot]:
        """In order."""
        return [
            Snapshot(
                kimg=tick.kimg,
                resolution=tick.resolution,
                fade_in_alpha=tick.fade_in_alpha,
                path=self.samples / tick.grid,
                swd=tick.swd,
            )
            for tick in self.ticks()
            if tick.grid is not None
        ]

    def write_grid(self, kimg: float, png: bytes) -> str:
        """Keep the grid of a snapshot and return the name of its file in `samples`."""
        name = f"{kimg:010.3f}-kimg.png"
        write_whole(self.samples / name, png)
        return name

    def rewind(self, kimg: float) -> None:
        """Forget the ticks and grids of steps that a resume from this point does again."""
        kept = [tick for tick in self.ticks() if tick.kimg <= kimg]
        lines = "".join(canonical_json(_tick_as_json(tick)) + "\n" for tick in kept)
        write_whole(self.path / STATS_FILE, lines.encode())
        for grid in {file.name for file in self.samples.glob("*")} - {tick.grid for tick in kept}:
            (self.samples / grid).unlink()

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


def _tick_as_json(tick: Tick) -> dict[str, object]:
    """Levels become text: keys of JSON objects are."""
    swd = {str(level): distance for level, distance in tick.swd.items()} if tick.swd is not None else None
    return {**asdict(tick), "swd": swd}


def _tick_from_json(record: dict[str, object]) -> Tick:
    swd = record.pop("swd")
    levels = {int(level): float(distance) for level, distance in swd.items()} if isinstance(swd, dict) else None
    return Tick(**record, swd=levels)  # type: ignore[arg-type]
