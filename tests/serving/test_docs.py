"""/docs and the security that the OpenAPI document declares."""

import html
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from graduasi.dates import iso_day
from graduasi.declarations.declarations import read_declarations
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.panel.row_contract import RowContract
from graduasi.single.verdicts import SingleRules
from graduasi_serving.web import examples
from graduasi_serving.web.schemas import ModelDetail, ModelsAnswer, ScoresAnswer, ScoresRequest, TokenAnswer

Operation = tuple[str, str, dict[str, Any]]


def _operations(web: TestClient) -> list[Operation]:
    """Method, path and object of each operation in the OpenAPI document."""
    paths = web.get("/v1/openapi.json").json()["paths"]
    return [(method.upper(), path, about) for path, methods in paths.items() for method, about in methods.items()]


def test_every_operation_is_shown_with_what_it_needs(web: TestClient) -> None:
    page = html.unescape(web.get("/docs").text)
    operations = _operations(web)
    assert len(operations) >= 7
    for method, path, about in operations:
        section = page.split(f'id="{about["operationId"]}"')[1].split("</section>")[0]
        assert all(text in section for text in (f">{method} {path}<", about["summary"], about["description"]))
        scopes = [scope for needed in about.get("security", []) for scope in needed["token"]]
        assert (f"<code>{scopes[0]}</code>" if scopes else "Needs no token") in section
        assert "Answer 200" in section


@pytest.mark.parametrize(
    "shown",
    ['"household_id": "KPM-0001"', '"savings_idr": null', '"score_interval": {', '"access_token":', "client_secret=CLIENT_SECRET", "curl -s", 'href="/v1/openapi.json"'],
)  # fmt: skip
def test_the_page_shows_examples(web: TestClient, shown: str) -> None:
    assert shown in html.unescape(web.get("/docs").text)


def test_the_page_is_open_and_runs_no_script(web: TestClient) -> None:
    answer = web.get("/docs")
    assert (answer.status_code, "<script" in answer.text, " style=" in answer.text) == (200, False, False)
    assert answer.headers["content-security-policy"] == web.get("/masuk").headers["content-security-policy"]
    assert '<html lang="en">' in web.get("/docs?bahasa=id").text


def test_the_page_is_found_from_the_start(web: TestClient) -> None:
    assert '</docs>; rel="service-doc"' in web.get("/").headers["link"]
    assert 'href="/docs"' in web.get("/masuk").text


@pytest.mark.usefixtures("database_url")
def test_an_operation_declares_security_exactly_if_it_refuses_without_a_token(web: TestClient) -> None:
    refuses = {
        (method, path): web.request(method, path, data={"grant_type": "client_credentials"}).json().get("detail")
        == "A valid access token is required; see POST /v1/token."
        for method, path, _ in _operations(web)
    }
    assert refuses == {(method, path): "security" in about for method, path, about in _operations(web)}
    assert sum(refuses.values()) == 3


def test_scopes_are_declared_as_oauth2_client_credentials(web: TestClient) -> None:
    schemes = web.get("/v1/openapi.json").json()["components"]["securitySchemes"]
    flow = schemes["token"]["flows"]["clientCredentials"]
    needed_scopes = {
        scope for _, _, about in _operations(web) for needed in about.get("security", []) for scope in needed["token"]
    }
    assert (schemes["token"]["type"], flow["tokenUrl"]) == ("oauth2", "/v1/token")
    assert needed_scopes == set(flow["scopes"]) == {"score:write", "model:read"}


@pytest.mark.parametrize(
    ("shape", "example"),
    [(ScoresRequest, examples.REQUEST), (ScoresAnswer, examples.SCORES), (TokenAnswer, examples.TOKEN), (ModelsAnswer, examples.MODELS), (ModelDetail, examples.MODEL)],
)  # fmt: skip
def test_an_example_has_the_documented_shape(shape: type[BaseModel], example: dict[str, Any]) -> None:
    assert set(shape.model_validate(example).model_dump(by_alias=True)) >= set(example)


def test_the_example_household_is_one_that_pkh_takes() -> None:
    declarations = read_declarations(default_dictionary(), default_programme())
    values, faults = RowContract(declarations.dictionary).parse(
        examples.HOUSEHOLD["fields"], iso_day(examples.HOUSEHOLD["as_of"])
    )
    assert faults == []
    assert SingleRules(declarations).in_cohort(values)
