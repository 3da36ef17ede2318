"""What "ready" turned out to mean, in small worked tables, and on which day that was known."""

import math

import numpy as np
import pyarrow as pa
import pytest

from graduasi.dates import from_day, to_day
from graduasi.errors import TrainingError
from graduasi.panel.events import NO_EVENTS, check_events
from graduasi.panel.table_contract import check_panel
from graduasi_training.study.labels import NEVER, competing_counts, label
from graduasi_training.study.observations import Observations
from tests.made_up.small_programme import (
    DICTIONARY,
    PROGRAMME,
    RULES,
    SMALL,
    dictionary_of,
    household,
    panel_of,
    programme_of,
)

VISITS = ("2021-01-01", "2021-07-01", "2022-01-01", "2022-07-01")
RICH, POOR, UNKNOWN = 3_000_000.0, 1_000_000.0, None
HELD, STAYED_OUT, GIVEN = RULES.labels


def _day(text):
    return to_day(np.datetime64(text).astype(object))


def _observe(panel, *, row=0, day=None):
    """One household observed on the day of its snapshot at `row`, or on another day."""
    observed_on = panel.as_of[row] if day is None else _day(day)
    return Observations(np.array([row]), np.array([observed_on], dtype=np.int32), np.array([True]))


def _incomes(*incomes, visits=VISITS, **columns):
    return panel_of(
        *(household("K", visit, income_idr=income, **columns) for visit, income in zip(visits, incomes, strict=False))
    )


def _label(panel, definition=HELD, *, events=NO_EVENTS, **observed):
    """(value, known_on, competing) of one household's label; None for unlabelled and for no day."""
    labels = label(_observe(panel, **observed), definition, panel=panel, events=events, dictionary=SMALL)
    known_on = None if labels.known_on[0] == NEVER else from_day(labels.known_on[0]).isoformat()
    return (None if math.isnan(labels.value[0]) else labels.value[0]), known_on, bool(labels.competing[0])


@pytest.mark.parametrize(
    ("incomes", "value", "known_on"),
    [
        ((POOR, RICH, RICH), 1.0, "2022-01-01"),
        ((RICH, RICH, POOR), 0.0, "2022-01-01"),
        ((RICH, POOR, RICH), 0.0, "2022-01-01"),
        ((POOR, RICH, RICH, POOR), 1.0, "2022-01-01"),
        ((POOR, RICH), None, None),
        ((POOR, POOR), None, None),
        ((POOR,), None, None),
        ((POOR, UNKNOWN, RICH), None, None),
        ((POOR, RICH, UNKNOWN), None, None),
        ((POOR, UNKNOWN, POOR), None, None),
        ((UNKNOWN, RICH, RICH), 1.0, "2022-01-01"),
        ((RICH, 2_400_000.0, 2_400_000.0), 1.0, "2022-01-01"),
        ((RICH, 2_399_999.0, RICH), 0.0, "2022-01-01"),
    ],
)
def test_readiness_is_income_that_holds_at_the_next_two_visits(incomes, value, known_on):
    assert _label(_incomes(*incomes)) == (value, known_on, False)


@pytest.mark.parametrize(("last", "value"), [("2023-01-01", 1.0), ("2023-01-02", None)])
def test_the_last_visit_lies_within_the_months_of_the_as_of_date(last, value):
    assert _label(_incomes(POOR, RICH, RICH, visits=("2021-01-01", "2022-01-01", last)))[0] == value


def test_the_months_count_from_the_day_the_household_was_observed():
    panel = _incomes(POOR, RICH, RICH, visits=("2021-01-01", "2022-01-01", "2023-03-01"))
    assert _label(panel)[0] is None
    assert _label(panel, day="2021-04-01")[0] == 1.0


def test_a_label_is_known_only_when_its_whole_window_is_known():
    columns = [{}, {"known_on": "2022-12-01"}, {"known_on": "2022-02-01"}]
    panel = panel_of(*(household("K", visit, **known_on) for visit, known_on in zip(VISITS, columns, strict=False)))
    assert _label(panel)[:2] == (1.0, "2022-12-01")


def test_an_early_failure_does_not_mature_early():
    assert _label(_incomes(RICH, POOR, RICH))[1] == _label(_incomes(RICH, RICH, RICH))[1]


