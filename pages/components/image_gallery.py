"""The image gallery: one `st.components.v2` component that talks to the gallery routes, not to Streamlit."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import streamlit as st

from core.access.person import Person
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths
from core.workflows.gallery import gallery_id
from pages.components.browser_module import ASSETS, joined, themed

FOLDER = ASSETS / "image_gallery"
SHARED = ("lookup_table", "placement", "gray_png", "image_canvas", "gestures", "outbox", "session_client")
SHARED_IN_ORDER = (*SHARED, "synchronizer", "stopwatch", "trial_answers", "trial")  # of the reading viewer
OWN_IN_ORDER = (
    "cells",
    "decisions",
    "triage",
    "arrangement",
    "selection",
    "gallery_keys",
    "pointing",
    "colors",
    "thumbnails",
    "gallery_client",
    "decider",
    "grid",
    "preview",
    "prompt",
    "judge",
    "toolbar",
    "stage",
    "gallery",
    "image_gallery",
)
MODULES = tuple(
    f"{folder}/{name}.js"
    for folder, names in (("reading_viewer", SHARED_IN_ORDER), ("image_gallery", OWN_IN_ORDER))
    for name in names
)
Mode = Literal["view", "decide", "settle"]


def image_gallery(
    paths: WorkspacePaths,
    image_set: ImageSet,
    person: Person | None,
    *,
    mode: Mode,
    subset: Sequence[int] | None = None,
    notes: Mapping[int, str] | None = None,
) -> None:
    """Show a set's images, in all or those of `subset`; a person looks, decides, or settles for all.

    `notes` are told of the image that they belong to. When all images of a subset are decided the page runs again.
    """
    component = st.components.v2.component(
        "image_gallery",
        html=(FOLDER / "gallery.html").read_text(),
        css=themed(FOLDER / "gallery.css"),
        js=joined_module(),
    )
    # Unsent decisions wait in the browser under this name.
    gallery = f"{gallery_id(paths, image_set.name, person)}-{mode}"
    data = {
        "gallery": gallery,
        "image_set": image_set.name,
        "n_images": image_set.n_images,
        "mode": mode,
        "subset": None if subset is None else list(subset),
        "notes": {str(position): text for position, text in (notes or {}).items()},
    }
    component(key=f"{gallery} {subset is None}", data=data, on_decided_change=_page_runs_again)


def _page_runs_again() -> None:
    """The gallery's one trigger needs a callback to exist; running the page again is all that it is for."""


@cache
def joined_module() -> str:
    """The gallery's modules as one, with those of the reading viewer that it uses."""
    return joined([ASSETS / name for name in MODULES])
