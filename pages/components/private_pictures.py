"""Stimuli on a researcher's page, inside the page itself.

Never by st.image: that gives a picture an address which follows from its bytes and which anybody can ask for, so
that a reader who holds a stimulus could find out that researchers look at it.
"""

import base64
import html
from collections.abc import Sequence

import streamlit as st

SHOWN_PX = 128


def show_pictures(pictures: Sequence[tuple[str, str, bytes]], *, size_px: int = SHOWN_PX) -> None:
    """Side by side: caption, name, PNG."""
    figures = "".join(_figure(*picture, size_px=size_px) for picture in pictures)
    st.html(f'<div style="display: flex; flex-wrap: wrap; gap: 12px">{figures}</div>')


def _figure(caption: str, name: str, png: bytes, *, size_px: int) -> str:
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    words = "<br>".join(html.escape(part) for part in (caption, name) if part)
    return (
        f'<figure style="margin: 0; width: {size_px}px; overflow-wrap: anywhere; font-size: 12px">'
        f'<img src="{source}" width="{size_px}" height="{size_px}" alt="{html.escape(name)}">'
        f"<figcaption>{words}</figcaption></figure>"
    )
