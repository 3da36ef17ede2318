"""Which day it is for those who visit, and how much one request may make the service say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from graduasi_serving.app import create_app
from graduasi_serving.service import Service
from graduasi_serving.settings import Settings
from tests.serving.conftest import Clock
from tests.serving.factory import household, mentor_list, publish_lists, sign_in

MORNING = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
"""Half past six of the 25th in Jakarta."""


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


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("identity", 200)])
def test_a_compressed_body_is_refused_by_its_name(api: TestClient, encoding: str, status: int) -> None:
    answer = api.post("/v1/scores", json={"households": [household()]}, headers={"Content-Encoding": encoding})
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["errors"][0]["code"] == "unsupported_encoding"
