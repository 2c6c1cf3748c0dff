"""Training a generator in this process, as `mrturing generator train` does. Torch loads only then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInputError, RefusedError
from core.fidelity.sliced_wasserstein import sliced_wasserstein
from core.identifiers import CohortName, RunName, checked_name
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.record import IMAGE_SIZE, Partition, TumorStatus
from core.imaging.canonical import averaged
from core.provenance import utc_now
from core.runs.run_folder import OPTIONS_FILE, Outcome, RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import RunFolder, Tick
from core.workflows.generators import EIGENIMAGE, Run, run_folder, run_named
from core.workflows.new_runs import folder_of_its_own, nothing_left_where_it_never_began
from core.workflows.runs import free_name
from core.workflows.training_data import TrainingData, training_data

if TYPE_CHECKING:
    from core.runs.devices import Compute
    from core.runs.distributed import Workers
    from core.synthesis.recipes import TrainingConfig

MOST_MEASURED_AGAINST = 512
ShouldStop = Callable[[], str | None]
OnTick = Callable[[Tick], None]


class Recipe(StrEnum):
    PAPER = "paper"
    LIGHT = "light"
    SMOKE = "smoke"
    EIGENIMAGE = EIGENIMAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """What a person decides of a training; None leaves it to the recipe (`precision`: to the machine).

    `kimg`: thousands of real images to show. `resolution`: pixels that the images grow to.
    """

    cohort: CohortName
    tumor_status: TumorStatus
    recipe: Recipe = Recipe.LIGHT
    kimg: float | None = None
    resolution: int | None = None
    batch: int | None = None
    precision: Literal["fp32", "bf16"] | None = None
    seed: int = 0
    horizontal_flip: bool = False
    name: RunName | None = None


def train(
    paths: WorkspacePaths, request: TrainingRequest, *, should_stop: ShouldStop, on_tick: OnTick
) -> Run | None:
    """Make a run and train it to its end, or until `should_stop` says "paused" or "stopped".

    Of several processes that torchrun started, only the first gets the run. Raises NotFoundError, RefusedError or
    BadInputError before anything is made, RefusedError too where the training failed; its run then stays.
    """
    data = training_data(paths, request.cohort, request.tumor_status)
    if request.recipe is Recipe.EIGENIMAGE:
        return _fit_eigenimages(paths, request, data)
    config = config_of(request, len(data.training))
    return _trained(paths, _Training(request=request, data=data, config=config), should_stop, on_tick)


def train_eigenimages(paths: WorkspacePaths, cohort: CohortName, tumor_status: TumorStatus, *, seed: int) -> Run:
    """Fit the eigenimage baseline to the training partition's images of one tumor status."""
    request = TrainingRequest(cohort=cohort, tumor_status=tumor_status, recipe=Recipe.EIGENIMAGE, seed=seed)
    return _fit_eigenimages(paths, request, training_data(paths, cohort, tumor_status))


def resume(
    paths: WorkspacePaths,
    name: RunName,
    *,
    recipe: Recipe | None = None,
    resolution: int | None = None,
    should_stop: ShouldStop,
    on_tick: OnTick,
) -> Run | None:
    """Go on where the last checkpoint of a run stands. A higher `resolution` than it was to reach adds its stages.

    Raises RefusedError for another `recipe`, for eigenimages, and for what was trained to its end.
    """
    folder = run_folder(paths, name)
    training = _training_again(paths, folder, recipe, resolution)
    return _trained(paths, training, should_stop, on_tick, resumed=folder)