def test_the_visits_of_the_next_household_do_not_count():
    panel = panel_of(
        household("A", "2021-01-01"),
        household("B", "2021-07-01"),
        household("B", "2022-01-01"),
        household("B", "2022-07-01"),
    )
    assert _label(panel, row=0)[0] is None
    assert _label(panel, row=1)[0] == 1.0


def _events(*rows):
    names = ("household_id", "event", "event_date", "known_on")
    table = pa.table(
        {name: [str(row[index]) if len(row) > index else row[2] for row in rows] for index, name in enumerate(names)}
    )
    return check_events(table, RULES)


SOMEBODY_ELSE = ("X", "graduated", "2030-01-01")
"""An event years later: all that happened to K by then is known."""


@pytest.mark.parametrize(
    ("happened", "value", "known_on", "competing"),
    [
        ([("graduated", "2021-06-01")], 1.0, "2022-07-01", False),
        ([("graduated", "2022-01-01")], 1.0, "2022-07-01", False),
        ([("graduated", "2022-01-02")], 0.0, "2022-07-01", False),
        ([("graduated", "2021-01-01")], 0.0, "2022-07-01", False),
        ([], 0.0, "2022-07-01", False),
        ([("graduated", "2021-06-01"), ("re_entered", "2021-12-01")], 0.0, "2022-07-01", False),
        ([("graduated", "2021-06-01"), ("re_entered", "2021-12-02")], 1.0, "2022-07-01", False),
        ([("re_entered", "2021-03-01"), ("graduated", "2021-06-01")], 1.0, "2022-07-01", False),
        ([("exited_naturally", "2021-03-01")], 0.0, "2022-07-01", True),
        ([("exited_naturally", "2021-03-01"), ("graduated", "2021-06-01")], 0.0, "2022-07-01", True),
        ([("exited_naturally", "2021-03-01", "2023-05-01")], 0.0, "2023-05-01", True),
        ([("exited_naturally", "2021-06-01"), ("graduated", "2021-06-01")], 1.0, "2022-07-01", False),
        ([("graduated", "2021-06-01"), ("exited_naturally", "2021-09-01")], None, None, False),
        ([("graduated", "2021-06-01"), ("moved_or_died", "2021-12-01")], None, None, False),
        ([("graduated", "2021-06-01"), ("moved_or_died", "2021-12-02")], 1.0, "2022-07-01", False),
        (
            [("graduated", "2021-06-01"), ("re_entered", "2021-08-01"), ("moved_or_died", "2021-09-01")],
            0.0,
            "2022-07-01",
            False,
        ),
        ([("moved_or_died", "2022-02-01")], 0.0, "2022-07-01", False),
        ([("graduated", "2021-06-01", "2023-05-01")], 1.0, "2023-05-01", False),
        ([("graduated", "2021-06-01"), ("re_entered", "2021-12-01", "2023-08-01")], 0.0, "2023-08-01", False),
    ],
)
def test_an_event_label_asks_for_the_event_in_time_not_undone_and_nothing_else_first(
    happened, value, known_on, competing
):
    events = _events(*(("K", *event) for event in happened), SOMEBODY_ELSE)
    assert _label(_incomes(POOR), STAYED_OUT, events=events) == (value, known_on, competing)


@pytest.mark.parametrize(("last_news", "matured"), [("2022-06-30", False), ("2022-07-01", True)])
def test_an_event_label_matures_when_the_panel_reaches_the_end_of_its_window(last_news, matured):
    outcome = _label(_incomes(POOR), STAYED_OUT, events=_events(("X", "graduated", last_news)))
    assert outcome == ((0.0, "2022-07-01", False) if matured else (None, None, False))


def test_a_visit_reaches_the_end_of_the_window_as_well_as_an_event():
    panel = _incomes(POOR, POOR, visits=("2021-01-01", "2022-07-01"))
    assert _label(panel, STAYED_OUT, events=_events(("X", "graduated", "2021-06-01"))) == (0.0, "2022-07-01", False)


def test_windows_that_something_else_ended_first_are_counted_by_what_it_was():
    panel = panel_of(*(household(name, "2021-01-01") for name in "ABCDE"))
    events = _events(
        ("A", "exited_naturally", "2021-03-01"),
        ("A", "moved_or_died", "2021-04-01"),
        ("B", "graduated", "2021-05-01"),
        ("B", "moved_or_died", "2021-06-01"),
        ("C", "moved_or_died", "2021-07-01"),
        ("D", "moved_or_died", "2022-01-02"),
        ("E", "graduated", "2021-08-01"),
        ("E", "exited_naturally", "2021-08-01"),
    )
    observations = Observations(np.arange(5), panel.as_of, np.ones(5, dtype=bool))
    counts = competing_counts(observations, np.arange(5), STAYED_OUT, panel=panel, events=events)
    assert counts == {"exited_naturally": 1, "moved_or_died": 1}


