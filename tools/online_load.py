"""A closed loop of keep-alive connections against a local server: each sends its next request when the last is answered.

The client shares the machine with what it measures, so it must cost little, and the same for every server: the request
is made once as bytes, and of an answer only the status and the length are read.
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
APART_SECONDS = 0.1  # connections that all come at once would land on whichever worker wakes first
START_SECONDS = 90
HEAD_END, OK, LENGTH = b"\r\n\r\n", b"HTTP/1.1 200 ", b"\r\ncontent-length:"


@dataclass(frozen=True)
class Target:
    """Where and what to send."""

    port: int
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    def wait(self, path: str) -> None:
        """Return when `path` answers 200; fail after a minute and a half."""
        for _ in range(START_SECONDS * 2):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise SystemExit(f"the server on port {self.port} did not start")

    def with_token(self, client: dict[str, str]) -> "Target":
        """The same target with an access token for `client`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        form = urlencode({"grant_type": "client_credentials", **client, "scope": "score:write"})
        connection.request("POST", "/v1/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        token = json.loads(connection.getresponse().read())["access_token"]
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})

    def request(self) -> bytes:
        """The whole request as it goes over the wire."""
        lines = [f"{name}: {value}" for name, value in {**self.headers, "Content-Length": len(self.body)}.items()]
        return "\r\n".join([f"POST {self.path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Figures:
    """What one measurement gave. `answered` counts the warm-up too."""

    answered: int
    per_second: float
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f} req/s, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"


class _Loop(asyncio.Protocol):
    """One connection that asks again and again until `is_over`; `done` gets None at the end, or what went wrong."""

    def __init__(self, request: bytes, is_over: Callable[[], bool], done: "asyncio.Future[None]") -> None:
        self._request, self._is_over, self._done = request, is_over, done
        self._answer = b""
        self.times: list[tuple[float, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class only looks like it
        self._ask()

    def _ask(self) -> None:
        self._started = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        answer = self._answer = self._answer + data if self._answer else data
        head = answer.find(HEAD_END)
        if head < 0:
            return
        start = answer.lower().find(LENGTH, 0, head)
        length = int(answer[start + len(LENGTH) : answer.find(b"\r\n", start + 2)]) if start > 0 else 0
        if not answer.startswith(OK) or not length:
            self._end(f"an answer was not a 200 with a body: {answer[:200]!r}")
        elif len(answer) == head + len(HEAD_END) + length:
            self.times.append((self._started, time.perf_counter()))
            self._answer = b""
            if self._is_over():
                self._end(None)
            else:
                self._ask()

    def connection_lost(self, _error: Exception | None) -> None:
        self._end("the server closed the connection")

    def _end(self, fault: str | None) -> None:
        if not self._done.done():
            if fault is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(SystemExit(fault))
            self._transport.close()


async def _load(target: Target, end: float) -> list[tuple[float, float]]:
    """When each request was sent and answered."""
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(CONNECTIONS):
        done = loop.create_future()
        made = _Loop(target.request(), lambda: time.perf_counter() >= end, done)
        await loop.create_connection(lambda made=made: made, "127.0.0.1", target.port)
        connections.append((made, done))
        await asyncio.sleep(APART_SECONDS)
    await asyncio.gather(*(done for _, done in connections))
    return [asked for made, _ in connections for asked in made.times]


def measure(target: Target) -> Figures:
    """Load the target: connections come one by one in a warm-up, then some seconds count. Fails on the first answer that is not 200."""
    start = time.perf_counter() + WARM_UP_SECONDS
    end = start + SECONDS
    asked = uvloop.run(_load(target, end))
    ordered = sorted(answered - sent for sent, answered in asked if sent >= start and answered <= end)
    return Figures(
        len(asked), len(ordered) / SECONDS, 1000 * ordered[len(ordered) // 2], 1000 * ordered[int(len(ordered) * 0.99)]
    )
