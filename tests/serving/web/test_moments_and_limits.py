"""Which day "today" is in Indonesia, and limits on what one request can cause."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from graduasi_serving.app import create_app
from graduasi_serving.service import Service
from graduasi_serving.settings import Settings
from tests.serving.conftest import Clock
from tests.serving.factory import household, mentor_list, publish_lists, sign_in

MORNING = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
"""In Jakarta it is half past six in the morning of the 25th."""


@pytest.fixture
def morning(clock: Clock) -> None:
    clock.now = MORNING


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize(("offset", "status"), [(7, "success"), (0, "error")])
def test_a_visit_of_this_morning_in_indonesia_is_of_today(
    api: TestClient, service: Service, offset: int, status: str
) -> None:
    local = replace(service, settings=Settings(utc_offset_hours=offset))
    with TestClient(create_app(local), headers=api.headers) as web:
        answer = web.post("/v1/scores", json={"households": [household(as_of="2026-11-25")]})
    assert answer.json()["results"][0]["status"] == status


def test_a_page_tells_the_day_on_which_a_list_was_made_as_its_readers_count(
    web: TestClient, service: Service, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.serving.factory.NOW", MORNING)
    publish_lists(service, mentor_list("M1"))
    assert "Daftar dibuat 25 November 2026" in sign_in(web, "sari").get("/daftar").text


def test_a_household_with_very_many_faults_tells_the_first_fifty(api: TestClient) -> None:
    history = [{f"key_{letter}": 1 for letter in "abcdef"} for _ in range(200)]
    answer = api.post("/v1/scores", json={"households": [household(history=history)]})
    errors = answer.json()["results"][0]["errors"]
    assert [error["code"] for error in errors[50:]] == ["too_many_faults"]
    assert errors[50]["pointer"] == "/households/0"


@pytest.mark.parametrize(
    ("limit", "authorized", "status"), [(1_000, True, 413), (1_000, False, 413), (8_000_000, False, 401)]
)
def test_a_body_that_is_declared_too_large_or_comes_without_a_token_is_refused_unread(
    api: TestClient, service: Service, limit: int, authorized: bool, status: int
) -> None:
    headers = [(b"content-length", b"1001")]
    if authorized:
        headers.append((b"authorization", api.headers["Authorization"].encode()))
    scope = {"type": "http", "method": "POST", "path": "/v1/scores", "query_string": b"", "headers": headers}
    sent: list[Message] = []

    async def receive() -> Message:
        pytest.fail("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    strict = replace(service, settings=Settings(body_limit_bytes=limit))
    coroutine = create_app(strict, log=lambda _line: None)(scope, receive, send)
    with pytest.raises(StopIteration):  # nothing in it waits, so it needs no loop
        coroutine.send(None)  # type: ignore[attr-defined]
    assert sent[0]["status"] == status


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.parametrize(("excess", "code"), [(0, "json_invalid"), (1, "body_too_large")])
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    api: TestClient, service: Service, is_declared: bool, excess: int, code: str
) -> None:
    body = b" " * (service.settings.body_limit_bytes + excess)
    answer = api.post("/v1/scores", content=body if is_declared else iter([body]))
    assert answer.json()["errors"][0]["code"] == code


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("identity", 200)])
def test_a_compressed_body_is_refused_by_its_name(api: TestClient, encoding: str, status: int) -> None:
    answer = api.post("/v1/scores", json={"households": [household()]}, headers={"Content-Encoding": encoding})
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["errors"][0]["code"] == "unsupported_encoding"
