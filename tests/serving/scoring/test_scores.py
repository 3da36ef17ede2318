"""POST /v1/scores: what it answers, and what it refuses without repeating it."""

import json
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from graduasi.bundle import Bundle
from graduasi.dates import to_day
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.scores import score_rows, to_table
from graduasi_serving.scoring.loaded_models import Models
from graduasi_serving.web.schemas import ScoresAnswer
from tests.serving.factory import NIK, NOW, household, with_fields

Item = dict[str, Any]


def _results(api: TestClient, *items: object, language: str = "") -> list[Item]:
    answer = api.post("/v1/scores", json={"households": list(items)}, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    results: list[Item] = answer.json()["results"]
    return results


def _one(api: TestClient, item: object, **options: str) -> Item:
    return _results(api, item, **options)[0]


def test_the_answer_has_the_documented_shape(api: TestClient) -> None:
    answer = api.post("/v1/scores", json={"households": [household(), household("KPM-2", as_of="tomorrow")]})
    scores = ScoresAnswer.model_validate_json(answer.content)
    assert [result.status for result in scores.results] == ["success", "error"]


def test_a_score_of_today_holds_until_its_visit_is_as_old_as_the_programme_allows(api: TestClient) -> None:
    today = NOW.date()
    assert _one(api, household(as_of=today.isoformat()))["valid_until"] == (today + timedelta(days=180)).isoformat()
    assert _one(api, household(as_of="2026-10-01"))["valid_until"] == "2027-03-30"


def test_contributions_add_up_to_the_margin_and_the_margin_gives_the_score(api: TestClient) -> None:
    item = _one(api, household())
    total = item["base_margin"] + sum(reason["contribution"] for reason in item["reasons"]) + item["other_contribution"]
    assert total == pytest.approx(item["margin"], abs=1e-9)
    assert item["margin"] == pytest.approx(1.0)
    assert item["score"] == pytest.approx(1 / (1 + math.exp(-item["margin"])), abs=1e-12)


def test_http_and_file_give_the_same_score(api: TestClient, small_models: Models) -> None:
    items = [
        with_fields("KPM-1"),
        with_fields("KPM-2", income_idr=None, work="casual"),
        with_fields("KPM-3", missed_meals=True),
    ]
    bundle: Bundle = small_models.default().bundle
    table = pa.Table.from_pylist(
        [{"household_id": item["household_id"], "as_of": item["as_of"], **item["fields"]} for item in items]
    )
    panel, _ = check_panel(table, bundle.dictionary)
    day = to_day(NOW.date())
    rows = to_table(score_rows(panel, panel.latest_known(day), as_of=day, bundle=bundle), bundle).to_pylist()
    for row, item in zip(rows, _results(api, *items), strict=True):
        assert [item[key] for key in ("margin", "score", "other_contribution")] == pytest.approx(
            [row[key] for key in ("margin", "score", "other_contribution")], abs=1e-9
        )
        assert [item[key] for key in ("band", "missing_fields")] == [row[key] for key in ("band", "missing_fields")]
        assert [{key: reason[key] for key in reason if key != "text"} for reason in item["reasons"]] == row["reasons"]


@pytest.mark.parametrize(
    ("item", "band", "label"),
    [
        (household(), "ready", "Siap diverifikasi"),
        (with_fields(income_idr=1_500_000), "nearly", "Menuju siap"),
        (with_fields(income_idr=0), "not_yet", "Belum siap"),
        (with_fields(missed_meals=True), "nearly", "Menuju siap"),
        (with_fields(all_elderly=True), "protected", "Dilindungi"),
        (with_fields(all_elderly=None), "unsure", "Data belum cukup"),
        (household(as_of="2026-01-01"), "stale", "Data sudah lama"),
        (household(as_of="2026-01-01", scored_on="2026-02-01"), "ready", "Siap diverifikasi"),
    ],
)
def test_a_household_falls_in_a_band(api: TestClient, item: Item, band: str, label: str) -> None:
    result = _one(api, item)
    assert (result["band"], result["band_label"]) == (band, label)


def test_what_blocks_is_told_with_its_state(api: TestClient) -> None:
    floor = _one(api, with_fields(missed_meals=None, all_elderly=True))["floor"]
    assert floor == {
        "passed": False,
        "blocking": [
            {"code": "FOOD_SECURE", "state": "unknown", "message": "Kebutuhan makan terpenuhi"},
            {"code": "ONLY_ELDERLY", "state": "met", "message": "Dilindungi: semua lansia"},
        ],
    }


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("", "Penghasilan Rp3.500.000 menguatkan."), ("id-ID", "Penghasilan Rp3.500.000 menguatkan."), ("en", "Income of Rp3,500,000 helps."), ("fr, en;q=0.5", "Income of Rp3,500,000 helps.")],
)  # fmt: skip
def test_reasons_are_spoken_in_the_language_that_is_asked_for(api: TestClient, language: str, sentence: str) -> None:
    assert sentence in [reason["text"] for reason in _one(api, household(), language=language)["reasons"]]


