"""Identity numbers put into every place of a request, and looked for in answers, logs and the database."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from graduasi_serving.app import create_app
from graduasi_serving.database.tables import Base
from graduasi_serving.service import Service
from tests.serving.factory import PASSWORD, form_token, household

CANARY = "9999010101990777"
SPELLINGS = [CANARY, "9999 0101 0199 0777", "9999-0101-0199-0777", "999901.010199.0777 9999010101990777"]
HTML = {"Accept": "text/html"}

pytestmark = pytest.mark.usefixtures("database_url")


def _bodies(canary: str) -> dict[str, Any]:
    """Bodies of POST /v1/scores with the canary in one place each."""
    fields, item = household()["fields"], household
    places: dict[str, Any] = {
        "identifier": [item(canary)],
        "identifier in words": [item(f"KPM-{canary}-b")],
        "mentor": [item(mentor_id=canary)],
        "area": [item(area_code=canary)],
        "day": [item(as_of=canary)],
        "day to score for": [item(scored_on=canary)],
        "key of a household": [{**item(), canary: 1}],
        "name of a household's key": [{**item(), f"nik_{canary}": 1}],
        "key of the fields": [item(fields={**fields, f"nik_{canary}": 1, canary: 2})],
        "text for a number": [item(fields={**fields, "income_idr": canary})],
        "number": [item(fields={**fields, "income_idr": int(re.sub(r"\D", "", canary))})],
        "category": [item(fields={**fields, "work": canary})],
        "key of the history": [item(history=[{"as_of": "2026-01-01", "fields": {f"nik_{canary}": 1}, f"nik_{canary}": 1}])],
        "day of the history": [item(history=[{"as_of": canary, "known_on": canary, "fields": {}}])],
        "event": [item(events=[{"event": canary, "event_date": "2026-01-01"}])],
        "key of an event": [item(events=[{"event": "graduated", "event_date": canary, f"nik_{canary}": 1}])],
        "no household": [canary],
        "twice": [item(canary), item(canary)],
    }  # fmt: skip
    bodies = {place: {"households": households} for place, households in places.items()}
    return {**bodies, "key of the body": {"households": [item()], f"nik_{canary}": 1}, "no object": canary}


def _texts_of(service: Service) -> str:
    """Everything that the database holds."""
    with service.engine.connect() as connection:
        return repr([connection.execute(text(f"select * from {table}")).all() for table in Base.metadata.tables])


def _digits(told: str) -> str:
    return re.sub(r"[\s\-.]", "", told)


@pytest.fixture
def told(service: Service, api: TestClient) -> Any:
    """Sends a request and returns all that became of it: the answer with its headers, and the log."""
    lines: list[bytes] = []
    with TestClient(
        create_app(service, log=lines.append), base_url="https://graduasi.test", follow_redirects=False
    ) as web:
        web.headers["Authorization"] = api.headers["Authorization"]

        def send(method: str, address: str, **options: Any) -> str:
            answer = web.request(method, address, **options)
            assert answer.status_code < 500
            return _digits(f"{answer.headers} {answer.text} {b''.join(lines).decode()}")

        send.web = web  # type: ignore[attr-defined]
        yield send


@pytest.mark.parametrize("place", _bodies(CANARY))
def test_no_answer_repeats_what_a_body_holds(
    told: Any, service: Service, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    for canary in SPELLINGS:
        body = _bodies(canary)[place]
        assert CANARY not in told("POST", "/v1/scores", json=body)
        assert CANARY not in told("POST", "/v1/scores", content=json.dumps(body)[:-1])  # cut short
    assert CANARY not in _digits(caplog.text + _texts_of(service))


@pytest.mark.parametrize(
    ("method", "address", "options"),
    [
        ("GET", "/v1/{canary}", {}),
        ("GET", "/v1/models/{canary}", {}),
        ("GET", "/v1/schema/household?model_version={canary}", {}),
        ("POST", "/v1/scores?model_version={canary}", {"json": {"households": []}}),
        ("POST", "/v1/scores?nik_{canary}={canary}", {"json": {"households": []}}),
        ("GET", "/daftar/{canary}", {"headers": HTML}),
        ("GET", "/pendamping/{canary}", {"headers": HTML}),
        ("GET", "/pendamping/M1/bagian/{canary}", {"headers": HTML}),
        ("GET", "/statis/{canary}", {}),
        ("GET", "/masuk?bahasa={canary}", {}),
        ("GET", "/v1/models", {"headers": {"X-Request-Id": "{canary}"}}),
        ("GET", "/v1/models", {"headers": {"X-Request-Id": "kpm_{canary}"}}),
        ("GET", "/v1/models", {"headers": {"Accept-Language": "{canary}", "Accept": "{canary}", "User-Agent": "{canary}"}}),
        ("GET", "/v1/models", {"headers": {"Authorization": "Bearer {canary}"}}),
        ("POST", "/v1/token", {"headers": {"Authorization": "Basic {canary}"}, "data": {"grant_type": "client_credentials"}}),
        ("POST", "/v1/token", {"data": {"grant_type": "{canary}", "nik_{canary}": "1"}}),
        ("POST", "/v1/token", {"data": {"grant_type": "client_credentials", "client_id": "{canary}", "client_secret": "{canary}", "scope": "{canary}"}}),
        ("POST", "/masuk", {"data": {"name": "{canary}", "password": "{canary}"}}),
        ("POST", "/keluar", {"data": {"csrf": "{canary}"}}),
    ],
)  # fmt: skip
def test_no_answer_repeats_what_an_address_a_header_or_a_form_holds(
    told: Any, service: Service, caplog: pytest.LogCaptureFixture, method: str, address: str, options: dict[str, Any]
) -> None:
    for canary in SPELLINGS:
        filled = json.loads(json.dumps(options).replace("{canary}", canary))
        assert CANARY not in told(method, address.replace("{canary}", canary), **filled)
    assert CANARY not in _digits(caplog.text + _texts_of(service))


def test_a_name_that_was_typed_to_sign_in_is_neither_shown_nor_kept(told: Any, service: Service, people: None) -> None:
    for canary in SPELLINGS:
        form = {"name": canary, "password": PASSWORD, "csrf": form_token(told.web, "/masuk")}
        assert CANARY not in told("POST", "/masuk", data=form)
    assert CANARY not in _digits(_texts_of(service))
