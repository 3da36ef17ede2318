"""Checking the access token of a calling program and its scope."""

from fastapi import Request, Security, params
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security.base import SecurityBase
from starlette.types import Scope as AsgiScope

from graduasi_serving.accounts.tokens import Caller
from graduasi_serving.database.programs import Scope
from graduasi_serving.service import Service, service_of
from graduasi_serving.web.headers import header
from graduasi_serving.web.problems import NotAllowed, NotAuthenticated

TOKEN_ADDRESS = "/v1/token"
SCOPE_MEANINGS: dict[Scope, str] = {
    "score:write": "Score households.",
    "model:read": "Read which models are loaded.",
}
"""The scopes that operations need today, for the OpenAPI document. Clients may have others, for operations to come."""


class RequiredScope(SecurityBase):
    """A FastAPI dependency: the caller's token must have this scope. It is checked before the body is read."""

    scheme_name = "token"
    model = OAuth2(
        flows=OAuthFlows(
            clientCredentials=OAuthFlowClientCredentials(tokenUrl=TOKEN_ADDRESS, scopes={**SCOPE_MEANINGS})
        ),
        description=f"A client gets a token for its id and secret at POST {TOKEN_ADDRESS}; it goes into the Authorization header.",
    )

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Who calls. Raises NotAuthenticated or NotAllowed."""
        return authorized_caller(request.scope, self.scope, service=service_of(request))


def authorization(request: AsgiScope) -> tuple[str, str]:
    """The Authorization header in two parts: its kind in small letters (basic, bearer), and what follows. Empty if there is none."""
    kind, _, credentials = (header(request, b"authorization") or "").partition(" ")
    return kind.lower(), credentials.strip()


def authorized_caller(request: AsgiScope, scope: Scope, *, service: Service) -> Caller:
    """Who calls.

    Raises NotAuthenticated without a valid token, and NotAllowed if the token lacks `scope`.
    """
    kind, token = authorization(request)
    if kind != "bearer" or not token:
        raise NotAuthenticated
    caller = service.tokens.check(token, now=service.clock())
    if scope not in caller.scopes:
        raise NotAllowed(scope)
    return caller


def requires_scope(scope: Scope) -> params.Security:
    """A route's dependency on a token with `scope`; the OpenAPI document then says so too."""
    dependency: params.Security = Security(RequiredScope(scope), scopes=[scope])
    return dependency
