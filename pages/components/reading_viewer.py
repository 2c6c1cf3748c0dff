"""The reading viewer: one `st.components.v2` component that talks to the reading routes, not to Streamlit."""

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

from pages.components import browser_module

ASSETS = browser_module.ASSETS / "reading_viewer"
MODULES = (  # in order of use: an inline component is one module, so ours are joined into one
    "lookup_table.js",
    "placement.js",
    "gray_png.js",
    "paint.js",
    "stopwatch.js",
    "trial_answers.js",
    "trial.js",
    "progress.js",
    "outbox.js",
    "session_client.js",
    "synchronizer.js",
    "supply.js",
    "image_canvas.js",
    "gestures.js",
    "keyboard.js",
    "panel.js",
    "messages.js",
    "interludes.js",
    "reading.js",
    "viewer.js",
)


def reading_viewer(*, reading: str) -> None:
    """Mount the viewer over the whole page; when its session ends the page runs again and shows what comes then.

    `reading` is an opaque id of this reader's reading: unsent responses wait in the browser under it.
    """
    # A fixed key: without one a component whose data changed is mounted anew, in the middle of a trial.
    _component()(key="reading_viewer", data={"reading": reading}, on_ended_change=_page_runs_again)


def _page_runs_again() -> None:
    """The viewer's one trigger needs a callback to exist; running the page again is all that it is for."""


@cache
def joined_module() -> str:
    """The viewer's modules as one: imports of each other dropped, only the default export left."""
    return browser_module.joined([ASSETS / name for name in MODULES])


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text()


def _component() -> Callable[..., Any]:
    """Registered at each mount, with the same texts: a registration belongs to one runtime; tests have several.

    isolate_styles stays on: in a shadow root the page's styles cannot reach the viewer, nor its own the page.
    """
    return st.components.v2.component(
        "reading_viewer", html=_asset("viewer.html"), css=_asset("viewer.css"), js=joined_module()
    )
