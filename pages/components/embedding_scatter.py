"""The picture of an embedding: one `st.components.v2` component that talks to the embedding's routes."""

from collections.abc import Sequence
from functools import cache

import streamlit as st

from core.embedding.embedding import EmbeddingAbout
from core.figures.plotly_script import ADDRESS
from pages.components.browser_module import ASSETS, joined, themed

FOLDER = ASSETS / "embedding_scatter"
MODULES = (
    *(
        f"reading_viewer/{name}.js"
        for name in ("lookup_table", "placement", "gray_png", "image_canvas", "gestures", "session_client")
    ),
    "image_gallery/arrangement.js",
    "image_gallery/preview.js",
    *(
        f"embedding_scatter/{name}.js"
        for name in (
            "plotly_loader",
            "points",
            "traces",
            "legend",
            "hover_card",
            "inspector",
            "scatter_client",
            "scatter",
            "embedding_scatter",
        )
    ),
)


def embedding_scatter(about: EmbeddingAbout) -> Sequence[int]:
    """Draw the picture; returns the points that were chosen in it, ascending."""
    component = st.components.v2.component(
        "embedding_scatter",
        html=(FOLDER / "scatter.html").read_text(),
        css=themed(FOLDER / "scatter.css"),
        js=joined_module(),
    )
    shown = f"{about.name} {about.computed_at}"  # made anew under an old name it is another one
    data = {"name": about.name, "embedding": shown, "plotly": ADDRESS}
    found = component(key=f"scatter {shown}", data=data, default={"chosen": []}, on_chosen_change=_page_runs_again)
    return [int(point) for point in found.chosen]


def _page_runs_again() -> None:
    """A state of a component needs a callback; running the page again is all that it is for."""


@cache
def joined_module() -> str:
    """The picture's modules as one, with those of the viewer and the gallery that it uses."""
    return joined([ASSETS / name for name in MODULES])
