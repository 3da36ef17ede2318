"""The same households through training, bulk files, MLflow and HTTP: the same numbers and the same words."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.batch.finished_parts import Job
from graduasi.batch.score_file import score_file
from graduasi.dates import from_day
from graduasi.declarations.words import Sentences, text_in
from graduasi.panel.events import read_events
from graduasi.readiness.features import build_features, features_of
from graduasi.scoring.cohort import cohort_of
from graduasi.scoring.scores import score_rows
from graduasi.scoring.verdicts import blocking_rules
from tests.made_up.small_programme import SMALL

TOLERANCE = 1e-9


def _by_training(trained, panel):
    """Household by household, as training computes it: features of the cohort, then the fitted model."""
    day = int(panel.known_on.max())
    rows = cohort_of(panel, panel.latest_known(day), trained.study.declarations)
    values = build_features(panel, rows, as_of=day, declarations=trained.study.declarations).values
    explained = trained.fitted.champion.explain(values)
    names = panel.household_id.take(pa.array(rows)).to_pylist()
    return names, values, explained


def test_training_and_bulk_give_the_same_margins_and_contributions(trained, panel, scored_file):
    names, _, explained = _by_training(trained, panel)
    features = [feature.name for feature in features_of(SMALL)]
    assert scored_file["household_id"].tolist() == names
    np.testing.assert_allclose(scored_file["margin"], explained.margin, atol=TOLERANCE)
    np.testing.assert_allclose(scored_file["base_margin"], explained.base, atol=TOLERANCE)
    for row, reasons in enumerate(scored_file["reasons"]):
        for reason in reasons:
            assert reason["contribution"] == pytest.approx(
                explained.contributions[row, features.index(reason["feature"])], abs=TOLERANCE
            )


def test_the_study_that_was_trained_on_has_the_features_that_scoring_has_on_the_same_day(trained, bundle):
    study = trained.study
    for day in np.unique(study.observations.day):
        places = np.flatnonzero(study.observations.day == day)
        rows = study.observations.snapshot[places]
        scored = score_rows(study.panel, rows, as_of=int(day), bundle=bundle)
        np.testing.assert_allclose(scored.features.values, study.values[places], atol=TOLERANCE)


def test_the_cohort_of_training_is_the_cohort_of_scoring_on_the_same_day_events_included(
    trained, bundle, events_file, tmp_path
):
    study, day = trained.study, int(trained.study.observations.day.max())
    events = read_events(events_file, bundle.programme)
    panel_file = events_file.with_name("households.parquet")
    score_file(Job(panel_file, tmp_path / "s.parquet", bundle, events, events_file=events_file, as_of=day))
    rows = study.observations.snapshot[study.observations.day == day]
    expected = study.panel.household_id.take(pa.array(rows)).to_pylist()
    assert pq.read_table(tmp_path / "s.parquet")["household_id"].to_pylist() == expected
    assert "K00001" not in expected


def test_the_bundle_on_disk_gives_what_the_model_in_memory_gives(trained, bundle):
    values = trained.study.values
    found, expected = bundle.model.explain(values), trained.fitted.champion.explain(values)
    np.testing.assert_array_equal(found.contributions, expected.contributions)
    assert found.base == expected.base


def test_the_model_in_mlflow_answers_what_bulk_writes(pyfunc_scores, scored_file):
    assert pyfunc_scores.columns.tolist() == scored_file.columns.tolist()
    for name in (
        "household_id",
        "as_of",
        "mentor_id",
        "area_code",
        "band",
        "floor_passed",
        "is_complete",
        "model_version",
    ):
        assert pyfunc_scores[name].tolist() == scored_file[name].tolist(), name
    for name in ("margin", "score", "base_margin", "other_contribution"):
        np.testing.assert_allclose(pyfunc_scores[name], scored_file[name], atol=TOLERANCE)
    for one, other in zip(pyfunc_scores["reasons"], scored_file["reasons"], strict=True):
        assert [_spoken(reason) for reason in one] == [_spoken(reason) for reason in other]


def _spoken(reason):
    return {key: value for key, value in reason.items() if key != "contribution"}


def _item(panel, rows, day):
    """A household as a case-management system would send it: the latest snapshot, and the earlier ones as history, in
    no order that anybody promised.
    """
    snapshots = [
        {
            "as_of": from_day(panel.as_of[row]).isoformat(),
            "known_on": from_day(panel.known_on[row]).isoformat(),
            "fields": _fields(panel.values[row]),
        }
        for row in rows
    ]
    *history, latest = snapshots
    known_on = latest.pop("known_on")
    assert known_on <= from_day(day).isoformat()
    return {
        "household_id": panel.household_id[int(rows[-1])].as_py(),
        "mentor_id": panel.mentor_id[int(rows[-1])].as_py(),
        "area_code": panel.area_code[int(rows[-1])].as_py(),
        "scored_on": from_day(day).isoformat(),
        "history": history[::-1],
        **latest,
    }


def _fields(values):
    return {
        field.name: _json_value(field, value)
        for field, value in zip(SMALL.fields.values(), values, strict=True)
        if field.kind != "outcome"
    }


def _json_value(field, value):
    if np.isnan(value):
        return None
    match field.type:
        case "category":
            return field.categories[int(value)]
        case "boolean":
            return bool(value)
        case "date":
            return from_day(int(value)).isoformat()
    return float(value)


@pytest.fixture(scope="module")
def answers(api, panel):
    """By language, every household's answer over HTTP."""
    day = int(panel.known_on.max())
    items = [_item(panel, np.flatnonzero(panel.household == number), day) for number in np.unique(panel.household)]
    found = {}
    for language in ("id", "en"):
        results = []
        for start in range(0, len(items), 50):
            answer = api.post(
                "/v1/scores", json={"households": items[start : start + 50]}, headers={"Accept-Language": language}
            )
            assert answer.status_code == 200, answer.text
            results += answer.json()["results"]
        found[language] = {result["household_id"]: result for result in results}
    return found