PENA = {"code": "PENA", "name": "PENA (usaha)", "why": "Penghasilan baru Rp1.000.000."}


@pytest.mark.parametrize(("all_elderly", "referred"), [(False, [PENA]), (None, [PENA]), (True, [])])
def test_a_lever_that_holds_back_is_referred_unless_the_rules_say_no(
    api: TestClient, all_elderly: bool | None, referred: list[Item]
) -> None:
    assert _one(api, with_fields(income_idr=1_000_000, all_elderly=all_elderly))["referrals"] == referred


def test_unknown_not_sent_and_zero_are_three_different_things(api: TestClient) -> None:
    null, zero = with_fields(income_idr=None), with_fields(income_idr=0)
    absent = household()
    del absent["fields"]["income_idr"]
    assert _one(api, null)["margin"] == _one(api, absent)["margin"] != _one(api, zero)["margin"]
    assert _one(api, null)["missing_fields"] == ["income_idr"]
    assert _one(api, zero)["is_complete"]


def test_a_field_with_an_effect_that_is_left_out_is_not_taken_from_an_earlier_visit(api: TestClient) -> None:
    """An earlier income may be better than the one that was left out (docs/decisions/0003)."""
    earlier = {"as_of": "2026-08-01", "fields": household()["fields"]}
    item = {**with_fields(income_idr=None), "history": [earlier]}
    assert _one(api, item)["margin"] == _one(api, with_fields(income_idr=None))["margin"]
    assert _one(api, item)["margin"] != _one(api, household())["margin"]


def test_an_earlier_visit_counts_only_once_it_is_known(api: TestClient) -> None:
    late = {"as_of": "2026-08-01", "known_on": "2026-12-01", "fields": household()["fields"]}
    assert _one(api, {**with_fields(income_idr=None), "history": [late]})["missing_fields"] == ["income_idr"]
    assert _one(api, {**with_fields(income_idr=None), "history": [late]})["margin"] != _one(api, household())["margin"]


def test_a_category_that_may_be_unlisted_is_taken_as_unknown_with_a_warning(api: TestClient) -> None:
    result = _one(api, with_fields(work="astronaut"))
    assert result["warnings"] == ["work: not among the categories, taken as unknown"]
    assert result["missing_fields"] == ["work"]


