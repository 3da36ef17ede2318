"""A closed loop of keep-alive connections against a local server: each sends its next request when the last is answered."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

CONNECTIONS, SECONDS = 8, 6.0
START_SECONDS = 90


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


@dataclass(frozen=True)
class Figures:
    """What one measurement gave."""

    per_second: float
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f} req/s, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"


def measure(target: Target) -> Figures:
    """Load the target for some seconds. Fails on the first answer that is not 200."""
    times: list[float] = []
    faults: list[int] = []
    end = time.perf_counter() + SECONDS

    def loop() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
        while time.perf_counter() < end and not faults:
            started = time.perf_counter()
            connection.request("POST", target.path, target.body, target.headers)
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - started)
            if answer.status != 200:
                faults.append(answer.status)

    threads = [threading.Thread(target=loop) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise SystemExit(f"the server on port {target.port} answered {faults[0]}")
    ordered = sorted(times)
    return Figures(len(ordered) / SECONDS, 1000 * ordered[len(ordered) // 2], 1000 * ordered[int(len(ordered) * 0.99)])
