"""POST /v1/token: the OAuth 2.0 client credentials grant (RFC 6749 section 4.4)."""

import base64
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from graduasi_serving.accounts.accounts import find_client
from graduasi_serving.routes.callers import authorization
from graduasi_serving.service import service_of
from graduasi_serving.web import examples
from graduasi_serving.web.problems import Fault, Problem
from graduasi_serving.web.schemas import TokenAnswer, problems, success

router = APIRouter(prefix="/v1", tags=["access"])


@router.post(
    "/token",
    summary="An access token",
    response_model=None,
    responses={**success(examples.TOKEN, shape=TokenAnswer), **problems(400, 401, 413, 422, 503)},
)
def issue_token(
    request: Request,
    grant_type: Annotated[str, Form(description="client_credentials", examples=["client_credentials"])] = "",
    client_id: Annotated[str, Form(max_length=100, examples=["CLIENT_ID"])] = "",
    client_secret: Annotated[str, Form(max_length=200, examples=["CLIENT_SECRET"])] = "",
    scope: Annotated[
        str, Form(max_length=500, description="Scopes separated by blanks; all that the client has if left out")
    ] = "",
) -> Response:
    """Exchange a client's id and secret, as form fields or as HTTP Basic, for a token that expires."""
    if grant_type != "client_credentials":
        raise _refusal(
            400,
            "unsupported_grant_type",
            "grant_type must be client_credentials, in a form (application/x-www-form-urlencoded).",
        )
    service = service_of(request)
    credentials = _basic_credentials(request) or (client_id, client_secret)
    with service.transaction() as session:
        client = find_client(session, *credentials)
        if client is None:
            raise _refusal(401, "invalid_client", "No client has this id and secret.")
        scopes = scope.split() or list(client.scopes)
        if not set(scopes) <= set(client.scopes):
            raise _refusal(400, "invalid_scope", "The client was not given one of these scopes.")
        token = service.tokens.issue(client.id, scopes=scopes, now=service.clock())
    seconds = int(service.tokens.lifetime.total_seconds())
    body = {"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": " ".join(scopes)}
    return JSONResponse(body)


def _refusal(status: int, code: str, message: str) -> Problem:
    """A problem that also has the member `error`, which OAuth clients read (RFC 6749 section 5.2)."""
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
    return Problem(status, detail=message, errors=[Fault("", code, message)], headers=headers, members={"error": code})


def _basic_credentials(request: Request) -> tuple[str, str] | None:
    """Id and secret from an HTTP Basic header (RFC 6749 section 2.3.1).

    None for any other header. Two empty texts, which belong to no client, for a Basic header that cannot be decoded.
    """
    kind, encoded = authorization(request.scope)
    if kind != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)
