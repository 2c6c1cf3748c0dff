"""Everything that a real browser receives: each HTTP reply and each message on Streamlit's websocket."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.provenance import sha256_of_bytes

# Drawn anew for each websocket and each run of the script, whoever connects.
_RANDOM_IDS = re.compile(r'\b(session_id|script_run_id): "[0-9a-f-]{36}"')
_XSRF_TOKEN = re.compile(r"(?<=^_streamlit_xsrf=)[^;]+")
# An element's hash is that of its bytes, so it says nothing that the text does not say.
_HASH = re.compile(r'^hash: "[0-9a-f]{32}"\n')


ICON = "/favicon.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP reply, without the second in which it was sent."""

    method: str
    path: str
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def summary(self) -> tuple[object, ...]:
        return self.method, self.path, self.status, self.headers, sha256_of_bytes(self.body)


class BrowserWire:
    """Listens to one page from its first request on."""

    def __init__(self, page: Page) -> None:
        self._responses: list[Response] = []
        self._frames: list[str | bytes] = []
        self.urls: list[str] = []
        page.on("request", lambda request: self.urls.append(request.url))
        page.on("response", lambda response: self._responses.append(response))
        page.on("websocket", self._listen)

    def _listen(self, websocket: WebSocket) -> None:
        self.urls.append(websocket.url)
        websocket.on("framereceived", lambda frame: self._frames.append(frame))

    def messages(self) -> list[str]:
        """What Streamlit sent, as text; what is random in any two sessions is left out."""
        return [_readable(frame) for frame in self._frames]

    def replies(self) -> list[Reply]:
        """To be called while the page is still there: the browser then has the bodies."""
        return [_reply(response) for response in self._responses]

    def summary(self) -> tuple[set[str], Counter[tuple[object, ...]]]:
        """Equal for two sessions that received the same.

        Parallel requests may come in another order, and the shell may ask anew whether the server is healthy. The
        browser fetches the tab's icon when it likes, or not at all; the test on the wire compares its bytes.
        """
        counted = Counter(reply.summary for reply in self.replies() if reply.path != ICON)
        for summary in counted:
            if not str(summary[1]).startswith("/reading/"):
                counted[summary] = 1
        return set(self.messages()), counted


def _readable(frame: str | bytes) -> str:
    if isinstance(frame, str):
        return frame
    text = str(ForwardMsg.FromString(frame))
    return _HASH.sub("", _RANDOM_IDS.sub(r"\1: ...", text))


def _reply(response: Response) -> Reply:
    headers = tuple(
        (header["name"].lower(), _XSRF_TOKEN.sub("...", header["value"]))
        for header in response.headers_array()
        if header["name"].lower() != "date"
    )
    address = urlsplit(response.url)
    path = "a blob" if address.scheme == "blob" else address.path  # the browser itself names blobs, at random
    is_left = path.startswith(
        "/join/"
    )  # the browser forgot the page before; the test on the wire compares its bytes
    return Reply(
        method=response.request.method,
        path=path,
        status=response.status,
        headers=headers,
        body=b"" if is_left else response.body(),
    )
