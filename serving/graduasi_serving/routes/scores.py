"""POST /v1/scores: up to a hundred households, scored while the caller waits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graduasi.dates import to_day
from graduasi_serving.pages.words import LANGUAGES
from graduasi_serving.routes.callers import allowed, requires
from graduasi_serving.scoring.score_items import Moment, score_items
from graduasi_serving.service import Service, service_of
from graduasi_serving.web import examples
from graduasi_serving.web.json_bodies import JSON, encoded, parse_json
from graduasi_serving.web.languages import preferred_language
from graduasi_serving.web.problems import NAME, NOT_AS_DOCUMENTED, BadRequest, Fault, Problem
from graduasi_serving.web.schemas import PROBLEMS, ScoresAnswer, answers

router = APIRouter(prefix="/v1", tags=["scores"])
PATH = "/v1/scores"
LONGEST_VERSION = 200
SHORT_BODY_BYTES = 4096  # two ordinary households, half a millisecond. No thread is worth that
BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/ScoresRequest"},
            "example": examples.REQUEST,
        }
    },
}


@router.post(
    "/scores",
    summary="Score households",
    response_model=None,
    responses={**answers(examples.SCORES, shape=ScoresAnswer), **PROBLEMS},
    openapi_extra={"requestBody": BODY},
    dependencies=[requires("score:write")],
)
async def score_households(
    request: Request,
    model_version: Annotated[
        str | None,
        Query(max_length=LONGEST_VERSION, description="Score with this loaded version instead of the default."),
    ] = None,
) -> Response:
    """One result for each household, in the same order. A fault in one household fails that household only."""
    wanted = request.headers.get("accept-language")
    body = await _scored(request.receive, service_of(request), version=model_version, languages=wanted)
    return Response(body, media_type=JSON)


class DirectScores:
    """The same operation as a bare ASGI application, without the framework's routing and dependencies."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one POST request."""
        scope["route"] = ROUTE
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        allowed(headers.get(b"authorization", ""), "score:write", service=self._service)
        version = QueryParams(scope["query_string"]).get("model_version") if scope["query_string"] else None
        if version is not None and len(version) > LONGEST_VERSION:
            raise Problem(422, errors=[Fault("/model_version", "string_too_long", NOT_AS_DOCUMENTED)])
        if headers.get(b"content-encoding", "identity").strip().lower() != "identity":
            raise BadRequest(415, "unsupported_encoding", "Send the body as it is, without Content-Encoding.")
        wanted = headers.get(b"accept-language")
        body = await _scored(receive, self._service, version=version, languages=wanted)
        told = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": told})
        await send({"type": "http.response.body", "body": body})


async def _scored(receive: Receive, service: Service, *, version: str | None, languages: str | None) -> bytes:
    """The answer as JSON."""
    model = service.models.pick(version)
    body = await _body(receive)
    language = preferred_language(languages, offered=LANGUAGES)
    now = service.clock()
    moment = Moment(now=now, today=to_day(now.astimezone(service.zone).date()))

    def answer() -> bytes:
        items = _households(body, service)
        return encoded(score_items(items, model=model, language=language, moment=moment))

    return await service.turnstile.run(answer, is_short=len(body) <= SHORT_BODY_BYTES)


async def _body(receive: Receive) -> bytes:
    """The whole body. Raises ClientDisconnect when the caller has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


ROUTE = router.routes[0]
"""The operation as the OpenAPI document and the log know it."""


def _households(body: bytes, service: Service) -> list[Any]:
    """The items of a request. Raises BadRequest when there is no list of them, or too long a one."""
    document = parse_json(body)
    if not isinstance(document, dict) or not isinstance(document.get("households"), list):
        raise BadRequest(422, "not_allowed", 'The body is an object {"households": [ … ]}.', pointer="/households")
    unknown = sorted(key for key in document if key != "households")
    if unknown:
        shown = unknown[0] if NAME.fullmatch(unknown[0]) else ""
        raise BadRequest(422, "unknown_key", "The body has one key, households.", pointer=f"/{shown}" if shown else "")
    items: list[Any] = document["households"]
    limit = service.settings.households_per_request
    if not items:
        raise BadRequest(422, "too_few", f"Send 1 to {limit} households.", pointer="/households")
    if len(items) > limit:
        raise BadRequest(413, "too_many", f"Send at most {limit} households at once.", pointer="/households")
    return items
