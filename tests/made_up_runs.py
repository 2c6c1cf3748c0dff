"""Run folders as a training leaves them, without a training."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.identifiers import RunName
from core.imaging.png import encode_png
from core.runs.run_folder import Outcome, RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import GRID_COLUMNS, GRID_ROWS, RunFolder, Tick

PLANNED_KIMG = 20.0
RESOLUTIONS = (8, 16)
SWD = {16: 40.0, 8: 20.0}


def tick(kimg: float, **changes: object) -> Tick:
    """At 8 px in the first half of the plan, at 16 px in the second."""
    values: dict[str, object] = {
        "kimg": kimg,
        "resolution": RESOLUTIONS[kimg > PLANNED_KIMG / 2],
        "fade_in_alpha": 1.0,
        "batch": 8,
        "discriminator_loss": -kimg,
        "generator_loss": kimg / 2,
        "wasserstein_distance": 3.0,
        "gradient_penalty": 0.25,
        "discriminator_gradient_norm": 1.0,
        "generator_gradient_norm": 1.0,
        "images_per_s": 100.0,
        "loader_share": 0.01,
        "memory_mb": 500.0,
        "seconds": 10 * kimg,
        "seconds_left": 10 * (PLANNED_KIMG - kimg),
    }
    return Tick(**values | changes)


def write_run(
    paths: WorkspacePaths,
    name: str,
    *,
    state: RunState = RunState.FINISHED,
    kimg: int = int(PLANNED_KIMG),
    problem: tuple[str, str] = ("Went as asked.", "Go on."),
    checkpoints: bool = True,
) -> RunFolder:
    """A new run, or the same one farther on: a tick per kimg and a snapshot at every fifth.

    One that shall be training is interrupted until somebody locks it.
    """
    folder = RunFolder(paths.run(RunName(name)))
    folder.write_options(options())
    folder.rewind(0.0)
    for shown in range(1, kimg + 1):
        is_snapshot = shown % 5 == 0
        grid = folder.write_grid(float(shown), grid_png(shown)) if is_snapshot else None
        folder.append_tick(tick(float(shown), swd=SWD if is_snapshot else None, grid=grid))
    if checkpoints:
        _touch(folder.best_checkpoint)
        _touch(folder.last_checkpoint)
    if state not in {RunState.RUNNING, RunState.INTERRUPTED}:
        folder.write_outcome(Outcome(state=state, what=problem[0], next_step=problem[1]))
    return folder


def options() -> Mapping[str, object]:
    return {
        "recipe": "smoke",
        "cohort": "glioma",
        "tumor_status": "tumor",
        "partition": "training",
        "planned_kimg": PLANNED_KIMG,
        "resolution": RESOLUTIONS[-1],
        "seed": 0,
        "started_at": "2026-01-01T10:00:00+00:00",
    }


def grid_png(gray: int) -> bytes:
    return encode_png(np.full((8 * GRID_ROWS, 8 * GRID_COLUMNS), gray, np.uint8))


def _touch(file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.touch()
