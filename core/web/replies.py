"""Answers that look alike whatever they carry: never cached, never compressed, errors as one JSON shape."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from core.errors import (
    AccessDeniedError,
    BadInputError,
    MrTuringError,
    NotFoundError,
    RefusedError,
    WorkspaceError,
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Encoding": "identity",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_STATUS = {
    BadInputError: 400,
    AccessDeniedError: 401,
    NotFoundError: 409,
    RefusedError: 409,
    WorkspaceError: 503,
}


def json_reply(content: Mapping[str, object] | None, *, status: int = 200) -> Response:
    return JSONResponse(content, status_code=status, headers=HEADERS)


def png_reply(png: bytes) -> Response:
    return Response(png, media_type="image/png", headers=HEADERS)


def error_reply(error: MrTuringError, *, status: int | None = None) -> Response:
    shape = {"error": {"what": error.what, "next_step": error.next_step}}
    return json_reply(shape, status=status or _STATUS.get(type(error), 500))
