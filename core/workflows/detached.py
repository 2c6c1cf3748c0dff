"""Commands that the app starts, some of which go on without it: each is a process that a person could start."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import RefusedError, WorkspaceError
from core.settings import WorkspacePaths

CHECKOUT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 120.0  # torch alone takes seconds to load, on a busy machine many
LESS_URGENT = 10  # niceness: whoever reads a study on this machine goes first


def command(paths: WorkspacePaths, words: Sequence[str]) -> list[str]:
    return [
        sys.executable,
        "-m",
        "core.cli",
        *words,
        "--workspace",
        str(paths.root.absolute()),
    ]


def detached(paths: WorkspacePaths, words: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """A process in a session of its own: neither a closed terminal nor the end of the app ends it."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command(paths, words),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    with contextlib.suppress(OSError):  # it may have ended
        os.setpriority(os.PRIO_PROCESS, process.pid, LESS_URGENT)
    threading.Thread(target=process.wait, daemon=True).start()  # else it stays as a zombie when it ends
    return process


def wait_until_begun(process: "subprocess.Popen[bytes]", log: Path, has_begun: Callable[[], bool]) -> None:
    """Until the process is at work or has ended well. Raises RefusedError with what it refused."""
    patient_until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None:
        if has_begun():
            return
        if time.monotonic() > patient_until:
            process.kill()
            raise WorkspaceError(
                f"The process did not begin within {STARTS_WITHIN_S:.0f} s.", "Try again when the machine is idle."
            )
        time.sleep(0.1)
    if process.returncode:
        raise refusal_in(log.read_text(errors="replace") if log.exists() else "")


def answer_of(paths: WorkspacePaths, words: Sequence[str], *, within_s: float) -> dict[str, Any]:
    """What a command prints as JSON. Raises RefusedError with what it refused."""
    try:
        done = subprocess.run(
            [*command(paths, words), "--json"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WorkspaceError(
            f"No answer came within {within_s:.0f} s.", "Try again when the machine is idle."
        ) from error
    content = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    if done.returncode:
        said = content.get("error", {})
        raise refusal_in(done.stderr) if not said else RefusedError(said["what"], said["next_step"])
    return dict(content)


def refusal_in(log: str) -> RefusedError:
    """What a command refused, in the last two lines that it printed; where it broke instead, the last of them."""
    lines = [line for line in log.splitlines() if line.strip()]
    broke = any(line.startswith("Traceback") for line in lines)
    if len(lines) < 2 or broke:
        last = lines[-1] if lines else "it said nothing"
        return RefusedError(f"The process broke off: {last}.", "Try the same on the command line to see more.")
    return RefusedError(lines[-2], lines[-1])


def is_held(file: Path) -> bool:
    """Whether a process writes to it."""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as looked_at:
        try:
            fcntl.flock(looked_at, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
