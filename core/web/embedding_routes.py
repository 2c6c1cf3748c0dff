"""What the picture of an embedding asks for: points, what they are colored by, images; for researchers only."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.access.cookies import COOKIES
from core.access.person import Role
from core.embedding.embedding import Embedding
from core.errors import MrTuringError
from core.figures.plotly_script import ADDRESS, plotly_script
from core.identifiers import EmbeddingName
from core.imaging.png import encode_png
from core.settings import WorkspacePaths
from core.storage.connections import Connections
from core.web.replies import HEADERS, error_reply, json_reply, png_reply
from core.workflows.embedding_columns import point_columns
from core.workflows.gallery import opened_gallery
from core.workflows.pointed_images import point_image, point_record
from core.workflows.stored_embedding import embedding_named

KEPT_BY_BROWSERS = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
DECIMALS = 3  # of coordinates, which run over tens
Answer = Callable[[Request], Response]


def embedding_routes(paths: WorkspacePaths) -> list[Route]:
    """`/embeddings/NAME/`: `points`, `colorings`, `image/P`, `record/P`; and plotly's script."""
    connections = Connections(paths.database)

    def get(path: str, answer: Answer) -> Route:
        def handle(request: Request) -> Response:
            cookies = {Role.RESEARCHER: request.cookies.get(COOKIES[Role.RESEARCHER])}
            try:
                with opened_gallery(paths, cookies, connections=connections):
                    return answer(request)
            except MrTuringError as error:
                return error_reply(error)

        return Route(path, handle, methods=["GET"])

    def of_embedding(path: str, answer: Callable[[Embedding, Request], Response]) -> Route:
        def handle(request: Request) -> Response:
            return answer(embedding_named(paths, EmbeddingName(request.path_params["name"])), request)

        return get(f"/embeddings/{{name}}/{path}", handle)

    def point(request: Request) -> int:
        return int(request.path_params["point"])

    return [
        get(ADDRESS, lambda _: _script()),
        of_embedding("points", lambda embedding, _: json_reply(_points(embedding))),
        of_embedding("colorings", lambda embedding, _: _colorings(paths, embedding)),
        of_embedding(
            "image/{point:int}",
            lambda embedding, request: png_reply(encode_png(point_image(paths, embedding, point(request)))),
        ),
        of_embedding(
            "record/{point:int}",
            lambda embedding, request: json_reply(asdict(point_record(paths, embedding, point(request)))),
        ),
    ]


def _script() -> Response:
    return FileResponse(plotly_script(), media_type="text/javascript", headers=KEPT_BY_BROWSERS)


def _points(embedding: Embedding) -> dict[str, object]:
    from core.figures.embedding import CATEGORIES, category_codes  # brings plotly: whoever opens the app waits

    columns = np.round(embedding.coordinates.T.astype(np.float64), DECIMALS).tolist()
    return {
        "z": None,
        **dict(zip("xyz", columns, strict=False)),
        "kinds": embedding.kinds.tolist(),
        "categories": [asdict(category) for category in CATEGORIES],
        "category": category_codes(embedding).tolist(),
        "nearest_real": embedding.nearest_real.tolist(),
    }


def _colorings(paths: WorkspacePaths, embedding: Embedding) -> Response:
    from core.figures.embedding import colorings

    found = colorings(embedding, point_columns(paths, embedding))
    return json_reply({"colorings": [coloring.to_json() for coloring in found]})
