"""The same households through arrays, files, MLflow, the scorer of one household and HTTP: one answer from all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.declarations.words import Sentences, text_in
from graduasi.scoring.scores import SCORES
from graduasi.scoring.verdicts import BANDS, blocking_rules
from tests.agreement.households import CASES, HOUSEHOLDS, VISITED, Household, event, visit
from tests.agreement.paths import REASONS, post_scores

TOLERANCE = 1e-9


def test_the_same_households_are_scored(scored, expected):
    assert scored.keys() == expected.keys()


def test_each_household_gets_the_same_numbers_rules_and_reasons(score, scored, expected):
    differing = {name: differences(scored[name], row, score.silent_on) for name, row in expected.items()}
    assert {name: columns for name, columns in differing.items() if columns} == {}


@st.composite
def households(draw):
    """Up to five visits with gaps and delays about as long as what is late, fresh or stale, and up to four events."""
    delays = st.sampled_from([0, 0, 0, 15, 30, 60, 120, 400])
    changes = st.fixed_dictionaries(
        {},
        optional={
            "income_idr": st.sampled_from([None, 0.0, 1e6, 4e6]),
            "line_idr": st.sampled_from([None, 5e5, 2.5e6]),
            "debt_idr": st.sampled_from([None, 5e5, 2e6]),
            "members": st.sampled_from([None, 1, 8]),
            "missed_meals": st.sampled_from([None, True]),
            "work": st.sampled_from([None, "none", "casual", "astronaut"]),
            "all_elderly": st.sampled_from([None, True]),
            "receives_aid": st.sampled_from([True, True, True, None, False]),
        },
    )
    days_ago = st.sampled_from([0, 29, 30, 59, 60, 89, 90, 200, 201, 230, 260]) | st.integers(0, 1200)
    days = sorted(draw(st.lists(days_ago, min_size=1, max_size=5, unique=True)), reverse=True)
    visits = tuple(visit(day, known_after=draw(delays), **draw(changes)) for day in days)
    names = st.sampled_from(["graduated", "exited_naturally", "re_entered"])
    few_days_ago = st.sampled_from([10, 20, 20, 130])
    events = st.lists(st.tuples(names, few_days_ago, delays), max_size=4)
    happened = tuple(event(name, day, known_after=delay) for name, day, delay in draw(events))
    area = draw(st.sampled_from(["32.00", "32.01", "99.99", None]))
    return Household("drawn", visits, happened, area_code=area)


@pytest.mark.parametrize("score", ["bulk", "pyfunc", "single", "http"], indirect=True)
@given(household=households())
def test_whatever_the_household_the_paths_agree(score, arrays, household):
    beside = Household("plain", VISITED)  # a file in which nobody is scored is refused
    scores, expected = score(household, beside), arrays(score.reduced(household), beside)
    assert scores.keys() == expected.keys()
    assert [differences(scores[name], row, score.silent_on) for name, row in expected.items()] == [{}] * len(expected)


def differences(row, expected, silent_on=frozenset()):
    """What is said and what was expected, by column in which they differ. A column that is not said is a difference."""
    assert silent_on.isdisjoint(row)
    pairs = {column: (row.get(column), value) for column, value in expected.items() if column not in silent_on}
    return {column: pair for column, pair in pairs.items() if column not in row or not is_same(*pair)}


def is_same(found, expected):
    if isinstance(expected, float):
        return found == pytest.approx(expected, abs=TOLERANCE, rel=0)
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(is_same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(is_same, found, expected))
    return found == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.household.household_id)
def test_a_path_that_sees_a_case_wrongly_would_differ(arrays, arrays_without_lags, case):
    right = arrays(case.household)
    wrong = arrays_without_lags(case.household) if case.seen_wrongly is None else arrays(case.seen_wrongly)
    if case.shows_in == "household_id":
        assert right.keys() != wrong.keys()
    else:
        assert case.shows_in in differences(*wrong.values(), *right.values())


def test_the_households_put_everything_to_the_test_that_a_score_can_say(arrays):
    rows = arrays(*HOUSEHOLDS).values()
    assert 100 < len(rows) < len(HOUSEHOLDS)
    assert {row["band"] for row in rows} == set(BANDS)
    assert {len(row["reasons"]) for row in rows} >= {REASONS}
    for column in SCORES.names:
        assert len({str(row[column]) for row in rows}) > 1 or column in ("base_margin", "model_version"), column
    assert {tuple(row["eligible_referrals"]) for row in rows} == {(), ("PENA",), ("DEBT",), ("PENA", "DEBT")}
    assert {(row["relapse_risk"] is None) for row in rows} == {True, False}


@pytest.mark.parametrize("language", ["id", "en"])
def test_http_speaks_of_reasons_and_rules_word_for_word_as_lists_do(api, http, arrays, bundle, language):
    expected = arrays(*map(http.reduced, HOUSEHOLDS))
    rules = {rule.code: text_in(rule.text, language) for rule in blocking_rules(bundle.programme)}
    sentences = Sentences(bundle.dictionary, language)
    answers = [answer for answer in post_scores(api, HOUSEHOLDS, language=language) if answer["status"] == "success"]
    assert len(answers) == len(expected)
    for answer in answers:
        row = expected[answer["household_id"]]
        missing, far = row["missing_fields"], [number["field"] for number in row["far_numbers"]]
        assert [number["text"] for number in answer["far_numbers"]] == [*map(sentences.far_number, row["far_numbers"])]
        assert [reason["text"] for reason in answer["reasons"]] == [
            sentences.reason(reason["feature"], reason["direction"], reason["value"], missing=missing, far=far)
            for reason in row["reasons"]
        ]
        blocking = {entry["code"]: entry["message"] for entry in answer["floor"]["blocking"]}
        assert blocking == {code: rules[code] for code in row["blocking"]}
