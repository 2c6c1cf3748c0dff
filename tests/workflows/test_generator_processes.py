"""What the app starts goes on without it: detached commands, watched through their folders."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from core.errors import MrTuringError, RefusedError
from core.identifiers import ImageSetName, RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import RunFolder
from core.workflows.generator_processes import (
    estimate_training,
    interpolation,
    pause_generator,
    resume_generator,
    seeds_sheet,
    start_generator,
    stop_generator,
)
from core.workflows.generators import all_generators, run_named
from core.workflows.image_sets import all_image_sets
from core.workflows.runs import run_log
from core.workflows.sampling import PictureFormat, SamplingRequest, sampling_folder
from core.workflows.sampling_process import forget_sampling, samplings, start_sampling
from tests.small_trainings import smoke_request
from tests.waiting import wait_until

TUMOR = RunName("tumor")
ROOT = Path(__file__).resolve().parents[2]


def state(paths: WorkspacePaths, name: str = "tumor") -> RunState:
    return run_named(paths, RunName(name)).state


def test_the_modules_that_the_app_imports_load_no_torch() -> None:
    modules = (
        "generator_processes",
        "sampling_process",
        "detector_processes",
        "detector_experiment",
        "generators",
        "sampling",
        "probing",
        "training",
    )
    program = (
        f"import sys, {', '.join(f'core.workflows.{one}' for one in modules)}; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_run_is_started_paused_resumed_and_ends_by_itself(cohort: WorkspacePaths) -> None:
    name = start_generator(cohort, smoke_request(kimg=400.0))
    assert (name, state(cohort)) == ("tumor", RunState.RUNNING)
    process = RunFolder(cohort.run(name)).training_process()
    assert process is not None
    assert os.getsid(process) == process  # a session of its own
    with pytest.raises(RefusedError, match="training already"):
        resume_generator(cohort, name)
    with pytest.raises(RefusedError, match="a run 'tumor' already"):
        start_generator(cohort, smoke_request())
    pause_generator(cohort, name)
    wait_until(lambda: state(cohort) is not RunState.RUNNING)
    assert state(cohort) is RunState.PAUSED
    assert "Saving, to be paused" in run_log(cohort, name)
    with pytest.raises(RefusedError, match="not training"):
        pause_generator(cohort, name)
    paused_at = run_named(cohort, name).kimg
    resume_generator(cohort, name)
    assert state(cohort) is RunState.RUNNING
    stop_generator(cohort, name)
    wait_until(lambda: state(cohort) is not RunState.RUNNING)
    assert state(cohort) is RunState.STOPPED
    assert run_named(cohort, name).kimg >= paused_at
    with pytest.raises(RefusedError, match="is stopped"):
        stop_generator(cohort, name)


def test_a_killed_run_is_seen_as_interrupted_and_can_be_marked_as_stopped(cohort: WorkspacePaths) -> None:
    name = start_generator(cohort, smoke_request(kimg=400.0))
    process = RunFolder(cohort.run(name)).training_process()
    assert process is not None
    os.kill(process, 9)
    wait_until(lambda: state(cohort) is RunState.INTERRUPTED)
    stop_generator(cohort, name)
    assert state(cohort) is RunState.STOPPED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 64}, "too few for batches of 64"),
        ({"cohort": "absent"}, "no cohort 'absent'"),
    ],
)
def test_what_the_command_refuses_is_said_and_leaves_no_run(
    cohort: WorkspacePaths, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(MrTuringError, match=words):
        start_generator(cohort, smoke_request(**changes))
    assert all_generators(cohort) == []
    assert not cohort.runs.exists() or list(cohort.runs.iterdir()) == []


def test_how_long_it_takes_is_foreseen_by_a_process_of_its_own(cohort: WorkspacePaths) -> None:
    found = estimate_training(cohort, smoke_request())
    assert found.seconds > 0
    assert set(found.images_per_s) == set(found.kimg) == {8, 16}
    with pytest.raises(RefusedError, match="does not reach 12 pixels"):
        estimate_training(cohort, smoke_request(resolution=12))


def test_images_are_drawn_by_a_process_of_its_own(trained: WorkspacePaths) -> None:
    request = SamplingRequest(run=TUMOR, name=ImageSetName("drawn"), n_images=20, truncation=0.8)
    start_sampling(trained, request)
    wait_until(lambda: ImageSetName("drawn") in {one.name for one in all_image_sets(trained)})
    wait_until(lambda: not sampling_folder(trained, TUMOR, request.name).exists())
    assert samplings(trained, TUMOR) == []


def test_a_drawing_that_failed_says_why_and_can_be_forgotten(trained: WorkspacePaths) -> None:
    run_named(trained, TUMOR).checkpoint.write_bytes(b"half")
    request = SamplingRequest(run=TUMOR, name=ImageSetName("drawn"), n_images=20)
    with pytest.raises(RefusedError, match="cannot be used"):
        start_sampling(trained, request)
    assert samplings(trained, TUMOR) == []
    forget_sampling(trained, TUMOR, request.name)
    assert not sampling_folder(trained, TUMOR, request.name).exists()


def test_pictures_are_made_by_a_process_of_its_own(trained: WorkspacePaths) -> None:
    sheet = Image.open(io.BytesIO(seeds_sheet(trained, TUMOR, n_images=4)))
    strip = Image.open(io.BytesIO(interpolation(trained, TUMOR, [1, 2], picture=PictureFormat.PNG)))
    assert sheet.format == strip.format == "PNG"
    with pytest.raises(RefusedError, match="no generator run 'absent'"):
        seeds_sheet(trained, RunName("absent"))
