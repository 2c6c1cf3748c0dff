"""Training generators on a cohort's training partition, and drawing synthetic image sets from them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import CohortName, ImageId, ImageSetName, RunName, checked_name
from core.imageset.pixels import open_pixels
from core.imageset.record import (
    IMAGE_SIZE,
    ImageKind,
    ImageRecord,
    ImageSet,
    Partition,
    TrainedOn,
    TumorStatus,
)
from core.provenance import canonical_json, sha256_of_file, utc_now
from core.settings import WorkspacePaths
from core.storage import cohorts, image_sets
from core.storage.database import opened
from core.synthesis.eigenimage import EigenimageGenerator
from core.workflows.image_sets import NewImageSet, add_image_set

if TYPE_CHECKING:
    from core.synthesis.run_folder import RunState, Snapshot, Tick

OPTIONS_FILE = "options.json"
CHECKPOINT_FILE = "checkpoint.safetensors"
SAMPLING_BATCH = 64
_FINISHED = cast("RunState", "finished")


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
        """The best one where there is one, else the last."""
        return self.checkpoints.get(WhichCheckpoint.BEST) or self.checkpoints[WhichCheckpoint.LAST]


def train_eigenimages(paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus, *, seed: int) -> Run:
    """Fit the eigenimage baseline to the training partition's images of one tumor status."""
    pixels = _training_pixels(paths, cohort, tumor_status)
    run = Run(
        name=_free_name(paths, f"eigenimage-{cohort}-{tumor_status}"),
        recipe="eigenimage",
        tumor_status=tumor_status,
        trained_on=TrainedOn(cohort=cohort, partition=Partition.TRAINING, attested=False),
        state=_FINISHED,
        kimg=len(pixels) / 1000,
        planned_kimg=len(pixels) / 1000,
        resolution=IMAGE_SIZE,
        planned_resolution=IMAGE_SIZE,
        seed=seed,
        started_at=utc_now(),
        problem=None,
        checkpoints={},
    )
    generator = EigenimageGenerator.fit(pixels, seed)
    return _saved(paths, run, generator)


def sample_generator(
    paths: WorkspacePaths, run_name: RunName, name: ImageSetName, *, n_images: int, seed: int
) -> ImageSet:
    """Draw images with the seeds `seed`, `seed + 1`, ... from a run's checkpoint into a new synthetic set."""
    if n_images < 1:
        raise BadInputError(f"{n_images} images cannot be drawn.", "Ask for at least 1.")
    run = run_named(paths, run_name)
    generator = EigenimageGenerator.load(run.checkpoint)
    checkpoint_sha256 = sha256_of_file(run.checkpoint)
    seeds = range(seed, seed + n_images)
    records = [
        ImageRecord(image_id=ImageId(f"{checkpoint_sha256[:8]}-{one}"), tumor_status=run.tumor_status, seed=one)
        for one in seeds
    ]
    return add_image_set(
        paths,
        NewImageSet(
            name=name,
            kind=ImageKind.SYNTHETIC,
            tumor_status=run.tumor_status,
            trained_on=run.trained_on,
            provenance={
                "generator": run.name,
                "recipe": run.recipe,
                "checkpoint_sha256": checkpoint_sha256,
                "n_generated": n_images,
            },
        ),
        records,
        _drawn(generator, seeds),
    )


def all_generators(paths: WorkspacePaths) -> list[Run]:
    """Every run of the workspace, oldest first."""
    if not paths.runs.is_dir():
        return []
    files = sorted(paths.runs.glob(f"*/{OPTIONS_FILE}"), key=lambda file: file.stat().st_mtime)
    return [_read_run(file.parent) for file in files]


def run_ticks(paths: WorkspacePaths, name: RunName) -> list[Tick]:
    """The statistics of a run, in order of kimg; none for eigenimages."""
    raise NotImplementedError


def run_snapshots(paths: WorkspacePaths, name: RunName) -> list[Snapshot]:
    """The sample grids of a run, in order of kimg: the same seeds at the same places; none for eigenimages."""
    raise NotImplementedError


def run_log(paths: WorkspacePaths, name: RunName) -> str:
    """What the processes of a run that the app started printed, at most the last 20,000 characters."""
    raise NotImplementedError


def delete_run(paths: WorkspacePaths, name: RunName) -> None:
    """Delete a run with its checkpoints; images drawn from it stay. Raises RefusedError while it trains."""
    raise NotImplementedError


def _drawn(generator: EigenimageGenerator, seeds: range) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, len(seeds), SAMPLING_BATCH):
        yield from generator.images(seeds[start : start + SAMPLING_BATCH])


def _training_pixels(paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus) -> NDArray[np.uint8]:
    name = ImageSetName(f"{cohort}-{tumor_status}")
    with opened(paths.database) as db:
        if cohorts.cohort(db, cohort) is None:
            raise NotFoundError(f"There is no cohort {cohort!r}.", "`mrturing cohort list` lists them.")
        known = image_sets.image_set(db, name)
        if known is None or known.cohort != cohort:
            raise RefusedError(f"The cohort {cohort} has no {tumor_status} images.", "Import one that has.")
        records = image_sets.image_records(db, name)
    chosen = [index for index, record in enumerate(records) if record.partition is Partition.TRAINING]
    return np.asarray(open_pixels(paths.image_set(name))[chosen])


def _free_name(paths: WorkspacePaths, wish: str) -> RunName:
    checked_name(wish, "run")
    taken = {run.name for run in all_generators(paths)}
    names = (RunName(wish if number == 1 else f"{wish}-{number}") for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _saved(paths: WorkspacePaths, run: Run, generator: EigenimageGenerator) -> Run:
    """Write the checkpoint first and the options last, so that a run that can be listed is whole."""
    folder = paths.run(run.name)
    folder.mkdir(parents=True, exist_ok=True)
    generator.save(folder / CHECKPOINT_FILE)
    options = {
        "recipe": run.recipe,
        "tumor_status": run.tumor_status,
        "cohort": run.trained_on.cohort,
        "partition": run.trained_on.partition,
        "kimg": run.kimg,
        "resolution": run.resolution,
        "seed": run.seed,
        "finished_at": utc_now(),
    }
    unfinished = folder / f"{OPTIONS_FILE}.tmp"
    unfinished.write_text(canonical_json(options))
    unfinished.rename(folder / OPTIONS_FILE)
    return _read_run(folder)


def run_named(paths: WorkspacePaths, name: RunName) -> Run:
    """Raises NotFoundError."""
    if not (paths.run(RunName(checked_name(name, "run"))) / OPTIONS_FILE).is_file():
        raise NotFoundError(f"There is no run {name!r}.", "`mrturing generator list` lists them.")
    return _read_run(paths.run(name))


def _read_run(folder: Path) -> Run:
    options = json.loads((folder / OPTIONS_FILE).read_text())
    return Run(
        name=RunName(folder.name),
        recipe=options["recipe"],
        tumor_status=TumorStatus(options["tumor_status"]),
        trained_on=TrainedOn(cohort=options["cohort"], partition=Partition(options["partition"]), attested=False),
        state=_FINISHED,
        kimg=options["kimg"],
        planned_kimg=options["kimg"],
        resolution=options["resolution"],
        planned_resolution=options["resolution"],
        seed=options["seed"],
        started_at=options["finished_at"],
        problem=None,
        checkpoints={WhichCheckpoint.LAST: folder / CHECKPOINT_FILE},
    )
