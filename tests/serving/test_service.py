"""What surrounds every request: problems, ids, logs, health, and the document that describes it all."""

import json
import logging
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient
from starlette.types import Message

from graduasi.panel.identifiers import holds_identity_number
from graduasi_serving.accounts.tokens import AcceptedTokens, KeyRing
from graduasi_serving.app import create_app
from graduasi_serving.scoring.loaded_models import Models
from graduasi_serving.service import SIGN_INS_AT_ONCE, SIGN_INS_WAITING, Service, start_service
from graduasi_serving.settings import Settings
from graduasi_serving.web.languages import preferred_language
from graduasi_serving.web.logs import JsonLines, accepted_request_id
from tests.serving.factory import NIK, household, mentor_list, publish_lists, sign_in


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", f"/v1/{NIK}", 404),
        ("DELETE", "/v1/scores", 405),
        ("GET", "/v1/models", 401),
        ("POST", "/v1/scores", 401),
        ("POST", "/v1/token", 400),
        ("GET", "/v1/schema/household?model_version=" + "x" * 201, 422),
        ("GET", f"/v1/schema/household?model_version={NIK}", 404),
    ],
)
def test_every_fault_is_a_problem_document(web: TestClient, method: str, address: str, status: int) -> None:
    answer = web.request(method, address)
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["type"]) == (status, status, "about:blank")
    assert body["title"]
    assert NIK not in answer.text
    assert isinstance(body["errors"], list)


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize("address", ["/", "/masuk", "/health/live", "/health/ready", "/v1/openapi.json", "/v1/nothing"])
def test_head_answers_as_get_does_without_a_body(web: TestClient, address: str) -> None:
    whole, head = web.get(address), web.head(address)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers.keys() == whole.headers.keys()


