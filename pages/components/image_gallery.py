"""The image gallery: one `st.components.v2` component that talks to the gallery routes, not to Streamlit."""

from collections.abc import Sequence
from functools import cache

import streamlit as st

from pages.components.browser_module import ASSETS, joined

FOLDER = ASSETS / "image_gallery"
SHARED = ("lookup_table", "placement", "gray_png", "image_canvas", "gestures", "outbox", "session_client")
SHARED_IN_ORDER = (*SHARED, "synchronizer", "stopwatch", "trial_answers", "trial")  # of the reading viewer
OWN_IN_ORDER = (
    "cells",
    "decisions",
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


def image_gallery(
    image_set: str,
    n_images: int,
    *,
    gallery: str,
    decides: bool = False,
    subset: Sequence[int] | None = None,
    orders: Sequence[str] = (),
) -> None:
    """Show a set's images, in all or those of `subset`, and take decisions on them where it `decides`.

    `gallery` is an opaque id of this person's work on this set: unsent decisions wait in the browser under it.
    `orders` name the orders that the server knows beside the set's own.
    """
    component = st.components.v2.component(
        "image_gallery",
        html=(FOLDER / "gallery.html").read_text(),
        css=(FOLDER / "gallery.css").read_text(),
        js=joined_module(),
    )
    data = {
        "gallery": gallery,
        "image_set": image_set,
        "n_images": n_images,
        "decides": decides,
        "subset": None if subset is None else list(subset),
        "orders": list(orders),
    }
    component(key=f"image_gallery {gallery} {decides} {subset is None}", data=data)


@cache
def joined_module() -> str:
    """The gallery's modules as one, with those of the reading viewer that it uses."""
    return joined([ASSETS / name for name in MODULES])
