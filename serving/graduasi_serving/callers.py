"""Which program calls, and whether it may."""

from fastapi import Request

from graduasi_serving.database.clients import Scope
from graduasi_serving.problems import NotAllowed, NotAuthenticated
from graduasi_serving.service import service_of
from graduasi_serving.tokens import Caller


class Requires:
    """A dependency: the caller's token must carry this scope. Checked before the body is read."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Who calls. Raises NotAuthenticated or NotAllowed."""
        service = service_of(request)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotAuthenticated
        caller = service.tokens.check(token.strip(), now=service.clock())
        if self.scope not in caller.scopes:
            raise NotAllowed(self.scope)
        return caller
