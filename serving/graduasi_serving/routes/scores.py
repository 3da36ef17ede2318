"""POST /v1/scores: up to a hundred households, scored while the caller waits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from graduasi.dates import to_day
from graduasi_serving import examples
from graduasi_serving.answers import json_answer
from graduasi_serving.callers import requires
from graduasi_serving.languages import preferred_language
from graduasi_serving.pages.words import LANGUAGES
from graduasi_serving.problems import NAME, BadRequest
from graduasi_serving.schemas import PROBLEMS, ScoresAnswer, answers
from graduasi_serving.scoring import Moment, score_items
from graduasi_serving.service import Service, service_of
from graduasi_serving.strict_json import parse_json

router = APIRouter(prefix="/v1", tags=["scores"])
SHORT_BODY_BYTES = 4096  # two ordinary households, 1 ms; at worst some fifty bare ones, 12 ms. No thread is worth that
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
        str | None, Query(max_length=200, description="Score with this loaded version instead of the default.")
    ] = None,
) -> Response:
    """One result for each household, in the same order. A fault in one household fails that household only."""
    service = service_of(request)
    model = service.models.pick(model_version)
    body = await request.body()
    language = preferred_language(request.headers.get("accept-language"), offered=LANGUAGES)
    now = service.clock()
    moment = Moment(now=now, today=to_day(now.date()))

    def answer() -> Response:
        items = _households(body, service)
        return json_answer(score_items(items, model=model, language=language, moment=moment))

    return await service.turnstile.run(answer, is_short=len(body) <= SHORT_BODY_BYTES)


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
