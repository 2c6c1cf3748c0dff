"""The middleware before everything else: closes what Streamlit leaves open, and keeps foreign pages out."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import AccessDeniedError, NotFoundError
from core.web.replies import error_reply

CLOSED_PATHS = ("/_stcore/metrics", "/_stcore/agent")
COMPONENT_PREFIXES = ("/reading/", "/gallery/", "/embeddings/")
REQUIRED_HEADER = "x-mrturing"

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """Closed paths answer 404. The components' routes need our header; no request may come from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler: Handler = self.app
        if scope["type"] == "http":
            handler = _refusal(scope["path"], scope["method"], Headers(scope=scope)) or self.app
        await handler(scope, receive, send)


def _refusal(path: str, method: str, headers: Headers) -> Handler | None:
    if path.startswith(CLOSED_PATHS):
        return error_reply(NotFoundError("There is nothing here.", ""), status=404)
    ours = path.startswith((*COMPONENT_PREFIXES, "/join/"))
    foreign = ours and not _same_origin(headers, required=method == "POST")
    bare = path.startswith(COMPONENT_PREFIXES) and REQUIRED_HEADER not in headers
    if foreign or bare:
        what = AccessDeniedError("This request does not come from MR Turing's own page.", "Reload the page.")
        return error_reply(what, status=403)
    return None


def _same_origin(headers: Headers, *, required: bool) -> bool:
    """Browsers state the origin of every POST; a GET from our own page has none."""
    origin = headers.get("origin")
    if origin is None:
        return not required
    return urlsplit(origin).netloc == headers.get("host")
