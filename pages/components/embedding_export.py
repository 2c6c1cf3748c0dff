"""A picture as a file: what it shows as a table, or the picture itself."""

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from core.identifiers import EmbeddingName
from core.settings import WorkspacePaths
from core.workflows.embedding_export import export_embedding, picture_colorings
from core.workflows.printing import can_print
from pages.components.error_boundary import shown_errors

FILES = {
    "csv": ("Table (CSV)", "text/csv"),
    "html": ("Picture to point at (HTML)", "text/html"),
    "svg": ("Picture (SVG)", "image/svg+xml"),
    "png": ("Picture (PNG)", "image/png"),
}
DRAWN_BY_BROWSER = {"svg", "png"}


def embedding_export(paths: WorkspacePaths, name: EmbeddingName) -> None:
    """Nothing of it is read until it is opened, and each file is made when it is asked for."""
    section = st.popover("Export", key=f"export {name}", on_change="rerun")
    if not section.open:
        return
    drawing = can_print()
    with section, shown_errors():
        titles = picture_colorings(paths, name)
        color_by = st.selectbox("Color by", [*titles], format_func=titles.__getitem__)
        for suffix, (label, mime) in FILES.items():

            def content(suffix: str = suffix) -> bytes:
                return _exported(paths, name, suffix, color_by=color_by)

            off = suffix in DRAWN_BY_BROWSER and not drawing
            file = f"{name}.{suffix}"
            st.download_button(label, content, file, mime, disabled=off, on_click="ignore", width="stretch")
        if not drawing:
            st.caption("SVG and PNG are drawn by Chromium or Chrome, which is not on this machine.")


def _exported(paths: WorkspacePaths, name: EmbeddingName, suffix: str, *, color_by: str) -> bytes:
    with TemporaryDirectory(prefix="mrturing-export-") as folder:
        file = Path(folder, f"{name}.{suffix}")
        export_embedding(paths, name, file, color_by=color_by)
        return file.read_bytes()
