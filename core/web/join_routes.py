"""Signing in by a personal link: a page with one button, because mail scanners open links but press no buttons."""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.access.cookies import COOKIE_LIFETIME_S, COOKIES
from core.errors import MrTuringError
from core.settings import WorkspacePaths
from core.web.replies import HEADERS
from core.workflows.access import accept_invitation

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>MR Turing</title>
<style>
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: #101214; color: #c9ced4;
        font: 17px/1.5 system-ui, sans-serif; }}
main {{ max-width: 26rem; padding: 2rem; }}
h1 {{ font-size: 1.4rem; font-weight: 600; }}
button {{ font: inherit; padding: .6rem 1.6rem; border: 1px solid #56799c; border-radius: .4rem;
          background: #24415e; color: #e6ebf0; cursor: pointer; }}
</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"""
_BUTTON = '<form method="post"><button type="submit" autofocus>Continue</button></form>'


def join_routes(paths: WorkspacePaths) -> list[Route]:
    """`GET /join/{token}` shows the button, `POST` uses the link and sets the cookie."""

    def ask(_: Request) -> Response:
        text = "This personal link opens MR Turing in this browser. It works once."
        return _page("Welcome", text, _BUTTON)

    def join(request: Request) -> Response:
        try:
            role, cookie = accept_invitation(paths, request.path_params["token"])
        except MrTuringError as error:
            return _page(error.what, error.next_step, "", status=403)
        reply = RedirectResponse("/", status_code=303, headers=HEADERS)
        reply.set_cookie(
            COOKIES[role],
            cookie,
            max_age=COOKIE_LIFETIME_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return reply

    return [Route("/join/{token}", ask, methods=["GET"]), Route("/join/{token}", join, methods=["POST"])]


def _page(title: str, text: str, form: str, *, status: int = 200) -> Response:
    page = _PAGE.format(title=html.escape(title), text=html.escape(text), form=form)
    return HTMLResponse(page, status_code=status, headers=HEADERS)
