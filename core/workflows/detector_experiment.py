"""The whole experiment: a run for each condition and seed, one after another, here or in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.detection.condition import Condition
from core.detection.run_folder import Tick
from core.errors import BadInputError
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_processes import common_options
from core.workflows.detector_training import (
    DetectorRequest,
    experiment_images,
    fingerprint_of,
    resume_detector,
    run_detector,
)
from core.workflows.detectors import DetectorRun, all_detectors
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
    experiment that broke off goes on when it is run again. Raises as `run_detector` does, but before the first run
    what any of them lacks.
    """
    planned = [(one, _earlier(paths, one)) for one in request.runs()]
    made: list[DetectorRun | None] = []
    with _work(paths).at_work(lambda *_: None) as tell:
        for number, (one, earlier) in enumerate(planned):
            tell(number, len(planned))
            if should_stop():
                break
            on_run(one, number + 1, len(planned))
            made.append(_brought_to_its_end(paths, one, earlier, should_stop, on_tick))
    return [run for run in made if run]


def start_experiment(paths: WorkspacePaths, request: ExperimentRequest) -> None:
    """Start `mrturing detector experiment`, which goes on when the app ends. Raises what it refuses."""
    for one in request.runs():
        experiment_images(paths, one)
    _work(paths).start(paths, [*EXPERIMENT, *request.options()])


def experiment_progress(paths: WorkspacePaths) -> WorkProgress | None:
    """How many of its runs are done, or why it broke off; None where none is under way."""
    return _work(paths).progress()


def forget_experiment(paths: WorkspacePaths) -> None:
    """Say no more that one broke off."""
    _work(paths).cancel()


def _work(paths: WorkspacePaths) -> WatchedWork:
    """One at a time: two would only slow each other down."""
    return WatchedWork(title="experiment", working=paths.experiment / "working", log=paths.experiment / "log")


def _earlier(paths: WorkspacePaths, request: DetectorRequest) -> DetectorRun | None:
    """The last run that was asked for the same, of the same images."""
    asked = fingerprint_of(request, experiment_images(paths, request))
    return next((run for run in reversed(all_detectors(paths)) if run.asked == asked), None)


def _brought_to_its_end(
    paths: WorkspacePaths,
    request: DetectorRequest,
    earlier: DetectorRun | None,
    should_stop: Callable[[], str | None],
    on_tick: Callable[[Tick], None],
) -> DetectorRun | None:
    if earlier is None:
        return run_detector(paths, request, should_stop=should_stop, on_tick=on_tick)
    if earlier.state is RunState.FINISHED:
        return earlier
    return resume_detector(paths, earlier.name, should_stop=should_stop, on_tick=on_tick)