BY_RULE, BY_EVENTS = ("/households/0/fields/receives_pkh", "receives_pkh == true"), ("/households/0/events", "has left")


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (with_fields(receives_pkh=False), [BY_RULE]),
        (with_fields(receives_pkh=None), [BY_RULE]),
        (household(events=[{"event": "graduated", "event_date": "2026-10-05"}]), [BY_EVENTS]),
        (
            with_fields(receives_pkh=False) | {"events": [{"event": "graduated", "event_date": "2026-10-05"}]},
            [BY_RULE, BY_EVENTS],
        ),
        (
            household(
                events=[
                    {"event": "re_entered", "event_date": "2026-09-05"},
                    {"event": "graduated", "event_date": "2026-10-05"},
                ]
            ),
            [BY_EVENTS],
        ),
        (
            household(  # as in a file: the one that happened last counts, although the other became known later
                events=[
                    {"event": "graduated", "event_date": "2026-10-06", "known_on": "2026-10-06"},
                    {"event": "re_entered", "event_date": "2026-10-05", "known_on": "2026-10-08"},
                ]
            ),
            [BY_EVENTS],
        ),
        (
            household(  # as in a file: of one day, the one that became known last counts
                events=[
                    {"event": "graduated", "event_date": "2026-10-05", "known_on": "2026-10-07"},
                    {"event": "re_entered", "event_date": "2026-10-05", "known_on": "2026-10-06"},
                ]
            ),
            [BY_EVENTS],
        ),
        (
            household(  # as in a file: known on the same day too, the one given last counts
                events=[
                    {"event": "re_entered", "event_date": "2026-10-05"},
                    {"event": "graduated", "event_date": "2026-10-05"},
                ]
            ),
            [BY_EVENTS],
        ),
    ],
)
def test_a_household_out_of_the_programme_is_not_scored_and_told_why(
    api: TestClient, item: Item, why: list[tuple[str, str]]
) -> None:
    errors = _one(api, item)["errors"]
    assert {error["code"] for error in errors} == {"outside_cohort"}
    assert [error["pointer"] for error in errors] == [pointer for pointer, _ in why]
    assert all(words in error["message"] for error, (_, words) in zip(errors, why, strict=True))


@pytest.mark.parametrize(
    "events",
    [
        [{"event": "graduated", "event_date": "2026-10-05"}, {"event": "re_entered", "event_date": "2026-10-06"}],
        [{"event": "graduated", "event_date": "2026-10-05"}, {"event": "re_entered", "event_date": "2026-10-05"}],
        [
            {"event": "re_entered", "event_date": "2026-10-05", "known_on": "2026-10-07"},
            {"event": "graduated", "event_date": "2026-10-05", "known_on": "2026-10-06"},
        ],
        [{"event": "graduated", "event_date": "2026-10-05", "known_on": "2026-12-31"}],
    ],
)
def test_a_household_that_returned_or_whose_exit_is_not_known_yet_is_scored(
    api: TestClient, events: list[Item]
) -> None:
    assert _one(api, household(events=events))["status"] == "success"