@pytest.mark.parametrize(("graduated", "value"), [(True, 1.0), (False, 0.0), (None, None)])
def test_a_column_label_is_known_when_its_row_is(graduated, value):
    panel = panel_of(household("K", "2021-01-01", graduated=graduated, known_on="2021-02-03"))
    assert _label(panel, GIVEN) == (value, None if value is None else "2021-02-03", False)


def test_rows_that_something_else_ended_are_fitted_as_not_ready_and_rows_known_later_are_not():
    panel = panel_of(household("A", "2021-01-01"), household("B", "2021-01-01"), household("C", "2021-01-01"))
    observations = Observations(np.arange(3), panel.as_of, np.ones(3, dtype=bool))
    events = _events(
        ("A", "exited_naturally", "2021-03-01"), ("B", "graduated", "2021-03-01", "2023-01-01"), SOMEBODY_ELSE
    )
    labels = label(observations, STAYED_OUT, panel=panel, events=events, dictionary=SMALL)
    # The window ends on 2022-07-01, and reports may take the half year that is waited for.
    assert labels.trainable(_day("2022-12-30")).tolist() == [False, False, False]
    assert labels.trainable(_day("2022-12-31")).tolist() == [True, False, True]
    assert labels.trainable(_day("2023-01-01")).tolist() == [True, True, True]


def test_a_condition_that_compares_with_nothing_known_leaves_the_row_unlabelled():
    text = PROGRAMME.replace('value_field = "line_idr"\nfactor = 1.2', 'value_field = "debt_idr"\nfactor = 1.0', 1)
    panel, _ = check_panel(pa.Table.from_pylist([household("K", visit, debt_idr=None) for visit in VISITS]), SMALL)
    assert _label(panel, programme_of(text).target)[0] is None


@pytest.mark.parametrize(("months", "known_on"), [(0, "2021-02-10"), (12, "2022-02-10")])
def test_a_column_label_is_known_so_many_months_after_its_row_as_it_looks_ahead(months, known_on):
    panel = _incomes(POOR, visits=VISITS[:1], known_on="2021-02-10", graduated=True)
    assert _label(panel, GIVEN.model_copy(update={"known_after_months": months})) == (1.0, known_on, False)


def test_nothing_is_learned_from_a_column_label_that_does_not_say_how_far_ahead_it_looks():
    with pytest.raises(TrainingError, match=r"\[labels.given\] known_after_months: required"):
        _label(_incomes(POOR, graduated=True), GIVEN.model_copy(update={"known_after_months": None}))


@pytest.mark.parametrize(
    ("slow_field", "definition", "known_on"),
    [("line_idr", HELD, "2022-02-01"), ("income_idr", HELD, "2022-02-01"), ("graduated", GIVEN, "2021-02-01")],
)
def test_a_label_waits_for_the_slowest_source_that_its_rules_read(slow_field, definition, known_on):
    dictionary = dictionary_of(
        DICTIONARY.replace(f"[fields.{slow_field}]\n", f"[fields.{slow_field}]\nlag_days = 31\n")
    )
    panel = _incomes(POOR, RICH, RICH, graduated=True)
    labels = label(_observe(panel), definition, panel=panel, events=NO_EVENTS, dictionary=dictionary)
    assert from_day(labels.known_on[0]).isoformat() == known_on


@pytest.mark.parametrize(("delay", "known_on"), [(0, "2022-07-01"), (90, "2022-09-29")])
def test_labels_wait_for_late_reports_alike_whether_the_event_came_or_not(delay, known_on):
    """Were it known at once that nothing happened, young dates would hold failures only."""
    panel = panel_of(household("A", "2021-01-01"), household("B", "2021-01-01"))
    observations = Observations(np.arange(2), panel.as_of, np.ones(2, dtype=bool))
    reported = from_day(_day("2021-03-01") + delay).isoformat()
    events = _events(("A", "graduated", "2021-03-01", reported), SOMEBODY_ELSE)
    labels = label(observations, STAYED_OUT, panel=panel, events=events, dictionary=SMALL)
    assert [from_day(int(day)).isoformat() for day in labels.known_on] == [known_on, known_on]
