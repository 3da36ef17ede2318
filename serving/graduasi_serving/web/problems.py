"""Faults as RFC 9457 problem details: {type, title, status, detail?, errors: [{pointer, code, message}]}.

    Problem
    ├── NotAuthenticated     401
    ├── NotAllowed           403
    ├── BadRequest           400, 404, 413, 415, 422 with a list of what is wrong
    ├── ServiceUnavailable   503, with Retry-After
    └── Unforeseen           500

An answer never repeats what the caller sent: a household's values, or an identity number, would end up in logs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from graduasi.panel.identifiers import repeatable_name

PROBLEM_TYPE = "application/problem+json"
NOT_AS_DOCUMENTED = "Missing, or not as documented in /v1/openapi.json."


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where (a JSON pointer into the request), what (a stable code), and a sentence for people."""

    pointer: str
    code: str
    message: str


class Problem(Exception):
    """A fault that ends the request. `members` are further members of the answer's object."""

    def __init__(
        self,
        status: int,
        *,
        detail: str | None = None,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, tuple(errors)
        self.headers, self.members = dict(headers or {}), dict(members or {})


class NotAuthenticated(Problem):
    """No token, or one that is not valid; the answer does not say which of the two."""

    def __init__(self) -> None:
        super().__init__(
            401, detail="A valid access token is required; see POST /v1/token.", headers={"WWW-Authenticate": "Bearer"}
        )


class NotAllowed(Problem):
    """A valid token that lacks a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            403,
            detail=f"This needs the scope {scope}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


class BadRequest(Problem):
    """A request that cannot be used as it stands, for one reason: `pointer` says where."""

    def __init__(self, status: int, code: str, message: str, *, pointer: str = "") -> None:
        super().__init__(status, detail=message, errors=[Fault(pointer, code, message)])


class ServiceUnavailable(Problem):
    """Something this service needs is missing at the moment; the caller may try again after `retry_after` seconds."""

    def __init__(self, detail: str, *, retry_after: int = 5) -> None:
        super().__init__(503, detail=detail, headers={"Retry-After": str(retry_after)})


class Unforeseen(Problem):
    """An unexpected error. The answer names no cause; the log line with the same request id does."""

    def __init__(self) -> None:
        super().__init__(500, detail="This request failed; quote its X-Request-Id.")


def pointer(parts: Iterable[object]) -> str:
    """A JSON pointer (RFC 6901) to `parts`, without any part that is neither an index nor a name that may be repeated."""
    return "".join(f"/{part}" for part in parts if isinstance(part, int) or repeatable_name(part))


def problem_body(problem: Problem) -> dict[str, Any]:
    """The members of the answer's JSON object."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(problem.status).phrase, "status": problem.status}
    if problem.detail:
        body["detail"] = problem.detail
    return {**body, **problem.members, "errors": [asdict(fault) for fault in problem.errors]}


def problem_response(problem: Problem) -> Response:
    """The answer, as application/problem+json."""
    return Response(
        orjson.dumps(problem_body(problem)), problem.status, headers=problem.headers, media_type=PROBLEM_TYPE
    )
