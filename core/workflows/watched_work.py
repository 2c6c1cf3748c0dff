"""Work in a process of its own: started by the app, watched through a file that it holds while it is at work."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError, WorkspaceError, from_os_error
from core.settings import WorkspacePaths
from core.workflows.detached import detached, is_held, refusal_in, wait_until_begun
from core.workflows.image_sets import OnProgress

CANCELED_WITHIN_S = 5.0
NOTE_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkProgress:
    """`n_done` of `n_steps`. `problem`: why the work ended without a result, in one line."""

    n_done: int
    n_steps: int
    running: bool
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedWork:
    """`working` is the file that is held, `log` what the process says. `title`: what the work is, in a sentence.

    In the file stand how far the work is, of how much, and the id of the process.
    """

    title: str
    working: Path
    log: Path

    def start(self, paths: WorkspacePaths, words: Sequence[str]) -> None:
        """Start `mrturing WORDS`, which goes on when the app ends; returns when it is at work or done.

        Raises what it refuses.
        """
        if is_held(self.working):
            raise self._already()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        wait_until_begun(detached(paths, words, self.log), self.log, lambda: is_held(self.working))

    def progress(self) -> WorkProgress | None:
        """How far it is, or why it broke off; None where none was begun since the last one ended well."""
        try:
            n_done, n_steps = (int(number) for number in self.working.read_text().split()[:2])
        except FileNotFoundError:
            return None
        except ValueError:
            n_done, n_steps = 0, 1
        if is_held(self.working):
            return WorkProgress(n_done=n_done, n_steps=n_steps, running=True, problem=None)
        said = self.log.read_text(errors="replace") if self.log.exists() else ""
        problem = str(refusal_in(said)) if said.strip() else "It was interrupted. Start it again."
        return WorkProgress(n_done=n_done, n_steps=n_steps, running=False, problem=problem)

    def cancel(self) -> None:
        """End the process that is at it, if any is, and forget that it was begun. Raises WorkspaceError."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            patient_until = time.monotonic() + CANCELED_WITHIN_S
            while is_held(self.working) and time.monotonic() < patient_until:
                with contextlib.suppress(FileNotFoundError, ProcessLookupError, IndexError):
                    os.kill(int(self.working.read_text().split()[2]), number)
                time.sleep(0.05)
        if not self.forget():
            raise WorkspaceError(f"The {self.title} cannot be ended.", "End its process by hand.")

    def forget(self) -> bool:
        """That it was begun, unless a process is at it; says whether none is."""
        if is_held(self.working):
            return False
        self.working.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        return True

    @contextlib.contextmanager
    def at_work(self, on_progress: OnProgress) -> Iterator[OnProgress]:
        """Hold the working file and keep it told of the progress, beside whoever else is told.

        It goes when all went well, and stays as it is otherwise. Raises RefusedError where another process does it.
        """
        try:
            self.working.parent.mkdir(parents=True, exist_ok=True)
            self.working.touch()
            working = self.working.open("r+b", buffering=0)
        except OSError as error:
            raise from_os_error(error, self.working) from error
        with working:
            try:
                fcntl.flock(working, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._already() from None

            def note(n_done: int, n_steps: int) -> None:
                """In one write: whoever reads meanwhile finds all three."""
                os.pwrite(working.fileno(), f"{n_done} {n_steps} {os.getpid()}".ljust(NOTE_CHARACTERS).encode(), 0)

            def tell(n_done: int, n_steps: int) -> None:
                note(n_done, n_steps)
                on_progress(n_done, n_steps)

            note(0, 1)
            yield tell
            self.working.unlink(missing_ok=True)
            self.log.unlink(missing_ok=True)  # else it would tell why some later work broke off

    def _already(self) -> RefusedError:
        return RefusedError(f"The {self.title} is under way already.", "Wait until it ends.")