def config_of(request: TrainingRequest, n_training_images: int) -> TrainingConfig:
    """The recipe's configuration with what the person changed. Raises BadInputError for what cannot be."""
    from core.runs.devices import Precision
    from core.synthesis import recipes

    asked: dict[str, Any] = {
        "kimg": request.kimg,
        "seed": request.seed,
        "resolution": request.resolution,
        "batch": request.batch,
        "precision": Precision(request.precision) if request.precision else None,
        "horizontal_flip": request.horizontal_flip,
    }
    match request.recipe:
        case Recipe.PAPER:
            return recipes.paper(n_training_images=n_training_images, **asked)
        case Recipe.LIGHT:
            return recipes.light(**asked)
        case Recipe.SMOKE:
            return recipes.smoke(**asked)
        case Recipe.EIGENIMAGE:
            raise BadInputError("Eigenimages have no length, stages or batch.", "Take another recipe.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Training:
    request: TrainingRequest
    data: TrainingData
    config: TrainingConfig


def _trained(
    paths: WorkspacePaths,
    training: _Training,
    should_stop: ShouldStop,
    on_tick: OnTick,
    *,
    resumed: RunFolder | None = None,
) -> Run | None:
    from core.runs.devices import detect_compute
    from core.runs.distributed import joined
    from core.synthesis import training_loop
    from core.synthesis.training_images import TrainingImages

    data, config = training.data, training.config
    compute = detect_compute(precision=config.precision)
    with joined(compute.device) as workers:
        folder = resumed or folder_of_its_own(paths, _name(paths, training.request), workers, RunFolder)
        with folder.locked() if workers.writes else contextlib.nullcontext():
            if workers.writes and resumed is None:
                folder.write_options(_options(training, compute, workers))
            with (
                nothing_left_where_it_never_began(folder, workers) if resumed is None else contextlib.nullcontext()
            ):
                result = training_loop.train(
                    config,
                    TrainingImages(data.pixels, data.training),
                    folder,
                    compute=compute,
                    quality=_quality_against(data),
                    should_stop=should_stop,
                    on_tick=on_tick,
                    resume=resumed is not None,
                )
    if not workers.writes:
        return None
    if result.outcome.state is RunState.FAILED:
        raise RefusedError(result.outcome.what, result.outcome.next_step)
    return run_named(paths, RunName(folder.name))


def _name(paths: WorkspacePaths, request: TrainingRequest) -> RunName:
    return request.name or free_name(paths, f"{request.recipe}-{request.cohort}-{request.tumor_status}")


def _options(training: _Training, compute: Compute, workers: Workers) -> dict[str, object]:
    learned = _what_is_learned(training.request, training.data)
    return {**learned, **_length(training.config), "compute": asdict(compute), "processes": workers.count}


def _what_is_learned(request: TrainingRequest, data: TrainingData) -> dict[str, object]:
    return {
        "recipe": request.recipe,
        "cohort": request.cohort,
        "tumor_status": request.tumor_status,
        "partition": Partition.TRAINING,
        "image_set": data.image_set,
        "image_set_sha256": data.sha256,
        "training_images": len(data.training),
        "excluded_by_curation": data.excluded.tolist(),
        "added_by_curation": [
            {"image_set": one.image_set.name, "positions": one.positions.tolist()} for one in data.sources[1:]
        ],
        "seed": request.seed,
        "started_at": utc_now(),
    }


def _training_again(
    paths: WorkspacePaths, folder: RunFolder, recipe: Recipe | None, resolution: int | None
) -> _Training:
    from core.synthesis.recipes import config_from_json, grown

    options: dict[str, Any] = folder.options()
    known = Recipe(options["recipe"])
    if recipe not in {None, known}:
        raise RefusedError(
            f"The run {folder.name} was begun with the recipe {known}, not {recipe}.",
            "Resume it without --recipe, or start a run of its own.",
        )
    if known is Recipe.EIGENIMAGE:
        raise RefusedError(f"The run {folder.name} is of eigenimages, which learn all at once.", "Start a new run.")
    request = TrainingRequest(
        cohort=CohortName(options["cohort"]),
        tumor_status=TumorStatus(options["tumor_status"]),
        recipe=known,
        resolution=resolution,
        seed=options["seed"],
    )
    data = training_data(paths, request.cohort, request.tumor_status, begun=options)
    if data.sha256 != options["image_set_sha256"]:
        raise RefusedError(
            f"The images of {data.image_set} are not those that the run {folder.name} was begun with.",
            "Start a run of its own on the new images.",
        )
    config = config_from_json(options["config"])
    if resolution is not None and resolution != config.resolution:
        config = grown(config, config_of(request, len(data.training)))
        folder.write_options({**options, **_length(config)})
    return _Training(request=request, data=data, config=config)


def _length(config: TrainingConfig) -> dict[str, object]:
    return {"planned_kimg": config.kimg, "resolution": config.resolution, "config": config.as_json()}


def _quality_against(data: TrainingData) -> Callable[[NDArray[np.uint8]], Mapping[int, float]] | None:
    """The distance to validation patients; where there are none, to the training images themselves."""
    reals = data.validation if len(data.validation) else data.training
    chosen = np.asarray(data.pixels[reals[evenly_chosen(len(reals), MOST_MEASURED_AGAINST)]])
    return lambda samples: sliced_wasserstein(
        samples, np.stack([averaged(image, samples.shape[1]) for image in chosen]), seed=0
    )


def _fit_eigenimages(paths: WorkspacePaths, request: TrainingRequest, data: TrainingData) -> Run:
    """Write the checkpoint before the options, so that a run that can be listed is whole."""
    from core.synthesis.eigenimage import EigenimageGenerator

    generator = EigenimageGenerator.fit(np.asarray(data.pixels[data.training]), request.seed)
    name = _name(paths, request)
    folder = RunFolder(paths.run(RunName(checked_name(name, "run"))))
    with folder.locked():
        if (folder.path / OPTIONS_FILE).exists():
            raise RefusedError(f"There is a run {name!r} already.", "Choose another name.")
        folder.last_checkpoint.parent.mkdir(parents=True, exist_ok=True)
        generator.save(folder.last_checkpoint)
        folder.write_outcome(Outcome(state=RunState.FINISHED, what="Fitted.", next_step="Draw images from it."))
        length = {"planned_kimg": len(data.training) / 1000, "resolution": IMAGE_SIZE}
        folder.write_options({**_what_is_learned(request, data), **length})
    return run_named(paths, RunName(name))
