"""What happens around every request: an id, a log line, safety headers, a limit on the body, and no bare 500."""

import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graduasi_serving.web.logs import FAULT_LOG, accepted_request_id, request_line
from graduasi_serving.web.problems import BadRequest, Problem, Unforeseen, problem_response

SAFETY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class RequestEnvelope:
    """Outermost: sees each request begin and end, also one that fails in a way nobody foresaw."""

    def __init__(self, app: ASGIApp, *, log: Callable[[bytes], None]) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = accepted_request_id(_header(scope, b"x-request-id"))
        own_headers = [*SAFETY, (b"x-request-id", request_id.encode())]
        status = 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *own_headers]
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except ClientDisconnect:
            pass  # nobody is there to be answered; the line says so with status 0
        except Exception as error:  # the edge: whatever it is, the caller gets a 500 and the log its place
            FAULT_LOG.error("unexpected error", exc_info=error, extra={"fields": {"request_id": request_id}})
            if status == 0:
                await problem_response(Unforeseen())(scope, receive, dressed)
        finally:
            took = round((time.perf_counter() - started) * 1000, 2)
            route = getattr(scope.get("route"), "path", "unmatched")
            self._log(request_line(scope["method"], route, status=status, ms=took, request_id=request_id))


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value.decode("latin-1"))
    return None


FaultAnswer = Callable[[Request, Exception], Awaitable[Response]]
"""What makes an answer of a fault."""


class FaultAnswers:
    """Answers the faults of an application outside the framework, which fails before it has begun to answer."""

    def __init__(self, app: ASGIApp, answers: Mapping[type[Exception], FaultAnswer]) -> None:
        self._app, self._answers, self._kinds = app, answers, tuple(answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except self._kinds as fault:
            kind = next(kind for kind in self._kinds if isinstance(fault, kind))
            answer = await self._answers[kind](Request(scope, receive), fault)
            await answer(scope, receive, send)


class Shortcut:
    """Takes POST requests for one path past the framework's routing; everything else goes its ordinary way."""

    def __init__(self, app: ASGIApp, *, path: str, to: ASGIApp) -> None:
        self._app, self._path, self._to = app, path, to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_short = scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST"
        await (self._to if is_short else self._app)(scope, receive, send)


class HeadAsGet:
    """Answers HEAD as GET without its body: monitors and load balancers ask so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        as_get = {**scope, "method": "GET"}  # the server looks at its own scope, where this is HEAD still
        await self._app(as_get, receive, without_body)
        scope["route"] = as_get.get("route")


class BodyLimit:
    """Stops reading a body above the limit, whether or not its length was declared."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = _header(scope, b"content-length") or ""
        if declared.isascii() and declared.isdigit() and int(declared) > self._limit:
            await problem_response(self._too_large())(scope, receive, send)
            return
        read = 0

        async def receive_within_limit() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise self._too_large()
            return message

        await self._app(scope, receive_within_limit, send)

    def _too_large(self) -> Problem:
        return BadRequest(
            413, "body_too_large", f"The body is larger than {self._limit:,} bytes; send fewer households at once."
        )
