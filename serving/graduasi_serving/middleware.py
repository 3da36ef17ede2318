"""What happens around every request: an id, a log line, safety headers, a limit on the body, and no bare 500."""

import logging
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graduasi_serving.logs import FAULT_LOG, REQUEST_LOG, accepted_request_id
from graduasi_serving.problems import BadRequest, Problem, problem_response

SAFETY = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


class RequestEnvelope:
    """Outermost: sees each request begin and end, also one that fails in a way nobody foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        try:
            await self._app(scope, receive, exchange.send)
        except Exception as error:  # the edge: whatever it is, the caller gets a 500 and the log its place
            FAULT_LOG.error("unexpected error", exc_info=error, extra={"fields": {"request_id": exchange.request_id}})
            if exchange.status == 0:
                await problem_response(Problem(500, detail="This request failed; quote its X-Request-Id."))(
                    scope, receive, exchange.send
                )
        finally:
            exchange.log()


class _Exchange:
    """One request and what is known about its answer so far."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._started = time.perf_counter()
        self.request_id = accepted_request_id(Headers(scope=scope).get("x-request-id"))
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            names = {name for name, _ in given}
            own = [(name, value) for name, value in SAFETY.items() if name not in names]
            message["headers"] = [*given, *own, (b"x-request-id", self.request_id.encode())]
        await self._send(message)

    def log(self) -> None:
        if not REQUEST_LOG.isEnabledFor(logging.INFO):
            return
        route = getattr(self._scope.get("route"), "path", "unmatched")
        took = round((time.perf_counter() - self._started) * 1000, 2)
        fields = {
            "method": self._scope["method"],
            "route": route,
            "status": self.status,
            "ms": took,
            "request_id": self.request_id,
        }
        REQUEST_LOG.info("request", extra={"fields": fields})


class Shortcut:
    """Takes POST requests for one path past the framework's routing; everything else goes its ordinary way."""

    def __init__(self, app: ASGIApp, *, path: str, to: ASGIApp) -> None:
        self._app, self._path, self._to = app, path, to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_short = scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST"
        await (self._to if is_short else self._app)(scope, receive, send)


class BodyLimit:
    """Stops reading a body above the limit, whether or not its length was declared."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
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
