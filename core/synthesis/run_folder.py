"""The folder of a generator's training: beside what every run has, ticks and grids of samples. Needs no torch.

samples/    a PNG grid of the same seeds per snapshot

Its best checkpoint is the smoothed generator at its smallest sliced Wasserstein distance.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.runs import run_folder
from core.runs.run_folder import write_whole


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


class RunFolder(run_folder.RunFolder):
    @property
    def samples(self) -> Path:
        return self.path / "samples"

    def append_tick(self, tick: Tick) -> None:
        """Raises WorkspaceError."""
        self.append_statistics(_tick_as_json(tick))

    def ticks(self) -> list[Tick]:
        """In order."""
        return [_tick_from_json(record) for record in self.statistics()]

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
        self.keep_statistics([_tick_as_json(tick) for tick in kept])
        for grid in {file.name for file in self.samples.glob("*")} - {tick.grid for tick in kept}:
            (self.samples / grid).unlink()


def _tick_as_json(tick: Tick) -> dict[str, object]:
    """Levels become text: keys of JSON objects are."""
    swd = {str(level): distance for level, distance in tick.swd.items()} if tick.swd is not None else None
    return {**asdict(tick), "swd": swd}


def _tick_from_json(record: dict[str, object]) -> Tick:
    swd = record.pop("swd")
    levels = {int(level): float(distance) for level, distance in swd.items()} if isinstance(swd, dict) else None
    return Tick(**record, swd=levels)  # type: ignore[arg-type]
