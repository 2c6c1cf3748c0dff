"""Readers without browsers, who ask the reading routes for what the viewer asks, from a process of their own.

`python -m tests.benchmarks.crowd` gets its orders as one line of JSON, says "reading" when everybody has the first
images, and ends when its input closes or its time is up, with one line of JSON. It talks to this machine only.
"""

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from core.access.cookies import COOKIES
from core.access.person import Role
from tests.benchmarks.servers import ROOT
from tests.phantoms import response

HOST = "127.0.0.1"
LONGEST_S = 120.0
JITTER = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """One cookie for each reader. `think_s` is the mean time from an image to its response."""

    port: int
    cookies: Sequence[str]
    think_s: float = 1.0


@dataclass(slots=True)
class Tally:
    """What the readers met; lists take appends from many threads."""

    acknowledged_ms: list[float] = field(default_factory=list)
    stimulus_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Crowd:
    """The crowd as its process, for the one who measures; use it in a `with` block."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self.tally = Tally()

    def __enter__(self) -> "Crowd":
        command = [sys.executable, "-m", "tests.benchmarks.crowd"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(self._orders)) + "\n")
        if self._process.stdout.readline() != "reading\n":
            raise SystemExit("The simulated readers could not begin.")
        return self

    def __exit__(self, *_: object) -> None:
        said, _ = self._process.communicate()
        self.tally = Tally(**json.loads(said))


class _Reader:
    """One simulated reader on one kept-alive connection, as a browser has it."""

    def __init__(self, orders: Orders, cookie: str, tally: Tally) -> None:
        self._connection = http.client.HTTPConnection(HOST, orders.port, timeout=30)
        self._headers = {
            "Cookie": f"{COOKIES[Role.READER]}={cookie}",
            "X-MRTuring": "1",
            "Origin": f"http://{HOST}:{orders.port}",
            "Content-Type": "application/json",
        }
        self._think_s = orders.think_s
        self.tally = tally
        self._ahead: list[str] = []

    def start(self) -> None:
        self._take(json.loads(self._ask("GET", "/reading/session")))

    def read(self, stop: threading.Event, rng: random.Random) -> None:
        deadline = time.monotonic() + LONGEST_S
        while self._ahead and time.monotonic() < deadline:
            if stop.wait(self._think_s * rng.uniform(1 - JITTER, 1 + JITTER)):
                return
            body = json.dumps({"responses": [response(self._ahead.pop(0))]})
            started_at = time.perf_counter()
            reply = json.loads(self._ask("POST", "/reading/responses", body))
            self.tally.acknowledged_ms.append((time.perf_counter() - started_at) * 1000)
            if reply["refused"]:
                self.tally.failures.append(str(reply["refused"]))
            self._take(reply)

    def _take(self, reply: dict[str, Any]) -> None:
        for ahead in reply["ahead"]:
            started_at = time.perf_counter()
            self._ask("GET", f"/reading/stimulus/{ahead['ticket']}")
            self.tally.stimulus_ms.append((time.perf_counter() - started_at) * 1000)
            self._ahead.append(ahead["trial"])

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        self._connection.request(method, path, body, self._headers)
        reply = self._connection.getresponse()
        content = reply.read()
        if reply.status != http.client.OK:
            raise http.client.HTTPException(f"{method} {path.split('/')[2]}: {reply.status} {content[:200]!r}")
        return content


def main() -> None:
    orders = Orders(**json.loads(sys.stdin.readline()))
    tally = Tally()
    stop = threading.Event()
    everybody = threading.Barrier(len(orders.cookies) + 1)
    threads = [
        threading.Thread(target=_reads, args=(_Reader(orders, cookie, tally), number, everybody, stop), daemon=True)
        for number, cookie in enumerate(orders.cookies)
    ]
    for thread in threads:
        thread.start()
    everybody.wait(LONGEST_S)
    print("reading", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join(LONGEST_S)
    print(json.dumps(asdict(tally)), flush=True)


def _reads(reader: _Reader, number: int, everybody: threading.Barrier, stop: threading.Event) -> None:
    """One thread: a failure ends this reader, and stands in the tally."""
    try:
        reader.start()
        everybody.wait(LONGEST_S)
        reader.read(stop, random.Random(number))
    except (http.client.HTTPException, OSError, threading.BrokenBarrierError) as error:
        reader.tally.failures.append(f"{type(error).__name__}: {error}")
        everybody.abort()


if __name__ == "__main__":
    main()
