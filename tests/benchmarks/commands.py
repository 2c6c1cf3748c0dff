"""`mrturing ...` as a process of its own: how long it takes from start to end, and its greatest memory."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.settings import WORKSPACE_VARIABLE
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import ROOT

# The process says itself how much memory it had: what the kernel tells its parent begins at the parent's own.
_MAIN = """
import sys
from pathlib import Path
status = Path(sys.argv.pop(1))
from core.cli.main import main
try:
    main()
finally:
    status.write_text(Path("/proc/self/status").read_text())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """From start to end by the clock, the processor time of all its threads, and its greatest resident memory."""

    seconds: float
    cpu_seconds: float
    peak_gb: float


def timed_command(*words: object, workspace: Path) -> Run:
    """Run one command to its end, what it prints is left out; raises SystemExit if it refuses."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), WORKSPACE_VARIABLE: str(workspace)}
    with tempfile.NamedTemporaryFile("r") as status:
        command = [sys.executable, "-c", _MAIN, status.name, *map(str, words), "--json"]
        started_at = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        _, ended, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started_at
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode:
            raise SystemExit(f"`mrturing {' '.join(map(str, words))}` ended with {process.returncode}.")
        peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return Run(seconds=seconds, cpu_seconds=usage.ru_utime + usage.ru_stime, peak_gb=peak_kib * 1024 / 1e9)


def figures_of(
    name: str, runs: Sequence[Run], *, at_most_s: float, at_most_gb: float | None = None
) -> list[Figure]:
    """Medians of the times, and the greatest memory of any run."""
    n = len(runs)
    seconds, cpu = (statistics.median(getattr(run, what) for run in runs) for what in ("seconds", "cpu_seconds"))
    peak_gb = max(run.peak_gb for run in runs)
    return [
        Figure(name=name, value=seconds, unit="s", n=n, at_most=at_most_s),
        Figure(name="its processor time", value=cpu, unit="s", n=n),
        Figure(name="its greatest memory", value=peak_gb, unit="GB", n=n, at_most=at_most_gb),
    ]
