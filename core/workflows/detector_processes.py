"""Detector runs as processes: the app starts the command that a person could type, and it does not end with it."""

import shutil

from core.detection.run_folder import RunFolder
from core.errors import MrTuringError, RefusedError
from core.identifiers import RunName, checked_name
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.workflows.detector_training import DetectorRequest, experiment_images
from core.workflows.detectors import detector_folder
from core.workflows.generators import free_name
from core.workflows.run_processes import pause, start_and_watch, stop


def start_detector(paths: WorkspacePaths, request: DetectorRequest) -> RunName:
    """Start a run that goes on when the app ends; returns when it trains. Raises what the command refuses."""
    experiment_images(paths, request)
    wish = f"detector-{request.recipe}-{request.cohort}-{request.condition}-{request.seed}"
    name = request.name or free_name(paths, wish)
    folder = RunFolder(paths.run(RunName(checked_name(name, "run"))))
    try:
        folder.path.mkdir(parents=True)
    except FileExistsError:
        raise RefusedError(f"There is a run {name!r} already.", "Choose another name, or resume it.") from None
    try:
        start_and_watch(paths, ["detector", "run", *run_options(request), "--name", name], folder)
    except MrTuringError:
        if not folder.last_checkpoint.exists():
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return RunName(name)


def resume_detector_process(paths: WorkspacePaths, name: RunName) -> None:
    """Start a paused, stopped, interrupted or failed run again from its last checkpoint."""
    folder = detector_folder(paths, name)
    if folder.state() is RunState.RUNNING:
        raise RefusedError(f"The run {name} is training already.", "Watch it, or pause it.")
    start_and_watch(paths, ["detector", "run", "--resume", name], folder)


def pause_detector(paths: WorkspacePaths, name: RunName) -> None:
    """Ask a run that is training to save and end, to be resumed later; it does so after its current step."""
    pause(detector_folder(paths, name))


def stop_detector(paths: WorkspacePaths, name: RunName) -> None:
    """Like `pause_detector`, for good. A run that waits to be resumed is marked."""
    stop(detector_folder(paths, name), next_step="Resume it after all, or start another one.")


def run_options(request: DetectorRequest) -> list[str]:
    """How a person would type the request behind `detector run`; its name is not among it."""
    options = ["--cohort", request.cohort, "--condition", request.condition]
    options += ["--recipe", request.recipe, "--seed", str(request.seed)]
    options += [word for release in request.releases for word in ("--synthetic", release)]
    for word, value in (
        ("--weights", request.weights),
        ("--batch", request.batch),
        ("--epochs", request.epochs),
        ("--precision", request.precision),
    ):
        options += [] if value is None else [word, str(value)]
    return options
