"""Detector runs as processes: the app starts the command that a person could type, and it does not end with it."""

from core.identifiers import RunName
from core.settings import WorkspacePaths
from core.workflows.detector_training import DetectorRequest, experiment_images
from core.workflows.detectors import detector_folder
from core.workflows.run_processes import pause_run, resume_run, start_run, stop_run

TRAIN = ("detector", "run")


def start_detector(paths: WorkspacePaths, request: DetectorRequest) -> RunName:
    """Start a run that goes on when the app ends; returns when it trains. Raises what the command refuses."""
    experiment_images(paths, request)
    wish = f"detector-{request.recipe}-{request.cohort}-{request.condition}-{request.seed}"
    return start_run(paths, [*TRAIN, *run_options(request)], name=request.name, wish=wish)


def resume_detector_process(paths: WorkspacePaths, name: RunName) -> None:
    """Start a paused, stopped, interrupted or failed run again from its last checkpoint."""
    resume_run(paths, TRAIN, detector_folder(paths, name))


def pause_detector(paths: WorkspacePaths, name: RunName) -> None:
    """Ask a run that is training to save and end, to be resumed later; it does so after its current step."""
    pause_run(detector_folder(paths, name))


def stop_detector(paths: WorkspacePaths, name: RunName) -> None:
    """Like `pause_detector`, for good. A run that waits to be resumed is marked."""
    stop_run(detector_folder(paths, name), next_step="Resume it after all, or start another one.")


def run_options(request: DetectorRequest) -> list[str]:
    """How a person would type the request behind `detector run`; its name is not among it."""
    return ["--condition", request.condition, *common_options(request)]


def common_options(request: DetectorRequest) -> list[str]:
    """What an experiment's runs have in common: all but the condition, the seed as the first one's."""
    options = ["--cohort", request.cohort, "--recipe", request.recipe, "--seed", str(request.seed)]
    options += [word for release in request.releases for word in ("--synthetic", release)]
    for word, value in (
        ("--weights", request.weights),
        ("--batch", request.batch),
        ("--epochs", request.epochs),
        ("--precision", request.precision),
    ):
        options += [] if value is None else [word, str(value)]
    return options
