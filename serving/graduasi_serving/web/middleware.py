"""ASGI layers around the application: request ids and log lines, safety headers, repeated headers, body limits, HEAD, faults.

Each is an ASGI application that wraps another one and passes on to it whatever it does not handle itself.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graduasi_serving.web.headers import header, repeated_header
from graduasi_serving.web.logs import FAULT_LOG, accepted_request_id, request_line
from graduasi_serving.web.problems import BadRequest, Problem, Unforeseen, problem_response

SAFETY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NO_STORE = (b"cache-control", b"no-store")
"""For every answer that says nothing else: what is about families, and tokens, must not stay in a cache on the way."""


class RequestEnvelope:
    """The outermost layer: gives each request an id, safety headers and a log line, and answers unexpected errors with 500."""

    def __init__(self, app: ASGIApp, *, log: Callable[[bytes], None]) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = accepted_request_id(header(scope, b"x-request-id"))
        own_headers = [*SAFETY_HEADERS, (b"x-request-id", request_id.encode())]
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.get("headers", ())
                is_cached = any(name == b"cache-control" for name, _ in headers)
                message["headers"] = [*headers, *own_headers, *(() if is_cached else (NO_STORE,))]
            await send(message)

        try:
            fault = repeated_header(scope)
            app = self._app if fault is None else problem_response(fault)
            await app(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass  # nobody is left to be answered; the log line says so with status 0
        except Exception as error:  # whatever it is, the caller gets a 500 and the log the place in the code
            FAULT_LOG.error("unexpected error", exc_info=error, extra={"fields": {"request_id": request_id}})
            if status == 0:
                await problem_response(Unforeseen())(scope, receive, send_with_headers)
        finally:
            ms = round((time.perf_counter() - started) * 1000, 2)
            route = getattr(scope.get("route"), "path", "unmatched")
            self._log(request_line(scope["method"], route, status=status, ms=ms, request_id=request_id))


FaultHandler = Callable[[Request, Exception], Awaitable[Response]]
"""Turns an exception into the answer for it."""


class FaultHandlers:
    """Answers the exceptions of an ASGI application by the same handlers that the framework uses for its own routes.

    The application must raise before it begins to answer.
    """

    def __init__(self, app: ASGIApp, handlers: Mapping[type[Exception], FaultHandler]) -> None:
        self._app, self._handlers, self._kinds = app, handlers, tuple(handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
        except self._kinds as fault:
            kind = next(kind for kind in self._kinds if isinstance(fault, kind))
            response = await self._handlers[kind](Request(scope, receive), fault)
            await response(scope, receive, send)


class Shortcut:
    """Sends POST requests for `path` to the application `to`, past the framework's routing, and all others to `app`."""

    def __init__(self, app: ASGIApp, *, path: str, to: ASGIApp) -> None:
        self._app, self._path, self._to = app, path, to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        takes_shortcut = scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST"
        await (self._to if takes_shortcut else self._app)(scope, receive, send)


class HeadAsGet:
    """Answers HEAD like GET but without the body: monitors and load balancers use it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        as_get = {**scope, "method": "GET"}  # a copy: the server still sees HEAD in its own scope
        await self._app(as_get, receive, without_body)
        scope["route"] = as_get.get("route")


class BodyLimit:
    """Answers 413 for a body of more than `limit` bytes, whether or not its length was declared."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = header(scope, b"content-length") or ""
        if declared.isascii() and declared.isdigit() and int(declared) > self._limit:
            await problem_response(self._too_large())(scope, receive, send)
            return
        bytes_read = 0

        async def receive_within_limit() -> Message:
            nonlocal bytes_read
            message = await receive()
            bytes_read += len(message.get("body", b""))
            if bytes_read > self._limit:
                raise self._too_large()
            return message

        await self._app(scope, receive_within_limit, send)

    def _too_large(self) -> Problem:
        return BadRequest(
            413, "body_too_large", f"The body is larger than {self._limit:,} bytes; send fewer households at once."
        )