@pytest.mark.parametrize(("method", "address"), [("GET", "/masuk/"), ("POST", "/v1/scores/")])
def test_no_answer_leads_where_the_host_header_says(web: TestClient, method: str, address: str) -> None:
    answer = web.request(method, address, headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_a_form_larger_than_the_limit_is_a_413_whether_or_not_its_length_was_declared(web: TestClient) -> None:
    form = b"grant_type=client_credentials&client_id=" + b"x" * 400_000
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    declared = web.post("/v1/token", content=form, headers=kind)
    chunked = web.post("/v1/token", content=iter([form[:200_000], form[200_000:]]), headers=kind)
    assert [answer.status_code for answer in (declared, chunked)] == [413, 413]
    assert chunked.json()["errors"][0]["code"] == "body_too_large"


def test_a_person_who_looks_for_a_page_that_is_not_there_gets_a_page(web: TestClient) -> None:
    answer = web.get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Halaman tidak ditemukan" in answer.text


def test_a_page_refused_for_its_method_says_which_it_takes(web: TestClient) -> None:
    answer = web.post("/daftar", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


class Broken:
    """Models that fail with an unexpected error whose message holds a secret."""

    def pick(self, _version: str | None) -> None:
        raise RuntimeError(f"income of {NIK} is odd")


def _lines(caplog: pytest.LogCaptureFixture, logger: str) -> list[dict[str, object]]:
    return [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == logger]


def test_an_unforeseen_fault_is_a_500_that_tells_nothing(
    api: TestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    object.__setattr__(service, "models", Broken())
    answer = api.post("/v1/scores", json={"households": [household()]})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert NIK not in answer.text
    (line,) = _lines(caplog, "graduasi.fault")
    assert line["error"] == "RuntimeError"
    assert "pick" in str(line["where"])
    assert NIK not in json.dumps(line)
    assert line["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "wanted", "kind"),
    [
        ("/v1/models", "*/*", "application/problem+json"),
        ("/v1/models", "text/html", "application/problem+json"),
        ("/daftar", "text/html", "text/html; charset=utf-8"),
    ],
)
def test_an_unforeseen_fault_elsewhere_is_told_to_programs_and_to_people(
    api: TestClient, service: Service, caplog: pytest.LogCaptureFixture, path: str, wanted: str, kind: str
) -> None:
    object.__setattr__(service, "models", Broken())
    object.__setattr__(service, "transaction", Broken)
    answer = api.get(path, headers={"Accept": wanted})
    assert (answer.status_code, answer.headers["content-type"]) == (500, kind)
    assert [line["request_id"] for line in _lines(caplog, "graduasi.fault")] == [answer.headers["x-request-id"]]


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/scores"), ("GET", "/v1/models")])
def test_a_database_that_fails_is_a_503_and_a_line_in_the_log(
    api: TestClient, service: Service, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    with service.transaction() as session:
        session.execute(text("drop table signing_key"))
    forgetful = replace(
        service, tokens=replace(service.tokens, ring=KeyRing(service.engine), accepted=AcceptedTokens())
    )
    with TestClient(create_app(forgetful), headers=api.headers) as other:
        answer = other.request(method, path, json={"households": [household()]})
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "signing_key" not in answer.text
    (line,) = _lines(caplog, "graduasi.fault")
    assert line["error"] in ("OperationalError", "ProgrammingError")  # what SQLite and PostgreSQL call it


def test_one_line_a_request_says_what_and_how_long_and_nothing_about_anybody(service: Service, people: None) -> None:
    lines: list[bytes] = []
    publish_lists(service, mentor_list("M1"))
    with TestClient(create_app(service, log=lines.append), base_url="https://graduasi.test") as web:
        sign_in(web, "sari").get("/daftar/M1-KPM-1?bahasa=en", headers={"X-Request-Id": "abc-1"})
    line = json.loads(lines[-1])
    assert {key: line[key] for key in ("method", "route", "status", "request_id")} == {
        "method": "GET", "route": "/daftar/{household_id:path}", "status": 200, "request_id": "abc-1",
    }  # fmt: skip
    assert isinstance(line["ms"], float)
    assert not any(word in json.dumps(line) for word in ("M1", "bahasa", "sari"))


def test_a_caller_who_leaves_before_the_end_is_no_fault(
    api: TestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[bytes] = []
    headers = [(name.lower().encode(), value.encode()) for name, value in api.headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/scores", "query_string": b"", "headers": headers}

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        pytest.fail("nobody is there to be answered")

    coroutine = create_app(service, log=lines.append)(scope, receive, send)
    with pytest.raises(StopIteration):  # nothing in it waits, so it needs no loop
        coroutine.send(None)  # type: ignore[attr-defined]
    assert [json.loads(line)["status"] for line in lines] == [0]
    assert _lines(caplog, "graduasi.fault") == []


@pytest.mark.parametrize(
    ("header", "is_repeated"),
    [("abc-1", True), (None, False), ("a b", False), ("x" * 65, False), (NIK, False), ("a\nb", False)],
)
def test_a_request_id_is_repeated_if_it_is_harmless(header: str | None, is_repeated: bool) -> None:
    assert (accepted_request_id(header) == header) is is_repeated


def test_a_new_request_id_is_never_taken_for_an_identity_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda count: b"\x11" * count)  # of all draws those with digits alone
    assert not holds_identity_number(accepted_request_id(None))
    assert len(accepted_request_id(None)) == 32


def test_a_log_line_hides_16_digits(caplog: pytest.LogCaptureFixture) -> None:
    record = logging.LogRecord("graduasi.fault", logging.ERROR, "", 1, f"something about {NIK}", None, None)
    assert NIK not in JsonLines().format(record)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "id"),
        ("", "id"),
        ("en", "en"),
        ("en-GB", "en"),
        ("fr", "id"),
        ("en;q=0.1, id;q=0.9", "id"),
        ("en; q=0.9", "en"),
        ("en;Q=0.8", "en"),
        ("en, id", "en"),
        ("id, en", "id"),
        ("id;q=0.1, en; q=0.9", "en"),
        ("in-ID,en;q=0.5", "id"),
        ("en;q=0", "id"),
        ("en;q=x", "id"),
        ("*", "id"),
    ],
)
def test_the_language_is_the_one_most_wanted(header: str | None, language: str) -> None:
    assert preferred_language(header, offered=("id", "en")) == language


@pytest.mark.usefixtures("database_url")
def test_the_service_is_ready_with_database_and_model(web: TestClient, small_models: Models) -> None:
    answer = web.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["model_version"] == small_models.default().version


@pytest.mark.parametrize(("asked_for", "status", "word"), [("", 200, "ready"), ("champion", 503, "no model is loaded")])
def test_without_a_model_the_service_shows_pages_and_is_ready_if_none_was_asked_for(
    service: Service, people: None, asked_for: str, status: int, word: str
) -> None:
    publish_lists(service, mentor_list("M1"))
    bare = replace(service, models=Models({}), settings=Settings(model=asked_for))
    with TestClient(create_app(bare), base_url="https://graduasi.test") as web:
        ready = web.get("/health/ready")
        assert (ready.status_code, "retry-after" in ready.headers) == (status, status == 503)
        assert word in ready.text
        assert web.get("/health/live").status_code == 200
        assert sign_in(web, "sari").get("/daftar").status_code == 200


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize("statement", ["drop table alembic_version", "update alembic_version set version_num = 'old'"])
def test_a_database_of_another_version_is_not_ready(web: TestClient, service: Service, statement: str) -> None:
    with service.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    answer = web.get("/health/ready")
    assert answer.status_code == 503
    assert "graduasi db upgrade" in answer.json()["detail"]


@pytest.mark.usefixtures("database_url")
def test_a_database_that_fails_answers_503_and_scoring_goes_on(api: TestClient, service: Service) -> None:
    with service.engine.begin() as connection:
        connection.exec_driver_sql("drop table web_session")
        connection.exec_driver_sql("drop table client")
    failed = api.post("/v1/token", data={"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"})
    assert (failed.status_code, failed.headers["content-type"]) == (503, "application/problem+json")
    assert failed.headers["retry-after"]
    assert api.post("/v1/scores", json={"households": [household()]}).status_code == 200


def test_scoring_and_signing_in_each_have_their_own_limit() -> None:
    address = SecretStr("sqlite:///never-opened.db")
    service = start_service(Settings(database_url=address, scoring_threads=3, scoring_queue=5))
    assert service.scoring_turnstile.capacity == 3 + 5
    assert service.sign_in_turnstile.capacity == SIGN_INS_AT_ONCE + SIGN_INS_WAITING


def test_too_many_waiting_requests_are_turned_away_quickly(api: TestClient, service: Service) -> None:
    service.scoring_turnstile._inside = service.scoring_turnstile.capacity
    answer = api.post("/v1/scores", json={"households": [household()]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_the_openapi_document_describes_the_service(web: TestClient) -> None:
    document = web.get("/v1/openapi.json").json()
    assert {
        "/v1/scores",
        "/v1/token",
        "/v1/models",
        "/v1/models/{version}",
        "/v1/schema/household",
        "/health/ready",
    } <= set(document["paths"])
    assert not any(path.startswith(("/daftar", "/masuk")) for path in document["paths"])
    named = json.dumps(document)
    references = {part.split('"')[0] for part in named.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(document["components"]["schemas"])
    assert "ScoresRequest" in references
    assert document["components"]["schemas"]["ScoresRequest"]["examples"]


def test_the_openapi_document_says_how_many_households_this_service_takes(service: Service) -> None:
    generous = replace(service, settings=Settings(households_per_request=500))
    with TestClient(create_app(generous)) as web:
        shape = web.get("/v1/openapi.json").json()["components"]["schemas"]["ScoresRequest"]
    assert shape["properties"]["households"]["maxItems"] == 500


def test_answers_carry_safety_headers(web: TestClient) -> None:
    headers = web.get("/health/live").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
