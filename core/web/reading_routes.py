"""What the reading viewer asks for: the session, one image per ticket, and a place for its responses.

Every handler runs in a worker thread, on a database connection that nobody else has meanwhile.
"""

import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.access.cookies import COOKIES
from core.access.person import Role
from core.errors import BadInputError, MrTuringError, RefusedError
from core.identifiers import Ticket
from core.settings import WorkspacePaths
from core.storage.connections import Connections
from core.web.replies import error_reply, json_reply, png_reply
from core.workflows.reading import Reading, opened_reading, reading_session, stimulus_png, submit_responses

MOST_BODY_BYTES = 64 * 1024


def reading_routes(paths: WorkspacePaths) -> list[Route]:
    """The three routes: `/reading/session`, `/reading/stimulus/{ticket}`, `/reading/responses`."""

    connections = Connections(paths.database)

    def reply(request: Request, answer: Callable[[Reading], Response]) -> Response:
        try:
            cookie = request.cookies.get(COOKIES[Role.READER])
            with opened_reading(paths, cookie, connections=connections) as reading:
                return answer(reading)
        except MrTuringError as error:
            return error_reply(error)

    def session(request: Request) -> Response:
        return reply(request, lambda reading: json_reply(reading_session(reading)))

    def stimulus(request: Request) -> Response:
        return reply(request, lambda reading: _stimulus(reading, request.path_params["ticket"], paths))

    async def responses(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(
            reply, request, lambda reading: json_reply(submit_responses(reading, _records(body)))
        )

    return [
        Route("/reading/session", session, methods=["GET"]),
        Route("/reading/stimulus/{ticket}", stimulus, methods=["GET"]),
        Route("/reading/responses", responses, methods=["POST"]),
    ]


def _stimulus(reading: Reading, ticket: str, paths: WorkspacePaths) -> Response:
    png = stimulus_png(reading, Ticket(ticket), paths)
    if png is None:
        return error_reply(RefusedError("This image was fetched already.", "Reload the page."), status=410)
    return png_reply(png)


def _records(body: bytes) -> list[object]:
    """The responses in a request's body; raises BadInputError for anything else."""
    if len(body) > MOST_BODY_BYTES:
        raise BadInputError(f"A request of {len(body)} bytes is too large.", "Reload the page.")
    try:
        content = json.loads(body)
    except ValueError as error:
        raise BadInputError("The request is not JSON.", "Reload the page.") from error
    records = content.get("responses") if isinstance(content, dict) else None
    if not isinstance(records, list):
        raise BadInputError("The request has no list of responses.", "Reload the page.")
    return records
