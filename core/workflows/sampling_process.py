"""Drawing an image set as a process of its own: started by the app, watched through its folder. Loads no torch."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError
from core.identifiers import ImageSetName, RunName, checked_name
from core.settings import WorkspacePaths
from core.workflows.detached import detached, is_held, refusal_in, wait_until_begun
from core.workflows.generators import run_named
from core.workflows.image_sets import check_new_name
from core.workflows.runs import LOG_FILE
from core.workflows.sampling import UNFINISHED_FILE, SamplingRequest, n_drawn, request_in, sampling_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingProgress:
    """One drawing that a process does or did. `problem`: why it ended without its image set, in one line."""

    request: SamplingRequest
    n_done: int
    running: bool
    problem: str | None


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


def _progress(folder: Path, request: SamplingRequest) -> SamplingProgress:
    running = is_held(folder / UNFINISHED_FILE)
    log = folder / LOG_FILE
    said = log.read_text(errors="replace") if log.exists() else ""
    problem = str(refusal_in(said)) if said.strip() else "It was interrupted. Draw the same again to go on."
    return SamplingProgress(
        request=request, n_done=n_drawn(folder), running=running, problem=None if running else problem
    )
