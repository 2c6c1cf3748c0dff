"""Runs as processes: the app starts the commands that a person could type, and none of them ends with it.

Nothing here loads torch: whoever needs it is a process of its own.
"""

import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.errors import MrTuringError, RefusedError
from core.identifiers import ImageSetName, RunName, checked_name
from core.runs.run_folder import STATS_FILE, Outcome, RunFolder, RunState
from core.settings import WorkspacePaths
from core.workflows.detached import answer_of, detached, is_held, refusal_in, wait_until_begun
from core.workflows.generators import LOG_FILE, WhichCheckpoint, free_name, run_folder, run_named
from core.workflows.image_sets import check_new_name
from core.workflows.probing import TrainingEstimate
from core.workflows.sampling import (
    UNFINISHED_FILE,
    PictureFormat,
    SamplingRequest,
    n_drawn,
    request_in,
    sampling_folder,
)
from core.workflows.training import TrainingRequest, training_data

PICTURE_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingProgress:
    """One drawing that a process does or did. `problem`: why it ended without its image set, in one line."""

    request: SamplingRequest
    n_done: int
    running: bool
    problem: str | None


def start_training(paths: WorkspacePaths, request: TrainingRequest) -> RunName:
    """Start a training that goes on when the app ends; returns when it runs. Raises what the command refuses."""
    training_data(paths, request.cohort, request.tumor_status)
    name = request.name or free_name(paths, f"{request.recipe}-{request.cohort}-{request.tumor_status}")
    folder = RunFolder(paths.run(RunName(checked_name(name, "run"))))
    try:
        folder.path.mkdir(parents=True)
    except FileExistsError:
        raise RefusedError(f"There is a run {name!r} already.", "Choose another name, or resume it.") from None
    try:
        start_and_watch(paths, ["generator", "train", *training_options(request), "--name", name], folder)
    except MrTuringError:
        if not folder.last_checkpoint.exists():
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return RunName(name)


def resume_training(paths: WorkspacePaths, name: RunName) -> None:
    """Start a paused, stopped, interrupted or failed run again from its last checkpoint."""
    folder = run_folder(paths, name)
    if folder.state() is RunState.RUNNING:
        raise RefusedError(f"The run {name} is training already.", "Watch it, or pause it.")
    start_and_watch(paths, ["generator", "train", "--resume", name], folder)


def pause_run(paths: WorkspacePaths, name: RunName) -> None:
    """Ask a run that is training to save and end, to be resumed later; it does so after its current step."""
    pause(run_folder(paths, name))


def stop_run(paths: WorkspacePaths, name: RunName) -> None:
    """Like `pause_run`, for good: what is trained stays as it is. A run that waits to be resumed is marked."""
    stop(run_folder(paths, name), next_step="Draw images from it.")


def pause(folder: RunFolder) -> None:
    """`pause_run` of a run of any kind."""
    if not _signaled(folder, signal.SIGTERM):
        raise RefusedError(f"The run {folder.name} is not training.", "There is nothing to pause.")


def stop(folder: RunFolder, *, next_step: str) -> None:
    """`stop_run` of a run of any kind."""
    if _signaled(folder, signal.SIGINT):
        return
    if folder.state() not in {RunState.PAUSED, RunState.INTERRUPTED}:
        raise RefusedError(f"The run {folder.name} is {folder.state()}.", "There is nothing to stop.")
    with folder.locked():
        what = "Stopped; the last checkpoint stays."
        folder.write_outcome(Outcome(state=RunState.STOPPED, what=what, next_step=next_step))


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


def start_sampling(paths: WorkspacePaths, request: SamplingRequest) -> None:
    """Draw an image set in a process of its own. The same request again goes on where a killed one ended."""
    run = run_named(paths, request.run)
    check_new_name(paths, request.name)
    run.checkpoint_file(request.checkpoint)
    folder = sampling_folder(paths, request.run, request.name)
    if is_held(folder / UNFINISHED_FILE):
        raise RefusedError(f"The images of {request.name} are being drawn already.", "Wait until they are there.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOG_FILE).unlink(missing_ok=True)
    words = ["sample", request.run, "-n", str(request.n_images), "--seed", str(request.seed)]
    words += ["--name", request.name, "--checkpoint", request.checkpoint]
    words += [] if request.truncation is None else ["--truncation", str(request.truncation)]
    process = detached(paths, ["generator", *words], folder / LOG_FILE)
    wait_until_begun(process, folder / LOG_FILE, lambda: request_in(folder) == request and n_drawn(folder) > 0)


def samplings(paths: WorkspacePaths, run: RunName) -> list[SamplingProgress]:
    """The drawings from a run that are under way, and those that ended without their image set."""
    folders = sorted(sampling_folder(paths, run, ImageSetName("any")).parent.glob("*/"))
    found = [(folder, request_in(folder)) for folder in folders]
    return [
        _progress(folder, request)
        for folder, request in found
        if request is not None and not paths.image_set(request.name).exists()  # it has just ended well
    ]


def forget_sampling(paths: WorkspacePaths, run: RunName, name: ImageSetName) -> None:
    """Remove what a drawing that ended without its image set has left. Raises RefusedError while it goes on."""
    folder = sampling_folder(paths, run, ImageSetName(checked_name(name, "image set")))
    if is_held(folder / UNFINISHED_FILE):
        raise RefusedError(f"The images of {name} are being drawn.", "Wait until they are there.")
    shutil.rmtree(folder, ignore_errors=True)


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


def start_and_watch(paths: WorkspacePaths, words: Sequence[str], folder: RunFolder) -> None:
    """It has begun when it has put the statistics of the run in order, which it does once nothing is refused."""
    statistics = folder.path / STATS_FILE
    before = _changed_at(statistics)
    process = detached(paths, words, folder.path / LOG_FILE)
    wait_until_begun(process, folder.path / LOG_FILE, lambda: _changed_at(statistics) != before)


def _changed_at(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.exists() else None


def _answer(paths: WorkspacePaths, words: Sequence[str], within_s: float = PICTURE_WITHIN_S) -> dict[str, Any]:
    return answer_of(paths, ["generator", *words], within_s=within_s)


def _picture(paths: WorkspacePaths, words: Sequence[str], picture: PictureFormat) -> bytes:
    with TemporaryDirectory(prefix="mrturing-picture-") as folder:
        file = Path(folder, f"picture.{picture}")
        _answer(paths, [*words, str(file)])
        return file.read_bytes()


def _signaled(folder: RunFolder, number: signal.Signals) -> bool:
    """Whether there was a process to tell. Its id is that of whoever holds the run's lock, never a stale one."""
    process = folder.training_process()
    if process is None:
        return False
    try:
        os.kill(process, number)
    except ProcessLookupError:
        raise RefusedError(
            f"The run {folder.name} trains on another machine.", "End it there: SIGTERM pauses, SIGINT stops."
        ) from None
    return True


def _progress(folder: Path, request: SamplingRequest) -> SamplingProgress:
    running = is_held(folder / UNFINISHED_FILE)
    log = folder / LOG_FILE
    said = log.read_text(errors="replace") if log.exists() else ""
    problem = str(refusal_in(said)) if said.strip() else "It was interrupted. Draw the same again to go on."
    return SamplingProgress(
        request=request, n_done=n_drawn(folder), running=running, problem=None if running else problem
    )
