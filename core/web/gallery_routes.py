"""What the image gallery asks for: thumbnails many at once, single images, and a place for curation decisions.

Every handler runs in a worker thread, on a database connection that nobody else has meanwhile.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.access.cookies import COOKIES
from core.curation.decision import CurationAct
from core.errors import BadInputError, MrTuringError
from core.identifiers import ActId, ImageSetName
from core.settings import WorkspacePaths
from core.storage.connections import Connections
from core.web.replies import HEADERS, error_reply, json_reply, png_reply
from core.workflows.curation import curation_gallery, record_act, undo_last
from core.workflows.gallery import GALLERY_ROLES, Gallery, image_png, image_record, opened_gallery, thumbnails_png
from core.workflows.gallery_triage import triage_for_gallery, triage_order

MOST_BODY_BYTES = 16 * 1024 * 1024  # one decision on a million images
Answer = Callable[[Gallery, ImageSetName], Response]


def gallery_routes(paths: WorkspacePaths) -> list[Route]:
    """`/gallery/SET/`: `state`, `triage`, `order/NAME`, `image/I`, `record/I`.

    By POST: `thumbnails`, `acts`, `undo`, `settle`.
    """

    connections = Connections(paths.database)

    def reply(request: Request, answer: Answer) -> Response:
        cookies = {role: request.cookies.get(COOKIES[role]) for role in GALLERY_ROLES}
        try:
            with opened_gallery(paths, cookies, connections=connections) as gallery:
                return answer(gallery, ImageSetName(request.path_params["image_set"]))
        except MrTuringError as error:
            return error_reply(error)

    def get(path: str, answer: Callable[[Request], Answer]) -> Route:
        def handle(request: Request) -> Response:
            return reply(request, answer(request))

        return Route(f"/gallery/{{image_set}}/{path}", handle, methods=["GET"])

    def post(path: str, answer: Callable[[Gallery, ImageSetName, Mapping[str, Any]], Response]) -> Route:
        async def handle(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(
                reply, request, lambda gallery, name: answer(gallery, name, _content(body))
            )

        return Route(f"/gallery/{{image_set}}/{path}", handle, methods=["POST"])

    return [
        get("state", lambda _: _state),
        get("triage", lambda _: _triage),
        get("order/{order}", lambda request: _order(request.path_params["order"])),
        get("image/{position:int}", lambda request: _image(request.path_params["position"])),
        get("record/{position:int}", lambda request: _record(request.path_params["position"])),
        post("thumbnails", _thumbnails),
        post("acts", _act),
        post("undo", _undo),
        post("settle", _settle),
    ]


def _state(gallery: Gallery, name: ImageSetName) -> Response:
    return json_reply(curation_gallery(gallery.paths, name, gallery.person).to_json())


def _triage(gallery: Gallery, name: ImageSetName) -> Response:
    """Null where triage has not run on the set."""
    return json_reply(triage_for_gallery(gallery.paths, name))


def _order(order: str) -> Answer:
    """Positions as uint32, little-endian."""

    def answer(gallery: Gallery, name: ImageSetName) -> Response:
        positions = triage_order(gallery.paths, name, order).astype("<u4").tobytes()
        return Response(positions, media_type="application/octet-stream", headers=HEADERS)

    return answer


def _image(position: int) -> Answer:
    return lambda gallery, name: png_reply(image_png(gallery, name, position))


def _record(position: int) -> Answer:
    return lambda gallery, name: json_reply(asdict(image_record(gallery, name, position)))


def _thumbnails(gallery: Gallery, name: ImageSetName, content: Mapping[str, Any]) -> Response:
    positions, size = content.get("positions"), content.get("size")
    if not isinstance(positions, list) or not all(type(each) is int for each in [*positions, size]):
        raise BadInputError("The request has no list of positions, or no size.", "Reload the page.")
    return png_reply(thumbnails_png(gallery, name, positions, size=int(str(size))))


def _act(gallery: Gallery, name: ImageSetName, content: Mapping[str, Any]) -> Response:
    act = CurationAct.from_json(content, image_set=name, curator=gallery.person.person_id)
    return json_reply(record_act(gallery.paths, act, curator=gallery.person).to_json())


def _undo(gallery: Gallery, name: ImageSetName, content: Mapping[str, Any]) -> Response:
    """The receipt, or null where nothing is left to undo."""
    act_id = ActId(str(content.get("act_id", "")))
    receipt = undo_last(gallery.paths, name, gallery.person, act_id=act_id)
    return json_reply(None if receipt is None else receipt.to_json())


def _settle(gallery: Gallery, name: ImageSetName, content: Mapping[str, Any]) -> Response:
    from core.workflows.resolutions import settle  # brings statistics with it; whoever opens the app waits

    act = CurationAct.from_json(content, image_set=name, curator=gallery.person.person_id)
    return json_reply(settle(gallery.paths, act, researcher=gallery.person).to_json())


def _content(body: bytes) -> Mapping[str, Any]:
    if len(body) > MOST_BODY_BYTES:
        raise BadInputError(f"A request of {len(body)} bytes is too large.", "Reload the page.")
    try:
        content = json.loads(body)
    except ValueError as error:
        raise BadInputError("The request is not JSON.", "Reload the page.") from error
    if not isinstance(content, dict):
        raise BadInputError("The request is not a JSON object.", "Reload the page.")
    return content
