"""Loads a local server over keep-alive connections, each of which sends its next request when the last is answered.

The client shares the machine with the server that it measures. So it must cost little, and as much for every server: it
encodes the request once, and of a response it reads only the status and the length.
"""

import asyncio
import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import urlencode

import uvloop

CONNECTIONS, SECONDS, WARM_UP_SECONDS = 8, 4.0, 2.0
SECONDS_BETWEEN_CONNECTIONS = 0.1  # connections that come all at once would go to whichever worker wakes first
MAX_START_SECONDS, SECONDS_BETWEEN_TRIES = 90, 0.5
HEAD_END, STATUS_OK, CONTENT_LENGTH = b"\r\n\r\n", b"HTTP/1.1 200 ", b"\r\ncontent-length:"


@dataclass(frozen=True)
class Target:
    """The request to send, to a port of this machine."""

    port: int
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    def wait_for(self, path: str) -> None:
        """Return as soon as a GET of `path` gives 200. Raises SystemExit after MAX_START_SECONDS."""
        for _ in range(int(MAX_START_SECONDS / SECONDS_BETWEEN_TRIES)):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(SECONDS_BETWEEN_TRIES)
        raise SystemExit(f"the server on port {self.port} did not start")

    def with_token(self, client: dict[str, str]) -> "Target":
        """The same target with an access token. `client` has `client_id` and `client_secret`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        form = urlencode({"grant_type": "client_credentials", **client, "scope": "score:write"})
        connection.request("POST", "/v1/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        token = json.loads(connection.getresponse().read())["access_token"]
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})

    def request(self) -> bytes:
        """The whole HTTP request."""
        headers = {"Host": "127.0.0.1", **self.headers, "Content-Length": len(self.body)}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class LoadFigures:
    """The result of one measurement. Only `answered` includes the requests of the warm-up."""

    answered: int
    per_second: float
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f} req/s, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"


class _Connection(asyncio.Protocol):
    """A connection that sends the same request again and again until `is_over`.

    `done` gets None at the end, or SystemExit with what went wrong. `times` has, for each request, when it was sent and
    when it was answered.
    """

    def __init__(self, request: bytes, is_over: Callable[[], bool], done: "asyncio.Future[None]") -> None:
        self._request, self._is_over, self.done = request, is_over, done
        self._response = b""
        self.times: list[tuple[float, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class only looks like it
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        response = self._response = self._response + data if self._response else data
        head_end = response.find(HEAD_END)
        if head_end < 0:
            return
        start = response.lower().find(CONTENT_LENGTH, 0, head_end)
        length = int(response[start + len(CONTENT_LENGTH) : response.find(b"\r\n", start + 2)]) if start > 0 else 0
        if not response.startswith(STATUS_OK) or not length:
            self._end(f"a response was not a 200 with a body: {response[:200]!r}")
        elif len(response) == head_end + len(HEAD_END) + length:
            self.times.append((self._sent, time.perf_counter()))
            self._response = b""
            if self._is_over():
                self._end(None)
            else:
                self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self._end("the server closed the connection")

    def _end(self, fault: str | None) -> None:
        if not self.done.done():
            if fault is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(SystemExit(fault))
            self._transport.close()


async def _load(target: Target, end: float) -> list[tuple[float, float]]:
    """When each request was sent and answered, over all connections; they stop at `end`."""
    connections: list[_Connection] = []
    for _ in range(CONNECTIONS):
        connections.append(await _connect(target, end))
        await asyncio.sleep(SECONDS_BETWEEN_CONNECTIONS)
    await asyncio.gather(*(connection.done for connection in connections))
    return [times for connection in connections for times in connection.times]


async def _connect(target: Target, end: float) -> _Connection:
    loop = asyncio.get_running_loop()
    connection = _Connection(target.request(), lambda: time.perf_counter() >= end, loop.create_future())
    await loop.create_connection(lambda: connection, "127.0.0.1", target.port)
    return connection


def measure_load(target: Target) -> LoadFigures:
    """Figures over SECONDS, after a warm-up in which the connections begin one by one.

    Raises SystemExit for the first response that is not a 200 with a body.
    """
    start = time.perf_counter() + WARM_UP_SECONDS
    end = start + SECONDS
    times = uvloop.run(_load(target, end))
    durations = sorted(answered - sent for sent, answered in times if sent >= start and answered <= end)
    return LoadFigures(
        answered=len(times),
        per_second=len(durations) / SECONDS,
        p50_ms=1000 * durations[len(durations) // 2],
        p99_ms=1000 * durations[int(len(durations) * 0.99)],
    )
