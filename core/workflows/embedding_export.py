"""An embedding as a file: a table of its points, or the picture."""

import base64
import csv
import html
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote

from core.embedding.embedding import KINDS, STATUSES, Embedding
from core.embedding.point_columns import PointColumns
from core.errors import BadInputError, WorkspaceError
from core.identifiers import EmbeddingName
from core.runs.run_folder import write_whole
from core.settings import WorkspacePaths
from core.workflows.embedding_columns import point_columns
from core.workflows.printing import printing_browser, written_by_scripts
from core.workflows.stored_embedding import embedding_named

AXES = ("x", "y", "z")
_DRAWN = re.compile(r"<body>data:image/([^<]+)</body>")
_DRAW = """
Plotly.toImage(FIGURE, {format: "FORMAT", width: WIDTH, height: HEIGHT, scale: 2})
  .then((url) => { document.body.textContent = url }, (error) => { document.body.textContent = error })"""

Writer = Callable[[Embedding, PointColumns, str | None], bytes]


def picture_colorings(paths: WorkspacePaths, name: EmbeddingName) -> dict[str, str]:
    """What a picture may be colored by, each by name with its title; the category first."""
    from core.figures.embedding import colorings

    embedding = embedding_named(paths, name)
    return {one.name: one.title for one in colorings(embedding, point_columns(paths, embedding))}


def export_embedding(
    paths: WorkspacePaths, name: EmbeddingName, file: Path, *, color_by: str | None = None
) -> None:
    """Write a file that ends in .csv, .html, .svg or .png; an existing one is not overwritten.

    A picture is colored by one of the `picture_colorings`, by the category unless told otherwise. Raises what
    `embedding_named` raises, BadInputError for other files and colorings, RefusedError for a picture where there
    is no browser to draw it.
    """
    writer = WRITERS.get(file.suffix.lower())
    if writer is None:
        raise BadInputError(f"{file.name} is no file for an embedding.", f"End it in {', '.join(WRITERS)}.")
    if file.exists():
        raise BadInputError(f"{file} exists already.", "Name a new file.")
    embedding = embedding_named(paths, name)
    write_whole(file, writer(embedding, point_columns(paths, embedding), color_by))


def _csv(embedding: Embedding, columns: PointColumns, _: str | None) -> bytes:
    """One row per point; `readers` of a study are the share that took the image for what it is not."""
    table: dict[str, list[object]] = {
        "category": [*columns.category],
        "kind": [KINDS[code] for code in embedding.kinds],
        "tumor_status": [STATUSES[code] for code in embedding.tumor_statuses],
        "image_set": [*columns.image_set],
        "image_id": [*columns.image_id],
        "subject_id": [*columns.subject_id],
        "partition": [*columns.partition],
        "curation": [*columns.decision],
        **{f"misjudged_in_{study}": [*shares] for study, shares in columns.misjudged.items()},
        "nearest_real": [columns.image_id[one] if one >= 0 else None for one in embedding.nearest_real.tolist()],
        **dict(zip(AXES, embedding.coordinates.T.tolist(), strict=False)),
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue().encode()


def _html(embedding: Embedding, columns: PointColumns, color_by: str | None) -> bytes:
    from core.figures.embedding import scatter

    return str(scatter(embedding, columns, color_by=color_by).to_html(include_plotlyjs=True)).encode()


def _svg(embedding: Embedding, columns: PointColumns, color_by: str | None) -> bytes:
    return unquote(_drawn(embedding, columns, color_by=color_by, picture_format="svg")).encode()


def _png(embedding: Embedding, columns: PointColumns, color_by: str | None) -> bytes:
    return base64.b64decode(_drawn(embedding, columns, color_by=color_by, picture_format="png"))


def _drawn(embedding: Embedding, columns: PointColumns, *, color_by: str | None, picture_format: str) -> str:
    """What a data URL says behind its comma, as plotly makes it in a browser."""
    from core.figures.embedding import scatter
    from core.figures.plotly_script import plotly_script

    figure = scatter(embedding, columns, color_by=color_by)
    values = {
        "FIGURE": figure.to_json(),
        "FORMAT": picture_format,
        "WIDTH": str(figure.layout.width),
        "HEIGHT": str(figure.layout.height),
    }
    draw = re.sub("|".join(values), lambda found: values[found[0]], _DRAW)
    page = f"<!doctype html><meta charset=utf-8><script>{plotly_script().read_text('utf-8')}</script>"
    browser = printing_browser()
    written = _DRAWN.search(written_by_scripts(f"{page}<body><script>{draw}</script>", browser))
    if written is None:
        raise WorkspaceError(f"{browser} drew no picture.", "Name a file that ends in .html or .csv.")
    return html.unescape(written[1]).split(",", 1)[1]


WRITERS: Mapping[str, Writer] = {".csv": _csv, ".html": _html, ".svg": _svg, ".png": _png}
