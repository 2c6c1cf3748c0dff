"""The whole experiment: a run for each condition and seed, one after another, here or in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.detection.condition import Condition
from core.detection.run_folder import Tick
from core.errors import BadInputError, MrTuringError, WorkspaceError
from core.settings import WorkspacePaths
from core.workflows.detector_processes import common_options
from core.workflows.detector_training import (
    DetectorRequest,
    experiment_images,
    fingerprint_of,
    resume_detector,
    run_detector,
)
from core.workflows.detectors import DetectorRun, all_detectors, detector_folder
from core.workflows.watched_work import WatchedWork, WorkProgress

EXPERIMENT = ("detector", "experiment")
OnRun = Callable[[DetectorRequest, int, int], None]  # as which run of how many, counted from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRequest:
    """A run of each condition for each of `seeds` seeds, from that of `like` on; all else is as in `like`.

    `like` has the releases that conditions with synthetic images take. No conditions: all for which there are
    images. Raises BadInputError.
    """

    like: DetectorRequest
    conditions: tuple[Condition, ...] = ()
    seeds: int = 1

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise BadInputError(f"{self.seeds} seeds make no experiment.", "Give 1 or more.")
        if self.like.name is not None:
            raise BadInputError(
                f"Not all runs of an experiment can be called {self.like.name}.", "Let it name them."
            )
        if self.like.releases and not any(one.has_synthetic for one in self.chosen):
            raise BadInputError(
                f"The conditions {' and '.join(self.chosen)} take no synthetic images.",
                "Leave --synthetic out, or add a condition: synthetic or both.",
            )

    @property
    def chosen(self) -> list[Condition]:
        if self.conditions:
            return [one for one in Condition if one in self.conditions]
        return [one for one in Condition if self.like.releases or not one.has_synthetic]

    def runs(self) -> list[DetectorRequest]:
        """All conditions of a seed before the next one: what ends early has compared what it has."""
        return [
            replace(
                self.like,
                condition=condition,
                releases=self.like.releases if condition.has_synthetic else (),
                seed=self.like.seed + number,
            )
            for number in range(self.seeds)
            for condition in self.chosen
        ]

    def options(self) -> list[str]:
        """How a person would type it behind `detector experiment`."""
        conditions = [word for one in self.chosen for word in ("--condition", one)]
        return [*conditions, "--seeds", str(self.seeds), *common_options(self.like)]


def run_experiment(
    paths: WorkspacePaths,
    request: ExperimentRequest,
    *,
    should_stop: Callable[[], str | None],
    on_run: OnRun,
    on_tick: Callable[[Tick], None],
) -> list[DetectorRun]:
    """Train one after another, until `should_stop` says how the one in training shall end; returns all there are.

    A run that was asked for the same and is finished is taken as it is, one that waits is gone on with: an
    experiment that broke off goes on when it is run again. Raises before the first run what any condition lacks; of
    those that fail on their way it tells after the last one, by WorkspaceError.
    """
    requests = request.runs()
    made: list[DetectorRun] = []
    failed: list[str] = []
    with _work(paths).at_work(lambda *_: None) as tell:
        _check(paths, request)
        for number, one in enumerate(requests):
            tell(number, len(requests))
            if should_stop():
                break
            on_run(one, number + 1, len(requests))
            try:
                made.append(_brought_to_its_end(paths, one, should_stop, on_tick))
            except MrTuringError as error:
                failed.append(f"{one.condition}, seed {one.seed}: {error.what} {error.next_step}")
        if failed:
            raise WorkspaceError(
                f"{len(failed)} of {len(requests)} runs failed. {failed[0]}",
                "The same again goes on; `mrturing detector table` shows what is finished.",
            )
    return made


def start_experiment(paths: WorkspacePaths, request: ExperimentRequest) -> None:
    """Start `mrturing detector experiment`, which goes on when the app ends. Raises what it refuses."""
    _check(paths, request)
    _work(paths).start(paths, [*EXPERIMENT, *request.options()])


def experiment_progress(paths: WorkspacePaths) -> WorkProgress | None:
    """How many of its runs are done, or why it broke off; None where none is under way."""
    return _work(paths).progress()


def forget_experiment(paths: WorkspacePaths) -> None:
    """Say no more that one broke off; one that is under way goes on."""
    _work(paths).forget()


def _work(paths: WorkspacePaths) -> WatchedWork:
    """One at a time: two would only slow each other down."""
    return WatchedWork(title="experiment", working=paths.experiment / "working", log=paths.experiment / "log")


def _check(paths: WorkspacePaths, request: ExperimentRequest) -> None:
    """Raises what a condition lacks; that is the same for all seeds."""
    for one in request.runs()[: len(request.chosen)]:
        experiment_images(paths, one)


def _brought_to_its_end(
    paths: WorkspacePaths,
    request: DetectorRequest,
    should_stop: Callable[[], str | None],
    on_tick: Callable[[Tick], None],
) -> DetectorRun:
    earlier = _earlier(paths, request)
    if earlier is not None and earlier.is_finished:
        return earlier
    run = (
        run_detector(paths, request, should_stop=should_stop, on_tick=on_tick)
        if earlier is None
        else resume_detector(paths, earlier.name, should_stop=should_stop, on_tick=on_tick)
    )
    assert run is not None  # this process is the only one: torchrun shares single runs
    return run


def _earlier(paths: WorkspacePaths, request: DetectorRequest) -> DetectorRun | None:
    """The last run that was asked for the same, of the same images, unless it never came to a checkpoint."""
    asked = fingerprint_of(request, experiment_images(paths, request))
    same = [run for run in all_detectors(paths) if run.asked == asked]
    begun = [run for run in same if detector_folder(paths, run.name).last_checkpoint.exists()]
    return max(begun, key=lambda run: (run.is_finished, run.started_at), default=None)
