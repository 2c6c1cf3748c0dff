"""The viewer without Streamlit: a bare page in which it runs, and a server that keeps the routes' contract."""

import socket
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.components.reading_viewer import ASSETS, joined_module

TRIALS_AHEAD = 3
HARNESS = """<!doctype html><meta charset="utf-8"><body><div id="host"></div><script type="module">
import mount from "/viewer.js";
const shadow = document.getElementById("host").attachShadow({mode: "open"});
shadow.innerHTML = await (await fetch("/viewer.html")).text();
const textContent = await (await fetch("/viewer.css")).text();
shadow.append(Object.assign(document.createElement("style"), {textContent}));
window.ended = [];
const reading = new URLSearchParams(location.search).get("reading") ?? "reading-1";
const component = {parentElement: shadow, data: {reading}, setTriggerValue: (...value) => window.ended.push(value)};
window.mountAgain = () => { window.unmount = mount(component); };
window.mountAgain();
</script></body>"""


def gray_png(level: int) -> bytes:
    """A 256 x 256 PNG, stored uncompressed: a bright disk left of the center, on a ramp that tells trials apart."""
    rows = b"".join(
        b"\0" + bytes(200 if (x - 90) ** 2 + (y - 120) ** 2 < 900 else (x + level) % 180 for x in range(256))
        for y in range(256)
    )
    header = struct.pack(">IIBBBBB", 256, 256, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    )


@dataclass
class FakeReadingServer:
    """The contract's server side, in memory; the flags make it misbehave."""

    n_trials: int = 10
    questions: tuple[str, ...] = ("realism", "tumor")
    scale: str = "forced-choice"
    practice: int = 0
    break_every: int = 0
    second_part_at: int | None = None  # tumor before, realism from there on
    confirm: bool = False
    pngs: list[bytes] = field(default_factory=list)
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    away: bool = False  # every reading route fails
    loses_replies: bool = False  # responses are saved, but the browser never hears of it
    tickets_gone: int = 0  # so many stimuli more are answered with 410
    refusal: tuple[int, str, str] | None = None
    n_posts: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self.trials = [uuid.uuid4().hex for _ in range(self.n_trials)]
        self.fetched: set[int] = set()
        self.tickets: dict[str, tuple[int, bool]] = {}
        self.pngs = self.pngs or [gray_png(7 * index) for index in range(self.n_trials)]

    def saved_trials(self) -> list[int]:
        """Indices of the saved trials, in the order of saving."""
        return [self.trials.index(response["trial"]) for response in self.responses.values()]

    def goes_away(self, *, after_image: int) -> None:
        """Fail from now on; first the images ahead are fetched, as they are whenever a reader takes a second."""
        while after_image not in self.fetched:
            time.sleep(0.005)
        self.away = True

    def routes(self) -> list[Route]:
        return [
            Route("/", lambda _: HTMLResponse(HARNESS)),
            Route("/viewer.js", lambda _: PlainTextResponse(joined_module(), media_type="text/javascript")),
            Route("/viewer.html", lambda _: PlainTextResponse((ASSETS / "viewer.html").read_text())),
            Route("/viewer.css", lambda _: PlainTextResponse((ASSETS / "viewer.css").read_text())),
            Route("/reading/session", self._session),
            Route("/reading/stimulus/{ticket}", self._stimulus),
            Route("/reading/responses", self._save, methods=["POST"]),
        ]

    def _unanswered(self) -> list[int]:
        answered = set(self.saved_trials())
        return [index for index in range(self.n_trials) if index not in answered]

    def _failure(self, request: Request) -> Response | None:
        if self.away or request.headers.get("X-MRTuring") != "1":
            return Response(status_code=503 if self.away else 400)
        if self.refusal is not None:
            status, what, next_step = self.refusal
            return JSONResponse({"error": {"what": what, "next_step": next_step}}, status_code=status)
        return None

    def _position(self, *, renew: bool) -> dict[str, object]:
        unanswered = self._unanswered()
        ahead = []
        boundary = self.second_part_at or 0
        for index in unanswered[:TRIALS_AHEAD]:
            if (index < boundary) != (unanswered[0] < boundary):
                break
            tickets = {ticket: used for ticket, (trial, used) in self.tickets.items() if trial == index}
            unused = [ticket for ticket, used in tickets.items() if not used]
            if tickets and not unused and not renew:
                continue
            ticket = unused[-1] if unused else uuid.uuid4().hex
            self.tickets.setdefault(ticket, (index, False))
            ahead.append({"trial": self.trials[index], "trial_index": index - self.practice, "ticket": ticket})
        return {
            "state": "reading" if unanswered else "finished",
            "next_trial_index": (unanswered[0] if unanswered else self.n_trials) - self.practice,
            "ahead": ahead,
        } | self._part(unanswered)

    def _part(self, unanswered: list[int]) -> dict[str, object]:
        if self.second_part_at is None:
            return {"questions": self.questions, "second_part": None}
        if not unanswered or unanswered[0] < self.second_part_at:
            return {"questions": ["tumor"], "second_part": None}
        part = {"first_trial_index": self.second_part_at, "text": "Half are synthetic."}
        return {"questions": ["realism"], "second_part": part}

    async def _session(self, request: Request) -> Response:
        described = {
            "trials_total": self.n_trials - self.practice,
            "practice_total": self.practice,
            "break_every": self.break_every,
            "scale": self.scale,
            "confirm": self.confirm,
            "minimum_viewport": {"width": 900, "height": 600},
            "seconds_per_trial": 12.5,
        }
        return self._failure(request) or JSONResponse(self._position(renew=True) | described)

    async def _stimulus(self, request: Request) -> Response:
        failure = self._failure(request)
        if failure is not None:
            return failure
        ticket = request.path_params["ticket"]
        index, used = self.tickets.get(ticket, (0, True))
        self.tickets[ticket] = (index, True)
        if used or self.tickets_gone > 0:
            self.tickets_gone -= 1
            return JSONResponse({"error": {"what": "Fetched already.", "next_step": ""}}, status_code=410)
        self.fetched.add(index)
        return Response(self.pngs[index], media_type="image/png", headers={"Cache-Control": "no-store"})

    async def _save(self, request: Request) -> Response:
        failure = self._failure(request)
        if failure is not None:
            return failure
        self.n_posts += 1
        saved, refused = [], []
        for response in (await request.json())["responses"]:
            known = self.responses.get(response["response_id"])
            if known is None and self.trials.index(response["trial"]) not in self._unanswered():
                refused.append({"response_id": response["response_id"], "what": "This image was answered."})
                continue
            self.responses[response["response_id"]] = known or response
            saved.append(response["response_id"])
        if self.loses_replies:
            return Response(status_code=503)
        return JSONResponse({"saved": saved, "refused": refused} | self._position(renew=False))


