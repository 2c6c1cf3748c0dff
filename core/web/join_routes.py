"""Signing in by a personal link: a page with one button, because mail scanners open links but press no buttons."""

import html
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.access.cookies import COOKIE_LIFETIME_S, COOKIES
from core.access.person import Role
from core.errors import MrTuringError
from core.settings import WorkspacePaths
from core.web.replies import HEADERS
from core.workflows.access import accept_invitation

_PAGE = Template((Path(__file__).parents[2] / "assets" / "join.html").read_text())
# Readers get the dark theme, whatever their browser prefers: a white page before or after the viewer would dazzle
# eyes that are used to near-black. Streamlit takes a page's theme from its address in this way only.
_FIRST_PAGE = {Role.RESEARCHER: "/", Role.CURATOR: "/", Role.READER: "/?embed=true&embed_options=dark_theme"}
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
        reply = RedirectResponse(_FIRST_PAGE[role], status_code=303, headers=HEADERS)
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
    page = _PAGE.substitute(title=html.escape(title), text=html.escape(text), form=form)
    return HTMLResponse(page, status_code=status, headers=HEADERS)
