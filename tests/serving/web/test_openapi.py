"""The OpenAPI document as a program reads it that was generated from it: each documented answer is sent, and has its shape."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine
from starlette.testclient import TestClient

from graduasi_serving.accounts.accounts import add_client
from graduasi_serving.accounts.tokens import AcceptedTokens, KeyRing
from graduasi_serving.app import create_app
from graduasi_serving.scoring.loaded_models import Models
from graduasi_serving.service import Service
from tests.serving.conftest import BODY_LIMIT_BYTES
from tests.serving.factory import NOW, household

Answer = httpx.Response
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemShape"}
LARGE = b" " * (BODY_LIMIT_BYTES + 1)
TWICE = [("Content-Type", "text/plain"), ("Content-Type", "text/plain")]
FAILS, ENDLESS = {"model_version": "none"}, {"model_version": "x" * 201}


@pytest.fixture
def document(web: TestClient) -> dict[str, Any]:
    content: dict[str, Any] = web.get("/v1/openapi.json").json()
    return content


def _form(client: Any = None, **changes: str) -> dict[str, Any]:
    credentials = {"client_id": "nobody", "client_secret": "x"} if client is None else vars(client)
    return {"data": {"grant_type": "client_credentials", **credentials, **changes}}


def _without_token(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "headers": {"Authorization": "Bearer none"}}


SCORES, TOKEN, MODELS = ("post", "/v1/scores"), ("post", "/v1/token"), ("get", "/v1/models")
MODEL, SCHEMA = ("get", "/v1/models/{version}"), ("get", "/v1/schema/household")
LIVE, READY = ("get", "/health/live"), ("get", "/health/ready")
GOOD = {"json": {"households": [household(), household("KPM-2", as_of="tomorrow")]}}
REQUESTS: dict[tuple[tuple[str, str], int], dict[str, Any]] = {
    (SCORES, 200): GOOD,
    (SCORES, 400): {"content": b"{"},
    (SCORES, 401): _without_token(GOOD),
    (SCORES, 403): GOOD,
    (SCORES, 404): {**GOOD, "params": FAILS},
    (SCORES, 413): {"content": LARGE},
    (SCORES, 415): {"content": b"", "headers": {"Content-Encoding": "gzip"}},
    (SCORES, 422): {"json": {"households": []}},
    (SCORES, 503): GOOD,
    (TOKEN, 400): {"data": {}},
    (TOKEN, 401): _form(),
    (TOKEN, 413): {"content": LARGE},
    (TOKEN, 422): _form(client_id="x" * 101),
    (TOKEN, 503): _form(),
    (MODELS, 200): {},
    (MODELS, 400): {"headers": TWICE},
    (MODELS, 401): _without_token({}),
    (MODELS, 403): {},
    (MODELS, 503): {},
    (MODEL, 200): {},
    (MODEL, 400): {"headers": TWICE},
    (MODEL, 401): _without_token({}),
    (MODEL, 403): {},
    (MODEL, 404): {},
    (MODEL, 503): {},
    (SCHEMA, 200): {},
    (SCHEMA, 400): {"headers": TWICE},
    (SCHEMA, 404): {"params": FAILS},
    (SCHEMA, 422): {"params": ENDLESS},
    (SCHEMA, 503): {},
    (LIVE, 200): {},
    (READY, 200): {},
    (READY, 503): {},
}
"""A request for every documented answer; a new token for 200 is bought below. 503 is asked of a service without database and model."""


def _send(web: TestClient, service: Service, operation: tuple[str, str], status: int) -> Answer:
    method, path = operation
    version = "none" if status == 404 else service.models.default().version
    web.headers["Authorization"] = "Bearer " + service.tokens.issue(
        "sistem", scopes=[] if status == 403 else ["score:write", "model:read"], now=NOW
    )
    request = REQUESTS[operation, status]
    return web.request(method, path.replace("{version}", version), **request)


def _broken(service: Service) -> Service:
    """The service without a model and with a database that cannot be opened; it has accepted no token yet."""
    engine = create_engine("sqlite:////nowhere/service.db")
    tokens = replace(service.tokens, ring=KeyRing(engine), accepted=AcceptedTokens())
    return replace(service, models=Models({}), engine=engine, tokens=tokens)


def _documented(document: dict[str, Any]) -> Iterator[tuple[tuple[str, str], str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            for status, answer in about["responses"].items():
                yield (method, path), status, answer


def _assert_documented(document: dict[str, Any], operation: tuple[str, str], answer: Answer) -> None:
    """The answer has a documented status and media type, and the shape that is documented for it."""
    method, path = operation
    responses = document["paths"][path][method]["responses"]
    content = responses[str(answer.status_code)]["content"]
    schema = content[answer.headers["content-type"]]["schema"]
    checker = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    assert [error.message for error in checker.iter_errors(answer.json())] == []


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize(("operation", "status"), REQUESTS)
def test_every_documented_answer_is_sent_as_documented(
    web: TestClient, service: Service, document: dict[str, Any], operation: tuple[str, str], status: int
) -> None:
    if status == 503:
        with TestClient(create_app(_broken(service)), raise_server_exceptions=False) as broken:
            answer = _send(broken, service, operation, status)
    else:
        answer = _send(web, service, operation, status)
    assert answer.status_code == status
    _assert_documented(document, operation, answer)


@pytest.mark.usefixtures("database_url")
def test_a_token_is_answered_as_documented(web: TestClient, service: Service, document: dict[str, Any]) -> None:
    with service.transaction() as session:
        client = add_client(session, "SIKS", scopes=["score:write"], now=NOW)
    answer = web.post("/v1/token", **_form(client))
    assert answer.status_code == 200
    _assert_documented(document, TOKEN, answer)


def test_a_request_is_known_for_every_documented_answer(document: dict[str, Any]) -> None:
    documented = {(operation, status) for operation, status, _ in _documented(document)}
    known = {(operation, str(status)) for operation, status in [*REQUESTS, (TOKEN, 200)]}
    assert {answer for answer in documented if answer[1] != "default"} == known
    assert {operation for operation, status in documented if status == "default"} == {
        operation for operation, _ in REQUESTS
    }


def test_every_answer_has_a_schema_and_faults_have_that_of_problems(document: dict[str, Any]) -> None:
    for _, status, answer in _documented(document):
        ((media_type, content),) = answer["content"].items()
        assert "schema" in content
        if status != "200":
            assert (media_type, content["schema"]) == ("application/problem+json", PROBLEM_SCHEMA)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE"])
def test_a_fault_that_no_operation_names_is_a_problem_as_documented(
    web: TestClient, document: dict[str, Any], method: str
) -> None:
    answer = web.request(method, "/v1/scores")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    checker = jsonschema.Draft202012Validator({**PROBLEM_SCHEMA, "components": document["components"]})
    assert [*checker.iter_errors(answer.json())] == []


def test_an_oauth_refusal_has_the_documented_member_error(web: TestClient, document: dict[str, Any]) -> None:
    assert web.post("/v1/token", data={}).json()["error"] == "unsupported_grant_type"
    assert "error" in document["components"]["schemas"]["ProblemShape"]["properties"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(_references(document))
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} >= references
    assert "#/components/schemas/HouseholdFields" in references


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for member in node.values():
            yield from _references(member)
    elif isinstance(node, list):
        for member in node:
            yield from _references(member)


def test_the_fields_of_a_household_are_those_of_the_served_dictionary(
    document: dict[str, Any], service: Service
) -> None:
    schemas = document["components"]["schemas"]
    dictionary = service.models.default().bundle.dictionary
    allowed = {name for name, field in dictionary.fields.items() if field.kind != "outcome"}
    assert schemas["HouseholdFields"]["properties"].keys() == allowed
    assert schemas["HouseholdFields"]["properties"]["work"]["type"] == ["string", "null"]
    for holder in ("HouseholdShape", "SnapshotShape"):
        assert schemas[holder]["properties"]["fields"] == {"$ref": "#/components/schemas/HouseholdFields"}


def test_a_list_of_values_is_of_one_type_as_generators_ask(document: dict[str, Any]) -> None:
    for field in document["components"]["schemas"]["HouseholdFields"]["properties"].values():
        assert len({type(value) for value in field.get("enum", []) if value is not None}) <= 1


def test_without_a_model_any_fields_are_documented(service: Service) -> None:
    with TestClient(create_app(replace(service, models=Models({})))) as web:
        schemas = web.get("/v1/openapi.json").json()["components"]["schemas"]
    assert schemas["HouseholdFields"] == {"type": "object"}