def test_http_scores_exactly_the_households_that_bulk_scores(answers, scored_file):
    by_status = {name: answer["status"] for name, answer in answers["en"].items()}
    assert {name for name, status in by_status.items() if status == "success"} == set(scored_file["household_id"])
    assert "error" in by_status.values()


def test_http_gives_the_numbers_that_bulk_gives(answers, scored_file):
    for row in scored_file.to_dict("records"):
        answer = answers["en"][row["household_id"]]
        for name in ("margin", "score", "base_margin", "other_contribution"):
            assert answer[name] == pytest.approx(row[name], abs=TOLERANCE), name
        assert answer["score_interval"]["low"] == pytest.approx(row["score_low"], abs=TOLERANCE)
        assert answer["score_interval"]["high"] == pytest.approx(row["score_high"], abs=TOLERANCE)
        assert answer["band"] == row["band"]
        assert answer["floor"]["passed"] == row["floor_passed"]
        assert answer["missing_fields"] == list(row["missing_fields"])
        contributions = [reason["contribution"] for reason in row["reasons"]]
        assert [reason["contribution"] for reason in answer["reasons"]] == pytest.approx(contributions, abs=TOLERANCE)


@pytest.mark.parametrize("language", ["id", "en"])
def test_http_gives_the_reasons_and_rules_word_for_word_as_lists_do(answers, scored_file, bundle, language):
    rules = {rule.code: text_in(rule.text, language) for rule in blocking_rules(bundle.programme)}
    for row in scored_file.to_dict("records"):
        answer = answers[language][row["household_id"]]
        assert [_spoken({**reason, "text": None}) for reason in answer["reasons"]] == [
            {**_spoken(reason), "text": None} for reason in row["reasons"]
        ]
        expected = [
            Sentences(SMALL, language).reason(
                reason["feature"], reason["direction"], reason["value"], missing=row["missing_fields"]
            )
            for reason in row["reasons"]
        ]
        assert [reason["text"] for reason in answer["reasons"]] == expected
        assert {entry["code"]: entry["message"] for entry in answer["floor"]["blocking"]} == {
            code: rules[code] for code in row["blocking"]
        }
        unknown = [entry["code"] for entry in answer["floor"]["blocking"] if entry["state"] == "unknown"]
        assert unknown == list(row["unknown_rules"])


def test_the_panel_puts_every_band_and_unknowns_to_the_test(scored_file):
    assert len(scored_file) > 100
    assert set(scored_file["band"]) >= {"protected", "stale", "unsure", "ready", "nearly", "not_yet"}
    assert not scored_file["is_complete"].all()
