"""The detector runs of a workspace: what each is, how far it came, what it says of the test images. No torch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.detection.condition import Condition
from core.detection.recipes import config_from_json
from core.detection.run_folder import Prediction, RunFolder, Tick
from core.errors import RefusedError, WorkspaceError
from core.identifiers import CohortName, ReleaseName, RunName
from core.imageset.record import Partition
from core.provenance import sha256_of_json
from core.runs.run_folder import RunKind, RunState
from core.settings import WorkspacePaths
from core.workflows.runs import delete_folder, folder_named, runs_and_problems, unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRun:
    """One training of the experiment. `epoch`: shown so far, of `most_epochs`. `attested`: synthetic sets of which
    a researcher attests what their generators saw. `problem`: what ended a failed run and what to do next.

    Runs are compared that learned with the same `settings` (configuration, first weights, precision, real images)
    and were measured on the same test images (`test_fingerprint`), with synthetic images of the same releases where
    they have any (`frozen`). `asked`: all that decides the run, seed included.
    """

    name: RunName
    cohort: CohortName
    condition: Condition
    recipe: str
    releases: tuple[ReleaseName, ...]
    attested: tuple[str, ...]
    weights: str
    seed: int
    state: RunState
    epoch: float
    most_epochs: int
    started_at: str
    problem: str | None
    settings: str
    frozen: str | None
    test_fingerprint: str
    asked: str | None
    checkpoint: Path

    @property
    def is_finished(self) -> bool:
        return self.state is RunState.FINISHED


def all_detectors(paths: WorkspacePaths) -> list[DetectorRun]:
    """Every detector run that can be read, oldest first; those that are training too."""
    found = [entry for entry in _runs_and_problems(paths) if isinstance(entry, DetectorRun)]
    return sorted(found, key=lambda run: (run.started_at, run.name))


def unreadable_detectors(paths: WorkspacePaths) -> list[WorkspaceError]:
    """What is wrong with each run that cannot be read, and what to do about it."""
    return [entry for entry in _runs_and_problems(paths) if isinstance(entry, WorkspaceError)]


def detector_named(paths: WorkspacePaths, name: RunName) -> DetectorRun:
    """Raises NotFoundError."""
    return _read(detector_folder(paths, name))


def detector_folder(paths: WorkspacePaths, name: RunName) -> RunFolder:
    """Raises NotFoundError."""
    return folder_named(paths, name, RunKind.DETECTOR, RunFolder)


def detector_ticks(paths: WorkspacePaths, name: RunName) -> list[Tick]:
    """The statistics of a run, in order."""
    return detector_folder(paths, name).ticks()


def detector_predictions(paths: WorkspacePaths, name: RunName) -> list[Prediction]:
    """Raises RefusedError before the run is finished."""
    found = detector_folder(paths, name).predictions()
    if not found:
        raise RefusedError(f"The run {name} is not finished.", f"`mrturing detector run --resume {name}` goes on.")
    return found


def delete_detector(paths: WorkspacePaths, name: RunName) -> None:
    """Delete a run with its checkpoints and predictions. Raises RefusedError while it trains."""
    delete_folder(detector_folder(paths, name))


def _runs_and_problems(paths: WorkspacePaths) -> Iterator[DetectorRun | WorkspaceError]:
    return runs_and_problems(paths, RunKind.DETECTOR, RunFolder, _read)


def _read(folder: RunFolder) -> DetectorRun:
    options: Mapping[str, Any] = folder.options()
    state, ticks, outcome = folder.state(), folder.ticks(), folder.outcome()
    try:
        return DetectorRun(
            name=RunName(folder.name),
            cohort=CohortName(options["cohort"]),
            condition=Condition(options["condition"]),
            recipe=options["recipe"],
            releases=tuple(ReleaseName(one) for one in options["releases"]),
            attested=tuple(options["attested"]),
            weights=options["weights"]["name"],
            seed=options["seed"],
            state=state,
            epoch=ticks[-1].epoch if ticks else 0.0,
            most_epochs=config_from_json(options["config"]).most_epochs,
            started_at=options["started_at"],
            problem=f"{outcome.what} {outcome.next_step}" if outcome and state is RunState.FAILED else None,
            settings=_settings(options),
            frozen=_frozen(options),
            test_fingerprint=options["test_fingerprint"],
            asked=options.get("asked"),
            checkpoint=folder.best_checkpoint,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(folder, error) from error


def _settings(options: Mapping[str, Any]) -> str:
    """What all conditions and seeds have in common."""
    real = [one for one in options["images"]["real"] if one["partition"] != Partition.TEST]
    weights = options["weights"]["sha256"] or options["weights"]["name"]
    return sha256_of_json([{**options["config"], "seed": 0}, weights, options["compute"]["precision"], real])


def _frozen(options: Mapping[str, Any]) -> str | None:
    """What the releases hold that synthetic images were taken from; None where there are none."""
    hashes = options.get("release_sha256", {})
    frozen = [[name, hashes.get(name)] for name in options["releases"]]
    return sha256_of_json(frozen) if frozen else None
