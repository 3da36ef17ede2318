"""Headers that stand twice or after the body, requests that are no HTTP, and what may be kept in caches."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from starlette.testclient import TestClient

from graduasi_serving.app import create_app
from graduasi_serving.service import Service
from graduasi_serving.web.protocol import StrictHttp
from tests.serving.factory import household

BODY = b'{"households": []}'
Exchange = Callable[[bytes], bytes]


@pytest.fixture
def exchange(service: Service) -> Iterator[Exchange]:
    """Sends bytes to a server as `graduasi serve` runs it, and returns all that it answers."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(service, log=lambda _line: None)
    server = uvicorn.Server(uvicorn.Config(app, http=StrictHttp, ws="none", lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()

    def send_and_read(request: bytes) -> bytes:
        with socket.create_connection(listening.getsockname(), timeout=5) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    while not server.started:
        time.sleep(0.005)
    yield send_and_read
    server.should_exit = True
    thread.join()
    listening.close()


def _request(*lines: str, method: str = "POST /v1/scores", trailers: str = "") -> bytes:
    """A request with a chunked body, and trailers behind it."""
    head = [f"{method} HTTP/1.1", "Host: graduasi.test", "Connection: close", "Transfer-Encoding: chunked", *lines]
    return "\r\n".join([*head, "", f"{len(BODY):x}", BODY.decode(), "0", f"{trailers}\r\n"]).encode()


def _bearer(service: Service) -> str:
    return "Bearer " + service.tokens.issue("sistem", scopes=["score:write", "model:read"], now=service.clock())


ROUTES = [("POST", "/v1/scores"), ("GET", "/v1/models"), ("POST", "/v1/token"), ("GET", "/v1/schema/household")]


@pytest.mark.parametrize(("method", "address"), ROUTES)
@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Content-Encoding", "Host"])
def test_a_header_that_stands_twice_is_refused_on_every_route(
    web: TestClient, service: Service, method: str, address: str, name: str
) -> None:
    other = {"Authorization": _bearer(service)} if name != "Authorization" else {}
    headers = [*other.items(), (name, _bearer(service)), (name, _bearer(service))]
    answer = web.request(method, address, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["code"] == "repeated_header"


def test_a_token_behind_the_body_is_not_read(exchange: Exchange, service: Service) -> None:
    token = f"Authorization: {_bearer(service)}"
    assert exchange(_request(token)).startswith(b"HTTP/1.1 422")  # no household; the token was taken
    assert exchange(_request(trailers=f"{token}\r\n")).startswith(b"HTTP/1.1 401")


def test_a_header_behind_the_body_does_not_count_as_a_second_one(exchange: Exchange, service: Service) -> None:
    token = f"Authorization: {_bearer(service)}"
    assert exchange(_request(token, trailers="Authorization: Bearer other\r\n")).startswith(b"HTTP/1.1 422")


def test_what_is_no_http_is_told_so_in_a_problem_document(exchange: Exchange) -> None:
    head, _, body = exchange(b"no http\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"content-type: application/problem+json" in head
    assert b'"code":"not_http"' in body


def test_languages_in_two_headers_count_as_one_list(api: TestClient) -> None:
    headers = [("Accept-Language", "en;q=0.2"), ("Accept-Language", "id")]
    answer = api.post("/v1/scores", json={"households": [household()]}, headers=headers)
    assert answer.json()["results"][0]["band_label"] == "Siap diverifikasi"


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize(
    "address", ["/v1/models", "/v1/schema/household", "/v1/nothing", "/health/ready", "/masuk", "/daftar", "/"]
)
def test_what_may_be_about_somebody_is_kept_by_no_cache(api: TestClient, address: str) -> None:
    assert api.get(address).headers.get_list("cache-control") == ["no-store"]


def test_scores_are_kept_by_no_cache(api: TestClient) -> None:
    assert api.post("/v1/scores", json={"households": [household()]}).headers["cache-control"] == "no-store"


def test_a_style_sheet_may_be_kept(web: TestClient) -> None:
    assert "max-age" in web.get("/statis/graduasi.css").headers["cache-control"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"X-Long: " + b"a" * 80_000, b"431"),
        (b"\r\n".join(b"X-%d: a" % number for number in range(10_000)), b"431"),
        (b"X-Long: " + b"a" * 20_000, b"200"),
    ],
    ids=["one long header", "many headers", "a usual head"],
)
def test_a_head_that_grows_without_end_is_refused_before_it_is_read(
    exchange: Exchange, head: bytes, status: bytes
) -> None:
    start = b"GET /health/live HTTP/1.1\r\nHost: graduasi.test\r\nConnection: close\r\n"
    answer = exchange(start + head + (b"\r\n\r\n" if status == b"200" else b""))
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_a_large_body_behind_a_small_head_is_read(exchange: Exchange, service: Service) -> None:
    body = b'{"households": [' + b" " * 90_000 + b"]}"
    head = (
        f"POST /v1/scores HTTP/1.1\r\nHost: graduasi.test\r\nConnection: close\r\nAuthorization: {_bearer(service)}\r\n"
    )
    answer = exchange(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    assert answer.startswith(b"HTTP/1.1 422")
