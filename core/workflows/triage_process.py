"""Triage as a process of its own: started by the app, watched through a file that it holds while it is at work."""

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError, from_os_error
from core.identifiers import CohortName, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.detached import detached, is_held, refusal_in, wait_until_begun
from core.workflows.image_sets import OnProgress
from core.workflows.triage_reference import real_images_for


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageProgress:
    """`n_done` of `n_steps`. `problem`: why a triage ended without a result, in one line."""

    n_done: int
    n_steps: int
    running: bool
    problem: str | None


def start_triage(paths: WorkspacePaths, image_set: ImageSetName, *, cohort: CohortName | None = None) -> None:
    """Start `mrturing curation triage`, which goes on when the app ends; returns when it is at work or done.

    Raises what it refuses.
    """
    real_images_for(paths, image_set, cohort)
    if is_held(working_file(paths, image_set)):
        raise _already(image_set)
    log = _log_file(paths, image_set)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    words = ["curation", "triage", image_set, *([] if cohort is None else ["--cohort", cohort])]
    wait_until_begun(detached(paths, words, log), log, lambda: is_held(working_file(paths, image_set)))


def triage_progress(paths: WorkspacePaths, image_set: ImageSetName) -> TriageProgress | None:
    """How far a triage is, or why it broke off; None where none was begun since the last one ended well."""
    working = working_file(paths, image_set)
    try:
        n_done, n_steps = (int(number) for number in working.read_text().split())
    except FileNotFoundError:
        return None
    except ValueError:
        n_done, n_steps = 0, 1
    if is_held(working):
        return TriageProgress(n_done=n_done, n_steps=n_steps, running=True, problem=None)
    log = _log_file(paths, image_set)
    said = log.read_text(errors="replace") if log.exists() else ""
    problem = str(refusal_in(said)) if said.strip() else "It was interrupted. Start it again."
    return TriageProgress(n_done=n_done, n_steps=n_steps, running=False, problem=problem)


@contextlib.contextmanager
def at_work(paths: WorkspacePaths, image_set: ImageSetName, on_progress: OnProgress) -> Iterator[OnProgress]:
    """Hold the working file and keep it told of the progress, beside whoever else is told.

    It goes when all went well, and stays as it is otherwise. Raises RefusedError where another process holds it.
    """
    file = working_file(paths, image_set)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        working = file.open("a+")
    except OSError as error:
        raise from_os_error(error, file) from error
    with working:
        try:
            fcntl.flock(working, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already(image_set) from None

        def tell(n_done: int, n_steps: int) -> None:
            working.truncate(0)
            working.write(f"{n_done} {n_steps}")
            working.flush()
            on_progress(n_done, n_steps)

        yield tell
        file.unlink(missing_ok=True)


def working_file(paths: WorkspacePaths, image_set: ImageSetName) -> Path:
    return paths.triages / f"{image_set}.working"


def _log_file(paths: WorkspacePaths, image_set: ImageSetName) -> Path:
    return paths.triages / f"{image_set}.log"


def _already(image_set: ImageSetName) -> RefusedError:
    return RefusedError(f"The triage of {image_set} is under way already.", "Wait until it ends.")
