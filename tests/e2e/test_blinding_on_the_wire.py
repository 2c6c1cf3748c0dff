"""Flipping every truth changes no byte that leaves the server during a whole session."""

import json
import re
import socket
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import streamlit

from core.access.cookies import COOKIES
from core.access.person import Role
from core.identifiers import StudyName
from core.reading.design import Presentation, Scale
from core.settings import WorkspacePaths
from core.workflows.access import invite_reader, sign_in
from core.workflows.reading import begin_reading
from tests.e2e.app_server import HOST, AppServer, free_port
from tests.e2e.conftest import ServeApp
from tests.e2e.flipped import flipped_copy
from tests.e2e.workspaces import PER_ARM, add_real_phantoms, import_synthetic_pngs, lock_new_study
from tests.phantoms import PROFILE, response

# What differs between any two replies: the second in which each is sent, and the value of
# Streamlit's own token against forged requests, drawn at random for each reply that carries it.
CHANGING = (
    re.compile(rb"(?<=\r\ndate: )[^\r]+ GMT(?=\r\n)"),
    re.compile(rb"(?<=\r\nset-cookie: _streamlit_xsrf=)[^;\r]+"),
)
STATIC = Path(streamlit.__file__).parent / "static" / "static"


class RawBrowser:
    """Sends requests over a bare socket and keeps every byte that comes back."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://{HOST}:{port}"
        self.cookie = ""
        self.replies: list[bytes] = []

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[bytes, bytes]:
        """Returns head and body of the reply."""
        address = urlsplit(self.origin)
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {address.netloc}",
            "Accept-Encoding: gzip, br",
            "Connection: close",
            "X-MRTuring: 1",
            *([f"Cookie: {self.cookie}"] if self.cookie else []),
            *([f"Origin: {self.origin}", f"Content-Length: {len(body)}"] if method == "POST" else []),
        ]
        with socket.create_connection((HOST, address.port), timeout=30) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            reply = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        head, _, content = reply.partition(b"\r\n\r\n")
        self.replies.append(f"{method} {path}\n".encode() + masked(head + b"\r\n") + b"\r\n" + content)
        return head, content

    def json(self, method: str, path: str, body: bytes = b"") -> Mapping[str, object]:
        head, content = self.ask(method, path, body)
        assert head.startswith(b"HTTP/1.1 200")
        return json.loads(content)


def masked(head: bytes) -> bytes:
    for changing in CHANGING:
        head = changing.sub(b"...", head)
    return head


def fixed_response(trial: str, index: int) -> dict[str, object]:
    return response(
        trial,
        response_id=f"00000000-0000-4000-8000-{index:012d}",
        decision=("real", "synthetic")[index % 2],
        tumor_decision=("tumor", "nontumor")[index % 3 % 2],
        response_time_ms=1000.0 + index,
        tumor_response_time_ms=2000.0 + index,
    )


def whole_session(app: AppServer, link: str, answers: Mapping[str, object]) -> list[bytes]:
    """Every reply from the link to the end, Streamlit's own included."""
    browser = RawBrowser(app.port)
    join = urlsplit(link).path
    browser.ask("GET", join)
    head, _ = browser.ask("POST", join)
    browser.cookie = re.search(rb"set-cookie: ([^;]+)", head, re.IGNORECASE)[1].decode()
    agree_to_take_part(app.paths, browser.cookie)
    for path in shell_paths():
        browser.ask("GET", path)
    read_to_the_end(browser, answers)
    browser.ask("POST", join)  # a used link
    browser.ask("GET", "/reading/stimulus/nonsense")
    browser.ask("POST", "/reading/responses", b"{}")
    return browser.replies


def shell_paths() -> list[str]:
    index = sorted(path.name for path in (STATIC / "js").glob("index.*.js"))
    assert index
    return [
        "/",
        "/reading",
        "/favicon.png",
        "/library",
        "/_stcore/health",
        "/_stcore/host-config",
        "/_stcore/metrics",
        *(f"/static/js/{name}" for name in index),
    ]


def agree_to_take_part(paths: WorkspacePaths, cookie: str) -> None:
    """What the start page does over Streamlit's websocket; that one is compared in a real browser."""
    signed_in = sign_in(paths, cookie.removeprefix(f"{COOKIES[Role.READER]}="), Role.READER)
    assert signed_in is not None
    begin_reading(paths, signed_in, PROFILE)


def read_to_the_end(browser: RawBrowser, answers: Mapping[str, object]) -> None:
    position = browser.json("GET", "/reading/session")
    waiting = list(position["ahead"])
    trials: dict[int, str] = {}
    for n_answered in count():
        if position["state"] == "finished":
            break
        for entry in waiting:
            assert browser.ask("GET", f"/reading/stimulus/{entry['ticket']}")[1].startswith(b"\x89PNG")
            trials.setdefault(entry["trial_index"], entry["trial"])
        trial = trials[position["next_trial_index"]]
        body = json.dumps({"responses": [fixed_response(trial, n_answered) | answers]}).encode()
        position = browser.json("POST", "/reading/responses", body)
        waiting = list(position["ahead"])
        if n_answered % 7 == 6:
            waiting = list(browser.json("GET", "/reading/session")["ahead"])  # as after a reload
    assert n_answered >= 4 * PER_ARM


SHOWN = Presentation(repeats=6, repeat_distance=10, practice=3, break_every=15)


@pytest.mark.parametrize(
    ("design", "answers"),
    [
        ({}, {}),
        ({"presentation": SHOWN, "scale": Scale.SIX_STEP}, {"confidence": 2, "tumor_confidence": 3}),
    ],
    ids=["plain", "repeats, practice, breaks and six steps"],
)
def test_flipping_every_truth_changes_no_byte_on_the_wire(
    tmp_path: Path, serve_app: ServeApp, design: Mapping[str, object], answers: Mapping[str, object]
) -> None:
    paths = WorkspacePaths(tmp_path / "one" / "workspace")
    lock_new_study(paths, add_real_phantoms(paths), import_synthetic_pngs(paths, tmp_path / "gan"), **design)
    port = free_port()
    link = invite_reader(paths, StudyName("study"), "reader", again=False, base_url=f"http://{HOST}:{port}")
    flipped = flipped_copy(paths, tmp_path / "two" / "workspace")

    sent = []
    for workspace in (paths, flipped):
        app = serve_app(workspace, port=port)
        sent.append(whole_session(app, link, answers))
        app.stop()

    assert len(sent[0]) > 2 * 4 * PER_ARM
    for reply, reply_of_flipped in zip(*sent, strict=True):
        assert reply == reply_of_flipped
