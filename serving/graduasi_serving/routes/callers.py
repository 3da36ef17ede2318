"""Checking the access token of a calling program and its scope."""

from fastapi import Request, Security, params
from fastapi.openapi.models import OAuth2, OAuthFlowClientCredentials, OAuthFlows
from fastapi.security.base import SecurityBase

from graduasi_serving.accounts.tokens import Caller
from graduasi_serving.database.programs import Scope
from graduasi_serving.service import Service, service_of
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
        return authorized_caller(request.headers.get("authorization", ""), self.scope, service=service_of(request))


def authorized_caller(authorization: str, scope: Scope, *, service: Service) -> Caller:
    """Who calls, from the value of the Authorization header.

    Raises NotAuthenticated without a valid token, and NotAllowed if the token lacks `scope`.
    """
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotAuthenticated
    caller = service.tokens.check(token.strip(), now=service.clock())
    if scope not in caller.scopes:
        raise NotAllowed(scope)
    return caller


def requires_scope(scope: Scope) -> params.Security:
    """A route's dependency on a token with `scope`; the OpenAPI document then says so too."""
    dependency: params.Security = Security(RequiredScope(scope), scopes=[scope])
    return dependency
