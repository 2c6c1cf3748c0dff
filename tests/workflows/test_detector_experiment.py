"""The experiment as one command: all its runs, none of them twice, and on after it was ended."""

import os
import signal
from pathlib import Path

import pytest

from core.detection.condition import Condition
from core.errors import BadInputError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import CohortName, RunName
from core.runs.devices import detect_compute
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_experiment import (
    ExperimentRequest,
    experiment_progress,
    forget_experiment,
    run_experiment,
    start_experiment,
)
from core.workflows.detector_table import detector_table
from core.workflows.detectors import DetectorRun, all_detectors, delete_detector, detector_folder
from tests.waiting import wait_until
from tests.workflows.detector_requests import RELEASES, first_weights, request

PLAIN = (Condition.NONE, Condition.CLASSICAL)


def experiment(
    paths: WorkspacePaths, asked: ExperimentRequest, *, end_at_step: int | None = None
) -> tuple[list[DetectorRun], list[tuple[str, int, int, int]]]:
    """The runs, and what was begun or taken: condition, seed, which of how many."""
    begun: list[tuple[str, int, int, int]] = []
    steps = iter(range(1, 10**9))
    asked_to_end: list[str] = []

    def should_stop() -> str | None:
        if next(steps) == end_at_step:
            asked_to_end.append("paused")
        return asked_to_end[0] if asked_to_end else None

    runs = run_experiment(
        paths,
        asked,
        should_stop=should_stop,
        on_run=lambda one, number, of: begun.append((one.condition, one.seed, number, of)),
        on_tick=lambda _: None,
    )
    return runs, begun


def test_all_conditions_of_all_seeds_come_to_one_table(released: WorkspacePaths) -> None:
    asked = ExperimentRequest(like=request(releases=RELEASES), seeds=2)
    released.experiment.mkdir()
    log = released.experiment / "log"
    log.write_text("What an earlier one said.")
    runs, begun = experiment(released, asked)
    assert not log.exists()
    assert begun == [
        (condition, seed, 1 + 4 * seed + place, 8) for seed in (0, 1) for place, condition in enumerate(Condition)
    ]
    assert all(run.is_finished for run in runs)
    table = detector_table(released)
    assert [(row.condition, row.seeds) for row in table.conditions] == [(one, (0, 1)) for one in Condition]
    assert table.left_out == {}
    assert experiment_progress(released) is None
    again, _ = experiment(released, asked)
    assert [run.name for run in again] == [run.name for run in runs]
    assert len(all_detectors(released)) == 8


def test_without_releases_the_conditions_are_those_that_need_none() -> None:
    assert ExperimentRequest(like=request()).chosen == [*PLAIN]
    assert ExperimentRequest(like=request(releases=RELEASES)).chosen == [*Condition]


def test_what_was_ended_goes_on_where_it_was(released: WorkspacePaths) -> None:
    asked = ExperimentRequest(like=request(), conditions=PLAIN)
    ended, _ = experiment(released, asked, end_at_step=15)  # 10 steps and a look before each run
    assert [run.state for run in ended] == [RunState.FINISHED, RunState.PAUSED]
    runs, _ = experiment(released, asked)
    assert [run.name for run in runs] == [run.name for run in ended]
    assert all(run.is_finished for run in runs)
    changed = ExperimentRequest(like=request(batch=8), conditions=PLAIN)
    others, _ = experiment(released, changed)
    assert not {run.name for run in others} & {run.name for run in runs}


def test_what_fails_does_not_keep_the_others_from_their_end(released: WorkspacePaths) -> None:
    asked = ExperimentRequest(like=request(), conditions=PLAIN)
    (paused,), _ = experiment(released, asked, end_at_step=5)
    checkpoint = detector_folder(released, paused.name).last_checkpoint
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(WorkspaceError, match=r"1 of 2 runs failed\. none, seed 0: .*last\.safetensors"):
        experiment(released, asked)
    assert [run.state for run in all_detectors(released)] == [RunState.PAUSED, RunState.FINISHED]
    delete_detector(released, paused.name)
    assert all(run.is_finished for run in experiment(released, asked)[0])


def test_a_run_that_never_came_to_a_checkpoint_is_begun_again(released: WorkspacePaths) -> None:
    asked = ExperimentRequest(like=request(), conditions=PLAIN[:1])
    (paused,), _ = experiment(released, asked, end_at_step=5)
    detector_folder(released, paused.name).last_checkpoint.unlink()
    (run,), _ = experiment(released, asked)
    assert run.name != paused.name
    assert run.is_finished


def test_the_same_request_is_known_however_it_is_said(released: WorkspacePaths, tmp_path: Path) -> None:
    first, second = first_weights(tmp_path / "first.pth"), tmp_path / "renamed.pth"
    second.write_bytes(first.read_bytes())
    conditions = (Condition.SYNTHETIC,)
    said = [
        request(releases=RELEASES, weights=str(first), precision=detect_compute().precision),
        request(releases=RELEASES[::-1], weights=str(second), precision=None),
    ]
    (one,), (other,) = (
        experiment(released, ExperimentRequest(like=like, conditions=conditions))[0] for like in said
    )
    assert one.name == other.name
    experiment(released, ExperimentRequest(like=said[1], conditions=conditions, seeds=2))
    assert [row.seeds for row in detector_table(released).conditions] == [(0, 1)]


def test_what_cannot_be_run_is_refused_before_anything_is_trained(released: WorkspacePaths) -> None:
    for wrong in (
        {"like": request(), "seeds": 0},
        {"like": request(name=RunName("mine"))},
        {"like": request(releases=RELEASES), "conditions": PLAIN},
    ):
        with pytest.raises(BadInputError):
            ExperimentRequest(**wrong)
    for like, conditions in (
        (request(), (Condition.NONE, Condition.BOTH)),
        (request(releases=RELEASES[:1]), tuple(Condition)),
    ):
        with pytest.raises((BadInputError, RefusedError)):
            experiment(released, ExperimentRequest(like=like, conditions=conditions))
    assert all_detectors(released) == []


@pytest.mark.timeout(900)
def test_it_goes_on_without_whoever_started_it_and_says_when_it_was_killed(released: WorkspacePaths) -> None:
    asked = ExperimentRequest(like=request(epochs=400), conditions=PLAIN, seeds=2)
    start_experiment(released, asked)
    with pytest.raises(RefusedError, match="under way already"):
        start_experiment(released, asked)
    wait_until(lambda: any(run.epoch > 1 for run in all_detectors(released)))
    progress = experiment_progress(released)
    assert progress is not None
    assert (progress.n_done, progress.n_steps, progress.problem) == (0, 4, None)
    forget_experiment(released)
    assert experiment_progress(released) == progress
    (run,) = all_detectors(released)
    process = detector_folder(released, run.name).training_process()
    assert process is not None
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: not experiment_progress(released).running)  # type: ignore[union-attr]
    progress = experiment_progress(released)
    assert progress is not None
    assert progress.problem == "It was interrupted. Start it again."
    forget_experiment(released)
    assert experiment_progress(released) is None
    with pytest.raises(NotFoundError, match="nobody"):
        start_experiment(released, ExperimentRequest(like=request(cohort=CohortName("nobody"))))
