"""Training a detector in this process, as `mrturing detector run` does. Torch loads only then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.detection import recipes
from core.detection.condition import Condition
from core.detection.recipes import IMAGENET, NO_WEIGHTS, DetectorConfig, config_from_json
from core.detection.run_folder import RunFolder, Tick
from core.errors import RefusedError
from core.identifiers import CohortName, ReleaseName, RunName
from core.imageset.record import Partition
from core.provenance import sha256_of_file, sha256_of_json, utc_now
from core.runs.run_folder import RunKind, RunState
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.detector_images import (
    ExperimentImages,
    checked_test_images,
    chosen_images,
    labeled,
    training_images,
)
from core.workflows.detectors import DetectorRun, detector_folder, detector_named
from core.workflows.image_sets import image_set_named
from core.workflows.new_runs import folder_of_its_own, nothing_left_where_it_never_began
from core.workflows.releases import release_named
from core.workflows.runs import free_name

if TYPE_CHECKING:
    from core.detection.network import Detector
    from core.detection.training_loop import DetectorImages
    from core.runs.devices import Compute
    from core.runs.distributed import Workers

ShouldStop = Callable[[], str | None]
OnTick = Callable[[Tick], None]


class Recipe(StrEnum):
    PAPER = "paper"
    LIGHT = "light"
    SMOKE = "smoke"


DEFAULT_WEIGHTS = {Recipe.PAPER: IMAGENET, Recipe.LIGHT: NO_WEIGHTS, Recipe.SMOKE: NO_WEIGHTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRequest:
    """What a person decides of a run; None leaves it to the recipe (`precision`: to the machine).

    `weights`: imagenet, none or the path of a file. In which order releases are named makes no difference.
    """

    cohort: CohortName
    condition: Condition
    releases: tuple[ReleaseName, ...] = ()
    recipe: Recipe = Recipe.LIGHT
    weights: str | None = None
    seed: int = 0
    batch: int | None = None
    epochs: int | None = None
    precision: Literal["fp32", "bf16"] | None = None
    name: RunName | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "releases", tuple(sorted(set(self.releases))))

    @property
    def first_weights(self) -> str:
        return self.weights or DEFAULT_WEIGHTS[self.recipe]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Training:
    config: DetectorConfig
    chosen: ExperimentImages
    images: DetectorImages
    precision: str | None


def run_detector(
    paths: WorkspacePaths, request: DetectorRequest, *, should_stop: ShouldStop, on_tick: OnTick
) -> DetectorRun | None:
    """Make a run and train it until nothing gets better, or until `should_stop` says "paused" or "stopped".

    Of several processes that torchrun started, only the first gets the run. Raises NotFoundError, RefusedError or
    BadInputError before anything is made, RefusedError too where the training failed; its run then stays.
    """
    from core.detection.network import Detector
    from core.detection.weights import begin_with

    config = config_of(request)
    training = _training(paths, config, experiment_images(paths, request), request.precision)
    detector = Detector.initial(config)
    weights = begin_with(detector, config.architecture, request.first_weights)
    described = _described(paths, request, training, asdict(weights))
    return _trained(paths, training, should_stop, on_tick, detector=detector, new=(request, described))


def resume_detector(
    paths: WorkspacePaths, name: RunName, *, should_stop: ShouldStop, on_tick: OnTick
) -> DetectorRun | None:
    """Go on where the last checkpoint of a run stands, with the images that it was begun with.

    Raises RefusedError where they are other ones by now, and for what was trained to its end.
    """
    from core.detection.network import Detector

    folder = detector_folder(paths, name)
    options: Mapping[str, Any] = folder.options()
    if folder.state() is RunState.FINISHED and folder.predictions_file.exists():
        raise RefusedError(f"The run {name} is finished.", "See `mrturing detector table`, or start another one.")
    config = config_from_json(options["config"])
    chosen = ExperimentImages.from_json(options["images"])
    training = _training(paths, config, chosen, options["precision"])
    return _trained(paths, training, should_stop, on_tick, detector=Detector.initial(config), resumed=folder)


def experiment_images(paths: WorkspacePaths, request: DetectorRequest) -> ExperimentImages:
    """Raises what keeps the request from being run."""
    return chosen_images(
        paths,
        request.cohort,
        request.condition,
        request.releases,
        extra_per_class=config_of(request).extra_per_class,
        seed=request.seed,
    )


def fingerprint_of(request: DetectorRequest, images: ExperimentImages) -> str:
    """Equal for requests of the same training of the same images here, whatever the runs are called. By torch."""
    weights = request.first_weights
    known = weights in (IMAGENET, NO_WEIGHTS) or not Path(weights).is_file()
    return sha256_of_json(
        [
            config_of(request).as_json(),
            weights if known else sha256_of_file(Path(weights)),
            _compute(request.precision).precision,
            list(request.releases),
            images.fingerprint,
        ]
    )


def config_of(request: DetectorRequest) -> DetectorConfig:
    """The recipe's configuration with what the person changed."""
    make = {Recipe.PAPER: recipes.paper, Recipe.LIGHT: recipes.light, Recipe.SMOKE: recipes.smoke}[request.recipe]
    return make(seed=request.seed, batch=request.batch, epochs=request.epochs)


