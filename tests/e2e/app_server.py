"""The real app as a process of its own, which a test may kill at any moment and start again on the same port."""

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from core.settings import BASE_URL_VARIABLE, WORKSPACE_VARIABLE, WorkspacePaths

PROJECT_ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
STARTS_WITHIN_S = 60
STOPS_WITHIN_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class AppServer:
    """`streamlit run app.py` on one workspace. `log` takes what the process says."""

    def __init__(self, paths: WorkspacePaths, log: Path, *, port: int | None = None) -> None:
        self.paths = paths
        self.log = log
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it says that it is healthy."""
        with self.log.open("ab") as said:
            self._process = self._started(said)
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The app did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for the process and its children, as a power cut would end them."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the process, gently if it lets itself; nothing happens where none runs."""
        if self._process is None:
            return
        try:
            self._end(signal.SIGTERM)
        except subprocess.TimeoutExpired:
            self.kill()

    def _started(self, said: IO[bytes]) -> subprocess.Popen[bytes]:
        variables = {WORKSPACE_VARIABLE: str(self.paths.root), BASE_URL_VARIABLE: self.url, "PYTHONWARNINGS": ""}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        return subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _healthy(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _end(self, with_signal: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, with_signal)
        process.wait(STOPS_WITHIN_S)
        self._process = None
