"""JSON answers, written by orjson."""

from typing import Any

import orjson
from starlette.responses import Response


def json_answer(body: Any, *, media_type: str = "application/json") -> Response:
    """`body` as JSON, dates and times in ISO form."""
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type=media_type)
