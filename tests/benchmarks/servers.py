"""Servers as processes of their own: started on a free port, measured through /proc, always ended."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.settings import WORKSPACE_VARIABLE, WorkspacePaths

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
_START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`ready_after_s` is the time from the start of the process to its first answer."""

    url: str
    pid: int
    ready_after_s: float

    def cpu_ms(self) -> float:
        """Processor time of the server so far, in user and system mode, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def has_mapped(self, library: str) -> bool:
        """Whether a file with this in its name is loaded into the server's memory."""
        return library in Path(f"/proc/{self.pid}/maps").read_text()

    def resident_mb(self) -> float:
        """Memory that the process holds now; `peak_mb` counts from here on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        return self._status_mb("VmRSS")

    def peak_mb(self) -> float:
        """The most memory that it held since `resident_mb`."""
        return self._status_mb("VmHWM")

    def _status_mb(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


@contextmanager
def running_server(script: Path, paths: WorkspacePaths) -> Iterator[Server]:
    """`streamlit run SCRIPT` on a workspace, with the project's configuration."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    environment = os.environ | {WORKSPACE_VARIABLE: str(paths.root.absolute()), "PYTHONPATH": str(ROOT)}
    started_at = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        try:
            url = f"http://127.0.0.1:{port}"
            _await_health(process, url, said)
            yield Server(url=url, pid=process.pid, ready_after_s=time.perf_counter() - started_at)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(process: subprocess.Popen[bytes], url: str, said: IO[str]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said.seek(0)
            raise SystemExit(f"The server ended at its start:\n{said.read()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise SystemExit(f"The server at {url} gave no sign of health in {_START_S:g} s.")
