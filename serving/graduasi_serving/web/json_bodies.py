"""Reading and writing JSON bodies.

A request body is read strictly, so that it can mean only one thing: UTF-8, no repeated keys, no NaN or Infinity, and no
nesting deeper than the parser follows. orjson reads quickly but keeps the last of repeated keys in silence; so its result
is used only where a count of quotation marks shows that no key was lost. Every other body is read again by `json`, which
is slower but lets us refuse what we do not accept.
"""

import codecs
import json
from typing import Any, Never

import orjson
from starlette.responses import Response

from graduasi_serving.web.problems import BadRequest

JSON = "application/json"


class _NotStrict(Exception):
    """A body that `json` would accept and we do not: the code and the message of the fault, never the text itself."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


def parse_json(body: bytes) -> Any:
    """The document in `body`. Raises BadRequest (400), whose message never repeats what was sent."""
    body = body.removeprefix(codecs.BOM_UTF8)  # some editors write it; RFC 8259 section 8.1 lets us read on
    document = _read_quickly(body)
    return _read_strictly(body) if document is None else document


def _read_quickly(body: bytes) -> Any | None:
    """The document as orjson reads it; None if it is not JSON, or if a key of it may have been lost.

    A text without backslashes has exactly two quotation marks for each key and each string. When orjson drops a repeated
    key, the text has more of them than the document accounts for.
    """
    if b"\\" in body:
        return None
    try:
        document = orjson.loads(body)
        return document if 2 * _count_strings(document) == body.count(b'"') else None
    except (orjson.JSONDecodeError, RecursionError):
        return None


def _count_strings(value: Any) -> int:
    """How many keys and strings a document holds."""
    if isinstance(value, dict):
        count = len(value)
        for member in value.values():
            kind = type(member)
            if kind is str:
                count += 1
            elif kind is dict or kind is list:
                count += _count_strings(member)
        return count
    if isinstance(value, list):
        return sum([_count_strings(element) for element in value])
    return int(isinstance(value, str))


def _read_strictly(body: bytes) -> Any:
    """The document, read by `json` with our own refusals. Raises BadRequest (400)."""
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_object_without_repeats, parse_constant=_refuse_constant
        )
    except _NotStrict as fault:
        raise BadRequest(400, fault.code, fault.message) from None
    except RecursionError:
        raise BadRequest(400, "json_too_deep", "The JSON is nested too deeply.") from None
    except json.JSONDecodeError as fault:
        position = f"line {fault.lineno}, column {fault.colno}"
        raise BadRequest(400, "json_invalid", f"The body is not valid JSON ({position}).") from None
    except ValueError:  # not UTF-8, or a whole number of thousands of digits
        raise BadRequest(400, "json_invalid", "The body is not valid JSON in UTF-8.") from None


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotStrict(
            "duplicate_key", "An object names the same key twice; which of the two counts would be a guess."
        )
    return members


def _refuse_constant(_name: str) -> Never:
    """`json` calls this for NaN, Infinity and -Infinity."""
    raise _NotStrict("not_finite", "NaN and Infinity are not JSON; send null for a value that is not known.")


def json_response(body: Any) -> Response:
    """A response whose body is `body` in JSON."""
    return Response(encode(body), media_type=JSON)


def encode(body: Any) -> bytes:
    """`body` as JSON: dates and times in ISO form, UTC as Z."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
