"""Which program calls, and whether it may."""

from fastapi import Request, params
from fastapi import Security as Guard
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
"""The scopes that an operation asks for today, for the OpenAPI document."""


class Requires(SecurityBase):
    """A dependency: the caller's token must carry this scope. Checked before the body is read."""

    scheme_name = "token"
    model = OAuth2(
        flows=OAuthFlows(
            clientCredentials=OAuthFlowClientCredentials(tokenUrl=TOKEN_ADDRESS, scopes={**SCOPE_MEANINGS})
        ),
        description=f"A client's id and secret buy a token at POST {TOKEN_ADDRESS}; it goes into the Authorization header.",
    )

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Who calls. Raises NotAuthenticated or NotAllowed."""
        return allowed(request.headers.get("authorization", ""), self.scope, service=service_of(request))


def allowed(authorization: str, scope: Scope, *, service: Service) -> Caller:
    """Who calls, by the Authorization header. Raises NotAuthenticated or NotAllowed."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotAuthenticated
    caller = service.tokens.check(token.strip(), now=service.clock())
    if scope not in caller.scopes:
        raise NotAllowed(scope)
    return caller


def requires(scope: Scope) -> params.Security:
    """A route's dependency on a token with `scope`, which the OpenAPI document then tells."""
    guard: params.Security = Guard(Requires(scope), scopes=[scope])
    return guard