FAULTS: list[tuple[str, Callable[[], object], str, str]] = [
    ("not an object", lambda: NIK, "/households/1", "not_an_object"),
    ("no id", lambda: {**household(), "household_id": None}, "/households/1/household_id", "required"),
    ("an id that is an identity number", lambda: household(NIK), "/households/1/household_id", "not_allowed"),
    ("an id that cannot be printed", lambda: household("a\ud800"), "/households/1/household_id", "not_allowed"),
    ("an endless id", lambda: household("a" * 101), "/households/1/household_id", "not_allowed"),
    ("no as_of", lambda: household(as_of=None), "/households/1/as_of", "not_allowed"),
    ("a day that is none", lambda: household(as_of="2026-02-30"), "/households/1/as_of", "not_allowed"),
    ("a day long ago", lambda: household(as_of="0001-01-01"), "/households/1/as_of", "not_allowed"),
    ("a day to come", lambda: household(as_of="2026-12-01"), "/households/1/as_of", "not_known_yet"),
    ("no fields", lambda: household(fields=None), "/households/1/fields", "required"),
    ("an unknown field", lambda: with_fields(surprise=NIK), "/households/1/fields/surprise", "unknown_field"),
    ("an outcome", lambda: with_fields(graduated=True), "/households/1/fields/graduated", "unknown_field"),
    ("text for a number", lambda: with_fields(income_idr=NIK), "/households/1/fields/income_idr", "not_allowed"),
    ("a negative income", lambda: with_fields(income_idr=-1), "/households/1/fields/income_idr", "not_allowed"),
    ("beyond any number", lambda: with_fields(income_idr=10**400), "/households/1/fields/income_idr", "not_allowed"),
    ("a number for yes or no", lambda: with_fields(missed_meals=2), "/households/1/fields/missed_meals", "not_allowed"),
    ("yes or no for a number", lambda: with_fields(income_idr=True), "/households/1/fields/income_idr", "not_allowed"),
    ("an unknown key", lambda: household(nickname=NIK), "/households/1/nickname", "unknown_key"),
    ("history that is no list", lambda: household(history=NIK), "/households/1/history", "not_allowed"),
    ("endless history", lambda: household(history=[{}] * 201), "/households/1/history", "not_allowed"),
    ("history of the same day", lambda: household(history=[{"as_of": "2026-10-01", "fields": {}}]), "/households/1/history/0/as_of", "not_earlier"),
    ("history known before it was", lambda: household(history=[{"as_of": "2026-01-02", "known_on": "2026-01-01", "fields": {}}]), "/households/1/history/0/known_on", "not_allowed"),
    ("an event known before it was", lambda: household(events=[{"event": "graduated", "event_date": "2026-01-02", "known_on": "2026-01-01"}]), "/households/1/events/0/known_on", "not_allowed"),
    ("history after the visit", lambda: household(history=[{"as_of": "2026-10-02", "fields": {}}]), "/households/1/history/0/as_of", "not_earlier"),
    ("history twice", lambda: household(history=[{"as_of": "2026-01-02", "fields": {}}] * 2), "/households/1/history/1/as_of", "duplicate_snapshot"),
    ("an unknown event", lambda: household(events=[{"event": NIK, "event_date": "2026-01-02"}]), "/households/1/events/0/event", "not_allowed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "pointer", "code"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_fails_its_household_only_and_repeats_nothing(
    api: TestClient, make: Callable[[], object], pointer: str, code: str
) -> None:
    body = json.dumps({"households": [household("KPM-8"), make(), household("KPM-9")]})
    answer = api.post("/v1/scores", content=body)
    assert [item["status"] for item in answer.json()["results"]] == ["success", "error", "success"]
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["results"][1]["errors"]]
    assert NIK not in answer.text


def test_a_household_that_stands_twice_fails_both_times(api: TestClient) -> None:
    results = _results(api, household("KPM-1"), household("KPM-2"), household("KPM-1"))
    assert [result["status"] for result in results] == ["error", "success", "error"]
    assert results[2]["errors"][0]["code"] == "duplicate_household"


def test_a_field_whose_name_is_data_is_not_named(api: TestClient) -> None:
    answer = api.post("/v1/scores", json={"households": [household(fields={NIK: 1, "Sari binti Ali": 1})]})
    assert NIK not in answer.text
    assert "Sari" not in answer.text


