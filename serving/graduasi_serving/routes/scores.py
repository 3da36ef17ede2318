"""POST /v1/scores: up to GRADUASI_HOUSEHOLDS_PER_REQUEST households, scored while the caller waits.

`DirectScores` answers it. `score_households` declares the same operation to FastAPI, for the OpenAPI document.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graduasi.dates import to_day
from graduasi_serving.pages.words import LANGUAGES
from graduasi_serving.routes.callers import authorized_caller, requires_scope
from graduasi_serving.scoring.score_items import Moment, score_items
from graduasi_serving.service import Service
from graduasi_serving.web import examples
from graduasi_serving.web.headers import header
from graduasi_serving.web.json_bodies import JSON, encode, parse_json
from graduasi_serving.web.languages import preferred_language
from graduasi_serving.web.problems import NOT_AS_DOCUMENTED, BadRequest, Fault, Problem, pointer
from graduasi_serving.web.schemas import ScoresAnswer, problems, success

router = APIRouter(prefix="/v1", tags=["scores"])
PATH = "/v1/scores"
MAX_VERSION_LENGTH = 200
SHORT_BODY_BYTES = 4096  # two ordinary households, scored in half a millisecond: not worth a thread
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
    description="One result for each household, in the same order. A fault in one household fails that household only.",
    response_model=None,
    responses={**success(examples.SCORES, shape=ScoresAnswer), **problems(400, 401, 403, 404, 413, 415, 422, 503)},
    openapi_extra={"requestBody": BODY},
    dependencies=[requires_scope("score:write")],
)
async def score_households(
    model_version: Annotated[
        str | None,
        Query(max_length=MAX_VERSION_LENGTH, description="Score with this loaded version instead of the default."),
    ] = None,
) -> Response:
    """Never called: `DirectScores` answers POST /v1/scores before FastAPI routes it.

    The function exists for the OpenAPI document, which FastAPI makes from this decorator and these parameters.
    """
    raise NotImplementedError("DirectScores answers POST /v1/scores")


class DirectScores:
    """POST /v1/scores as a bare ASGI application, without FastAPI's routing and dependencies, to be faster."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one POST request. Raises Problem before it has sent anything."""
        scope["route"] = ROUTE
        authorized_caller(scope, "score:write", service=self._service)
        version = QueryParams(scope["query_string"]).get("model_version") if scope["query_string"] else None
        if version is not None and len(version) > MAX_VERSION_LENGTH:
            raise Problem(422, errors=[Fault("/model_version", "string_too_long", NOT_AS_DOCUMENTED)])
        if (header(scope, b"content-encoding") or "identity").strip().lower() != "identity":
            raise BadRequest(415, "unsupported_encoding", "Send the body as it is, without Content-Encoding.")
        languages = header(scope, b"accept-language")
        body = await _score_request(receive, self._service, version=version, languages=languages)
        response_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": response_headers})
        await send({"type": "http.response.body", "body": body})


async def _score_request(receive: Receive, service: Service, *, version: str | None, languages: str | None) -> bytes:
    """Read the body, score its households and return the answer in JSON. `languages` is the Accept-Language header."""
    model = service.models.pick(version)
    body = await _read_body(receive)
    language = preferred_language(languages, offered=LANGUAGES)
    now = service.clock()
    moment = Moment(now=now, today=to_day(now.astimezone(service.zone).date()))

    def score() -> bytes:
        households = _households(body, limit=service.settings.households_per_request)
        return encode(score_items(households, model=model, language=language, moment=moment))

    return await service.scoring_turnstile.run(score, is_short=len(body) <= SHORT_BODY_BYTES)


async def _read_body(receive: Receive) -> bytes:
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
"""The route of `score_households`: the log takes the path of a request from its route."""


def _households(body: bytes, *, limit: int) -> list[Any]:
    """The households of a request, not yet checked. Raises BadRequest unless they are a list of 1 to `limit`."""
    document = parse_json(body)
    if not isinstance(document, dict) or not isinstance(document.get("households"), list):
        raise BadRequest(422, "not_allowed", 'The body is an object {"households": [ … ]}.', pointer="/households")
    unknown_keys = sorted(key for key in document if key != "households")
    if unknown_keys:
        raise BadRequest(422, "unknown_key", "The body has one key, households.", pointer=pointer(unknown_keys[:1]))
    households: list[Any] = document["households"]
    if not households:
        raise BadRequest(422, "too_few", f"Send 1 to {limit} households.", pointer="/households")
    if len(households) > limit:
        raise BadRequest(413, "too_many", f"Send at most {limit} households at once.", pointer="/households")
    return households