class ReadingServers:
    """Starts fake servers; `stop` ends them all."""

    def __init__(self) -> None:
        self._running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def __call__(self, **options: Any) -> FakeReadingServer:
        fake = FakeReadingServer(**options)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=fake.routes()), log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        fake.url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        self._running.append((server, thread))
        return fake

    def stop(self) -> None:
        for server, thread in self._running:
            server.force_exit = server.should_exit = True
            thread.join(10)


@pytest.fixture
def serve_reading() -> Iterator[ReadingServers]:
    """Call it with the options of FakeReadingServer; it answers at `.url` until the test ends."""
    servers = ReadingServers()
    yield servers
    servers.stop()


@dataclass(frozen=True)
class Viewer:
    """A reader at the viewer: waits on the markers that it sets."""

    page: Page

    def painted(self, trial_index: int) -> None:
        self.page.wait_for_selector(f'.reading-viewer[data-state="reading"][data-trial-index="{trial_index}"]')

    def state(self, name: str) -> None:
        self.page.wait_for_selector(f'.reading-viewer[data-state="{name}"]')

    def unsaved(self, count: int) -> None:
        self.page.wait_for_selector(f'.reading-viewer[data-unsaved="{count}"]')

    def read(self, trials: range, keys: str = "fk") -> None:
        """Press the same keys at each of these trials, once its image is painted."""
        for trial_index in trials:
            self.painted(trial_index)
            for key in keys:
                self.page.keyboard.press(key)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def opened(context: BrowserContext) -> Callable[..., Viewer]:
    """Open a window on a server's url; it returns once the image of `trial` is painted."""

    def open_viewer(url: str, *, trial: int = 0) -> Viewer:
        viewer = Viewer(context.new_page())
        viewer.page.goto(url)
        viewer.painted(trial)
        return viewer

    return open_viewer
