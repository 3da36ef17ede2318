"""JSON answers, written by orjson."""

from typing import Any

import orjson
from starlette.responses import Response

JSON = "application/json"


def json_answer(body: Any, *, media_type: str = JSON) -> Response:
    """`body` as JSON, dates and times in ISO form."""
    return Response(encoded(body), media_type=media_type)


def encoded(body: Any) -> bytes:
    """`body` as JSON, dates and times in ISO form."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
