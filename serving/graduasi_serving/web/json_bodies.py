"""Bodies in JSON. What comes in means one thing only: no repeated keys, no NaN or Infinity, UTF-8, not nested without end."""

import json
from typing import Any, Never

import orjson
from starlette.responses import Response

from graduasi_serving.web.problems import BadRequest

JSON = "application/json"


class _NotStrict(Exception):
    """Carries the code and the sentence of what is wrong, never the text itself."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


def parse_json(body: bytes) -> Any:
    """The document in `body`. Raises BadRequest (400), which says what is wrong without repeating it."""
    document = _plainly_strict(body)
    return _strict(body) if document is None else document


def _plainly_strict(body: bytes) -> Any | None:
    """The document, read quickly, if it is easily seen to be strict; None for all others, which are read with care.

    orjson keeps the last of repeated keys in silence. But a text without escapes has two quotation marks for each key
    and each string, so a key that was lost leaves some over.
    """
    if b"\\" in body:
        return None
    try:
        document = orjson.loads(body)
        return document if 2 * _texts(document) == body.count(b'"') else None
    except (orjson.JSONDecodeError, RecursionError):
        return None


def _texts(value: Any) -> int:
    """How many keys and strings a document holds."""
    if isinstance(value, dict):
        count = len(value)
        for each in value.values():
            kind = type(each)
            if kind is str:
                count += 1
            elif kind is dict or kind is list:
                count += _texts(each)
        return count
    if isinstance(value, list):
        return sum([_texts(each) for each in value])
    return int(isinstance(value, str))


def _strict(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except _NotStrict as fault:
        raise BadRequest(400, fault.code, fault.message) from None
    except RecursionError:
        raise BadRequest(400, "json_too_deep", "The JSON is nested too deeply.") from None
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise BadRequest(400, "json_invalid", f"The body is not valid JSON ({place}).") from None
    except ValueError:  # not UTF-8, or a whole number of thousands of digits
        raise BadRequest(400, "json_invalid", "The body is not valid JSON in UTF-8.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotStrict(
            "duplicate_key", "An object names the same key twice; which of the two counts would be a guess."
        )
    return members


def _constant(_name: str) -> Never:
    raise _NotStrict("not_finite", "NaN and Infinity are not JSON; send null for a value that is not known.")


def json_answer(body: Any, *, media_type: str = JSON) -> Response:
    """`body` as JSON, dates and times in ISO form."""
    return Response(encoded(body), media_type=media_type)


def encoded(body: Any) -> bytes:
    """`body` as JSON, dates and times in ISO form."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
