"""A detector's run as a process: it goes on without whoever started it, also after it was killed."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from core.detection.condition import Condition
from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_processes import pause_detector, resume_detector_process, start_detector
from core.workflows.detector_training import DetectorRequest, Recipe
from core.workflows.detectors import detector_folder, detector_named, detector_predictions
from tests.small_trainings import GLIOMA
from tests.waiting import wait_until


@pytest.mark.timeout(900)
def test_a_run_that_was_killed_goes_on_to_its_end(cohort_master: Path, tmp_path: Path) -> None:
    paths = WorkspacePaths(Path(shutil.copytree(cohort_master, tmp_path / "workspace")))
    asked = DetectorRequest(cohort=GLIOMA, condition=Condition.CLASSICAL, recipe=Recipe.SMOKE, epochs=400)
    name = start_detector(paths, asked)
    folder = detector_folder(paths, name)
    wait_until(lambda: bool(folder.ticks()))
    process = folder.training_process()
    assert process is not None
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: folder.state() is not RunState.RUNNING)
    assert detector_named(paths, name).state is RunState.INTERRUPTED
    resume_detector_process(paths, name)
    wait_until(lambda: len(folder.ticks()) > 1)
    pause_detector(paths, name)
    wait_until(lambda: folder.state() is RunState.PAUSED)
    resume_detector_process(paths, RunName(name))
    wait_until(lambda: folder.state() is RunState.FINISHED)
    assert len(detector_predictions(paths, name)) == 12
