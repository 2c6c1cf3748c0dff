"""The generators of a workspace: what each is, how far it came, and what it says of itself. Loads no torch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import RefusedError, WorkspaceError
from core.identifiers import RunName
from core.imageset.record import Partition, TrainedOn, TumorStatus
from core.runs.run_folder import RunKind, RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import RunFolder, Snapshot, Tick
from core.workflows.runs import delete_folder, folder_named, runs_and_problems, unreadable

EIGENIMAGE = "eigenimage"


class WhichCheckpoint(StrEnum):
    """`best`: the smoothed generator at its smallest sliced Wasserstein distance; `last`: where training stands."""

    BEST = "best"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training, as its folder records it. `kimg`: thousands of real images shown to the discriminator so far,
    of `planned_kimg`. `problem`: what ended a failed run and what to do next, in one line.
    """

    name: RunName
    recipe: str
    tumor_status: TumorStatus
    trained_on: TrainedOn
    state: RunState
    kimg: float
    planned_kimg: float
    resolution: int
    planned_resolution: int
    seed: int
    started_at: str
    problem: str | None
    checkpoints: Mapping[WhichCheckpoint, Path]

    @property
    def checkpoint(self) -> Path:
        """The best one where there is one, else the last. Raises RefusedError where there is none yet."""
        return self.checkpoint_file(WhichCheckpoint.BEST)

    def checkpoint_file(self, which: WhichCheckpoint) -> Path:
        """`best` is `last` where nothing told which was best."""
        found = self.checkpoints.get(which) or self.checkpoints.get(WhichCheckpoint.LAST)
        if found is None:
            raise RefusedError(f"The run {self.name} has no checkpoint yet.", "Wait for its first one.")
        return found


def all_generators(paths: WorkspacePaths) -> list[Run]:
    """Every run of the workspace that can be read, oldest first; those that are training too."""
    found = [entry for entry in _runs_and_problems(paths) if isinstance(entry, Run)]
    return sorted(found, key=lambda run: (run.started_at, run.name))


def unreadable_runs(paths: WorkspacePaths) -> list[WorkspaceError]:
    """What is wrong with each run that cannot be read, and what to do about it."""
    return [entry for entry in _runs_and_problems(paths) if isinstance(entry, WorkspaceError)]


def run_named(paths: WorkspacePaths, name: RunName) -> Run:
    """Raises NotFoundError."""
    return _read_run(run_folder(paths, name))


def run_folder(paths: WorkspacePaths, name: RunName) -> RunFolder:
    """Raises NotFoundError."""
    return folder_named(paths, name, RunKind.GENERATOR, RunFolder)


def run_ticks(paths: WorkspacePaths, name: RunName) -> list[Tick]:
    """The statistics of a run, in order of kimg; none for eigenimages."""
    return run_folder(paths, name).ticks()


def run_snapshots(paths: WorkspacePaths, name: RunName) -> list[Snapshot]:
    """The sample grids of a run, in order of kimg: the same seeds at the same places; none for eigenimages."""
    return run_folder(paths, name).snapshots()


def delete_run(paths: WorkspacePaths, name: RunName) -> None:
    """Delete a run with its checkpoints; images drawn from it stay. Raises RefusedError while it trains."""
    delete_folder(run_folder(paths, name))


def _runs_and_problems(paths: WorkspacePaths) -> Iterator[Run | WorkspaceError]:
    return runs_and_problems(paths, RunKind.GENERATOR, RunFolder, _read_run)


def _read_run(folder: RunFolder) -> Run:
    options = folder.options()
    state, ticks, outcome = folder.state(), folder.ticks(), folder.outcome()
    try:
        seen = options["recipe"] == EIGENIMAGE  # learned at once, from all images
        return Run(
            name=RunName(folder.name),
            recipe=str(options["recipe"]),
            tumor_status=TumorStatus(str(options["tumor_status"])),
            trained_on=TrainedOn(
                cohort=str(options["cohort"]), partition=Partition(str(options["partition"])), attested=False
            ),
            state=state,
            kimg=ticks[-1].kimg if ticks else _number(options["planned_kimg"]) if seen else 0.0,
            planned_kimg=_number(options["planned_kimg"]),
            resolution=ticks[-1].resolution if ticks else int(_number(options["resolution"])) if seen else 0,
            planned_resolution=int(_number(options["resolution"])),
            seed=int(_number(options["seed"])),
            started_at=str(options["started_at"]),
            problem=f"{outcome.what} {outcome.next_step}" if outcome and state is RunState.FAILED else None,
            checkpoints={which: file for which, file in _files(folder).items() if file.is_file()},
        )
    except (KeyError, ValueError) as error:
        raise unreadable(folder, error) from error


def _files(folder: RunFolder) -> dict[WhichCheckpoint, Path]:
    return {WhichCheckpoint.BEST: folder.best_checkpoint, WhichCheckpoint.LAST: folder.last_checkpoint}


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    return value