GOOD = json.dumps(household())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (f'["{NIK}"]', 422, "not_allowed"),
        (f'"{NIK}"', 422, "not_allowed"),
        ("", 400, "json_invalid"),
        ('{"households": [' + NIK, 400, "json_invalid"),
        ('{"households": [' + GOOD.replace("3500000", "NaN") + "]}", 400, "not_finite"),
        ('{"households": [' + GOOD.replace("3500000", "-Infinity") + "]}", 400, "not_finite"),
        ('{"households": [{"household_id": "a", "household_id": "b"}]}', 400, "duplicate_key"),
        ('{"households": [' + GOOD.replace("3500000", "9" * 5000) + "]}", 400, "json_invalid"),
        ("[" * 100_000, 400, "json_too_deep"),
        ('{"households": []}', 422, "too_few"),
        ('{"households": null}', 422, "not_allowed"),
        ('{"households": [' + GOOD + '], "mode": "' + NIK + '"}', 422, "unknown_key"),
        ('{"households": [' + ",".join([GOOD] * 101) + "]}", 413, "too_many"),
        ('{"households": "' + "x" * 300_000 + '"}', 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_as_a_problem(api: TestClient, body: str, status: int, code: str) -> None:
    answer = api.post("/v1/scores", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert NIK not in answer.text


def test_bytes_that_are_no_text_are_refused(api: TestClient) -> None:
    assert api.post("/v1/scores", content=b'{"households": ["\xff"]}').status_code == 400


def test_a_number_too_large_for_a_float_is_an_error_of_its_household(api: TestClient) -> None:
    body = '{"households": [' + GOOD.replace("3500000", "1e999") + "]}"
    answer = api.post("/v1/scores", content=body)
    assert answer.json()["results"][0]["errors"][0]["pointer"] == "/households/0/fields/income_idr"


def test_a_body_without_a_declared_length_is_limited_too(api: TestClient) -> None:
    answer = api.post("/v1/scores", content=(b"x" * 50_000 for _ in range(10)))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("order", [list, lambda pairs: list(reversed(list(pairs)))])
def test_the_order_of_keys_changes_nothing(api: TestClient, order: Callable[[Any], Any]) -> None:
    item = household()
    item["fields"] = dict(order(item["fields"].items()))
    assert _one(api, item)["margin"] == pytest.approx(1.0)


def test_a_version_that_is_not_loaded_is_not_found(api: TestClient, small_models: Models) -> None:
    body = {"households": [household()]}
    assert api.post("/v1/scores?model_version=other", json=body).json()["errors"][0]["code"] == "model_not_loaded"
    assert api.post(f"/v1/scores?model_version={small_models.default().version}", json=body).status_code == 200


def test_a_version_of_endless_length_is_refused_and_not_repeated(api: TestClient) -> None:
    answer = api.post(f"/v1/scores?model_version={NIK * 20}", json={"households": [household()]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/model_version")
    assert NIK not in answer.text


def test_the_published_schema_describes_what_is_answered(api: TestClient) -> None:
    document = api.get("/v1/openapi.json").json()
    schema = document["paths"]["/v1/scores"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = api.post("/v1/scores", json={"households": [household(), household("KPM-2", as_of="tomorrow")]}).json()
    assert [result["status"] for result in answer["results"]] == ["success", "error"]
    checker = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    assert [error.message for error in checker.iter_errors(answer)] == []
    del answer["results"][0]["relapse"]
    assert [*checker.iter_errors(answer)] != []


def test_a_household_gets_its_interval_and_its_relapse_risk_with_an_interval(api: TestClient) -> None:
    result = _one(api, household())
    low, high = result["score_interval"]["low"], result["score_interval"]["high"]
    assert (result["score_interval"]["coverage"], low < result["score"] < high) == (0.9, True)
    assert result["relapse"]["low"] < result["relapse"]["risk"] < result["relapse"]["high"]


def test_the_area_that_is_sent_moves_the_interval(api: TestClient) -> None:
    lows = [_one(api, household(area_code=area))["score_interval"]["low"] for area in ("32.01", "99.99", None)]
    assert lows[0] < lows[1] == lows[2]


def test_a_household_unlike_any_graduate_gets_no_relapse_risk(api: TestClient) -> None:
    item = household()
    item["fields"]["income_idr"] = 49_000_000
    assert _one(api, item)["relapse"] is None


def test_the_schema_takes_what_the_service_takes(api: TestClient) -> None:
    schema = api.get("/v1/schema/household").json()
    jsonschema.validate(household()["fields"], schema)
    assert "graduated" not in schema["properties"]
    assert set(schema["properties"]) >= set(household()["fields"])


def test_models_are_listed_and_shown(api: TestClient, small_models: Models) -> None:
    version = small_models.default().version
    assert [(model["version"], model["is_default"]) for model in api.get("/v1/models").json()["models"]] == [
        (version, True)
    ]
    assert api.get(f"/v1/models/{version}").json()["card"] == "# Small model"
    assert api.get("/v1/models/other").status_code == 404


def test_many_households_give_what_each_gives_alone(api: TestClient) -> None:
    rng = np.random.default_rng(5)
    items = [with_fields(f"KPM-{number}", income_idr=int(rng.integers(0, 6_000_000))) for number in range(100)]
    together = [result["margin"] for result in _results(api, *items)]
    alone = [_one(api, item)["margin"] for item in items[:10]]
    assert together[:10] == pytest.approx(alone, abs=1e-12)
