"""Generators as processes: trainings that go on without the app, and pictures that need torch for a moment."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.identifiers import RunName
from core.settings import WorkspacePaths
from core.workflows.detached import answer_of
from core.workflows.generators import WhichCheckpoint, run_folder
from core.workflows.probing import TrainingEstimate
from core.workflows.run_processes import pause_run, resume_run, start_run, stop_run
from core.workflows.sampling import PictureFormat
from core.workflows.training import TrainingRequest
from core.workflows.training_data import training_data

PICTURE_WITHIN_S = 300.0
TRAIN = ("generator", "train")


def start_generator(paths: WorkspacePaths, request: TrainingRequest) -> RunName:
    """Start a training that goes on when the app ends; returns when it runs. Raises what the command refuses."""
    training_data(paths, request.cohort, request.tumor_status)
    wish = f"{request.recipe}-{request.cohort}-{request.tumor_status}"
    return start_run(paths, [*TRAIN, *training_options(request)], name=request.name, wish=wish)


def resume_generator(paths: WorkspacePaths, name: RunName, *, resolution: int | None = None) -> None:
    """Start a run again from its last checkpoint; a finished one to grow to a higher `resolution` only."""
    further = [] if resolution is None else ["--resolution", str(resolution)]
    resume_run(paths, [*TRAIN, *further], run_folder(paths, name))


def pause_generator(paths: WorkspacePaths, name: RunName) -> None:
    """Ask a run that is training to save and end, to be resumed later; it does so after its current step."""
    pause_run(run_folder(paths, name))


def stop_generator(paths: WorkspacePaths, name: RunName) -> None:
    """Like `pause_generator`, for good. A run that waits to be resumed is marked."""
    stop_run(run_folder(paths, name), next_step="Draw images from it.")


def estimate_training(paths: WorkspacePaths, request: TrainingRequest) -> TrainingEstimate:
    """How long a training will take here, by a probe of about 20 seconds in a process of its own."""
    found = _answer(paths, ["probe", *training_options(request)])
    return TrainingEstimate(
        seconds=found["seconds"],
        images_per_s={int(resolution): speed for resolution, speed in found["images_per_s"].items()},
        kimg={int(resolution): kimg for resolution, kimg in found["kimg_by_resolution"].items()},
        measured=tuple(found["measured"]),
        device=found["device"],
        precision=found["precision"],
        n_training_images=found["training_images"],
    )


def seeds_sheet(
    paths: WorkspacePaths,
    run: RunName,
    *,
    n_images: int = 16,
    seed: int = 0,
    checkpoint: WhichCheckpoint = WhichCheckpoint.BEST,
    truncation: float | None = None,
) -> bytes:
    """A PNG of the first images by seed. Takes seconds: a process of its own loads torch."""
    words = ["show", run, "-n", str(n_images), "--seed", str(seed), "--checkpoint", checkpoint]
    words += [] if truncation is None else ["--truncation", str(truncation)]
    return _picture(paths, [*words, "--sheet"], PictureFormat.PNG)


def interpolation(
    paths: WorkspacePaths,
    run: RunName,
    seeds: Sequence[int],
    *,
    picture: PictureFormat,
    checkpoint: WhichCheckpoint = WhichCheckpoint.BEST,
) -> bytes:
    """A strip (PNG) or an animation (GIF) along the hypersphere from seed to seed, at least two of them."""
    words = ["interpolate", run, "--checkpoint", checkpoint]
    words += [word for seed in seeds for word in ("--seeds", str(seed))]
    return _picture(paths, [*words, "--frames"], picture)


def training_options(request: TrainingRequest) -> list[str]:
    """How a person would type the request behind `generator train`; its name is not among it."""
    options = ["--cohort", request.cohort, "--tumor-status", request.tumor_status]
    options += ["--recipe", request.recipe, "--seed", str(request.seed)]
    for word, value in (
        ("--kimg", request.kimg),
        ("--resolution", request.resolution),
        ("--batch", request.batch),
        ("--precision", request.precision),
    ):
        options += [] if value is None else [word, str(value)]
    return options + (["--horizontal-flip"] if request.horizontal_flip else [])


def _answer(paths: WorkspacePaths, words: Sequence[str], within_s: float = PICTURE_WITHIN_S) -> dict[str, Any]:
    return answer_of(paths, ["generator", *words], within_s=within_s)


def _picture(paths: WorkspacePaths, words: Sequence[str], picture: PictureFormat) -> bytes:
    with TemporaryDirectory(prefix="mrturing-picture-") as folder:
        file = Path(folder, f"picture.{picture}")
        _answer(paths, [*words, str(file)])
        return file.read_bytes()
