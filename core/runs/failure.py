"""What ends a training against its will, kept as the outcome of its run."""

import contextlib
from collections.abc import Iterator

import torch

from core.errors import MrTuringError, WorkspaceError
from core.runs.distributed import Workers
from core.runs.run_folder import Outcome, RunFolder, RunState

_LACK_OF_MEMORY = ("not enough memory", "can't allocate memory")  # torch on Windows, on Linux


@contextlib.contextmanager
def failure_recorded(folder: RunFolder, workers: Workers, *, when_memory_lacks: str) -> Iterator[None]:
    """An error on the way is the outcome of the run, too; it goes on to whoever started the training.

    `when_memory_lacks`: what to do next then.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise _recorded(folder, workers, _too_large(error, when_memory_lacks)) from error
    except MrTuringError as error:
        _recorded(folder, workers, error)
        raise
    except Exception as error:
        if _is_lack_of_memory(error):
            raise _recorded(folder, workers, _too_large(error, when_memory_lacks)) from error
        _recorded(folder, workers, MrTuringError(f"{type(error).__name__}: {error}", "Resume the run."))
        raise


def _is_lack_of_memory(error: Exception) -> bool:
    """On the processor torch has no error of its own for it."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _LACK_OF_MEMORY)
    )


def _too_large(error: Exception, next_step: str) -> WorkspaceError:
    first_line = (str(error).splitlines() or ["none left"])[0]
    return WorkspaceError(f"There is not enough memory for this training ({first_line}).", next_step)


def _recorded(folder: RunFolder, workers: Workers, error: MrTuringError) -> MrTuringError:
    if workers.writes:
        with contextlib.suppress(WorkspaceError):  # the disk may be what failed
            folder.write_outcome(Outcome(state=RunState.FAILED, what=error.what, next_step=error.next_step))
    return error