def _training(
    paths: WorkspacePaths, config: DetectorConfig, chosen: ExperimentImages, precision: str | None
) -> _Training:
    from core.detection.training_loop import DetectorImages

    test_images = checked_test_images(paths, chosen)
    images = DetectorImages(
        training=training_images(paths, chosen),
        validation=labeled(paths, chosen.of(Partition.VALIDATION)),
        test=labeled(paths, chosen.of(Partition.TEST)),
        test_images=test_images,
        fingerprint=chosen.fingerprint,
    )
    return _Training(config=config, chosen=chosen, images=images, precision=precision)


def _trained(
    paths: WorkspacePaths,
    training: _Training,
    should_stop: ShouldStop,
    on_tick: OnTick,
    *,
    detector: Detector,
    new: tuple[DetectorRequest, dict[str, object]] | None = None,
    resumed: RunFolder | None = None,
) -> DetectorRun | None:
    from core.detection import training_loop
    from core.runs.devices import keep_freed_memory
    from core.runs.distributed import joined

    keep_freed_memory()
    compute = _compute(training.precision)
    with joined(compute.device) as workers:
        folder = resumed or _new_folder(paths, new, workers)
        with folder.locked() if workers.writes else contextlib.nullcontext():
            if workers.writes and new is not None:
                folder.write_options({**new[1], "compute": asdict(compute), "processes": workers.count})
            with nothing_left_where_it_never_began(folder, workers) if new else contextlib.nullcontext():
                training_loop.train(
                    training.config,
                    training.images,
                    folder,
                    detector=detector,
                    compute=compute,
                    should_stop=should_stop,
                    on_tick=on_tick,
                    resume=resumed is not None,
                )
    return detector_named(paths, RunName(folder.name)) if workers.writes else None


def _compute(precision: str | None) -> Compute:
    from core.runs.devices import Precision, detect_compute

    return detect_compute(precision=Precision(precision) if precision else None)


def _new_folder(
    paths: WorkspacePaths, new: tuple[DetectorRequest, dict[str, object]] | None, workers: Workers
) -> RunFolder:
    assert new is not None  # what is not resumed is new
    request = new[0]
    wish = f"detector-{request.recipe}-{request.cohort}-{request.condition}-{request.seed}"
    return folder_of_its_own(paths, request.name or free_name(paths, wish), workers, RunFolder)


def _described(
    paths: WorkspacePaths, request: DetectorRequest, training: _Training, weights: dict[str, object]
) -> dict[str, object]:
    with opened(paths.database) as db:
        sets = {one.image_set: image_set_named(db, one.image_set) for one in training.chosen.synthetic}
        frozen = {name: release_named(db, name).sha256 for name in request.releases}
    trained_on = {name: one.trained_on for name, one in sets.items() if one.trained_on is not None}
    return {
        "kind": RunKind.DETECTOR,
        "recipe": request.recipe,
        "cohort": request.cohort,
        "condition": request.condition,
        "releases": list(request.releases),
        "release_sha256": frozen,
        "asked": fingerprint_of(request, training.chosen),
        "attested": sorted(f"{name} ({one})" for name, one in trained_on.items() if one.attested),
        "weights": weights,
        "seed": request.seed,
        "precision": request.precision,
        "config": training.config.as_json(),
        "images": training.chosen.to_json(),
        "training_images": len(training.images.training),
        "test_fingerprint": training.chosen.test_fingerprint,
        "started_at": utc_now(),
    }
