"""JSON that means one thing only: no repeated keys, no NaN or Infinity, UTF-8, and not nested without end."""

import json
from typing import Any, Never

from graduasi_serving.problems import BadRequest


class _NotStrict(Exception):
    """Carries the code and the sentence of what is wrong, never the text itself."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


def parse_json(body: bytes) -> Any:
    """The document in `body`. Raises BadRequest (400), which says what is wrong without repeating it."""
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
