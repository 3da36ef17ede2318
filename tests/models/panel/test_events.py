"""Events are checked and put in order; and which households are out on which day."""

import numpy as np
import pyarrow as pa
import pytest

from graduasi.dates import to_day
from graduasi.errors import PanelError
from graduasi.panel.events import EVENT_COLUMNS, NO_EVENTS, check_events, event_names, read_events
from graduasi.scoring.cohort import households_out
from tests.made_up.small_programme import RULES


def _events(*rows):
    return check_events(pa.table(dict(zip(EVENT_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))), RULES)


def _out(events, day):
    return sorted(households_out(events, RULES, day=to_day(np.datetime64(day).astype(object))))


def test_events_come_in_order_of_their_day_whatever_the_file():
    events = _events(("B", "graduated", "2021-03-01", "2021-03-01"), ("A", "graduated", "2021-01-01", "2021-06-01"))
    assert events.household_id.tolist() == ["A", "B"]


def test_of_one_day_s_events_the_one_known_last_counts():
    rows = [("A", "re_entered", "2021-01-01", "2021-03-01"), ("A", "graduated", "2021-01-01", "2021-02-01")]
    assert [_out(_events(*rows), day) for day in ("2021-02-01", "2021-03-01")] == [["A"], []]


def test_an_event_without_known_on_is_known_on_its_day():
    assert _out(_events(("A", "graduated", "2021-01-01", "")), "2021-01-01") == ["A"]


@pytest.mark.parametrize(
    ("day", "out"),
    [("2021-01-31", []), ("2021-02-01", ["A"]), ("2021-05-31", ["A"]), ("2021-06-01", []), ("2022-01-01", ["A"])],
)
def test_a_household_is_out_from_the_day_its_end_is_known_until_its_return_is(day, out):
    events = _events(
        ("A", "graduated", "2021-01-01", "2021-02-01"),
        ("A", "re_entered", "2021-05-01", "2021-06-01"),
        ("A", "moved_or_died", "2022-01-01", "2022-01-01"),
    )
    assert _out(events, day) == out


def test_nobody_is_out_without_events():
    assert _out(NO_EVENTS, "2021-01-01") == []
    assert len(read_events(None, RULES)) == 0


def test_only_the_events_that_the_rules_mention_are_known():
    assert set(event_names(RULES)) == {"graduated", "exited_naturally", "moved_or_died", "re_entered"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("A", "vanished", "2021-01-01", "2021-01-01"), "event: not an event of the programme in 1 row (row 1)"),
        (("A", "graduated", "01/01/2021", "2021-01-01"), "event_date: not of the declared type"),
        (("A", "graduated", "", "2021-01-01"), "event_date: empty"),
        (("A", "graduated", "2021-01-02", "2021-01-01"), "known_on: before event_date"),
        (("A", "graduated", "1899-12-31", "2021-01-01"), "event_date: not a day of this or the last century"),
    ],
)
def test_a_bad_event_is_reported_with_column_rule_and_row(row, message):
    with pytest.raises(PanelError) as refusal:
        _events(row)
    assert [message in sentence for sentence in refusal.value.reasons] == [True]


def test_a_column_too_many_and_a_missing_column_are_reported():
    with pytest.raises(PanelError) as refusal:
        check_events(pa.table({"household_id": ["A"], "event": ["graduated"], "reason": ["x"]}), RULES)
    assert {sentence.split(": ")[1] for sentence in refusal.value.reasons} == {"reason", "event_date"}


def test_faults_of_an_events_file_begin_with_its_name(tmp_path):
    (tmp_path / "kejadian.csv").write_text("household_id,event,event_date\nA,vanished,2021-01-01\n")
    with pytest.raises(PanelError, match=r"^kejadian\.csv: event: not an event of the programme"):
        read_events(tmp_path / "kejadian.csv", RULES)


@pytest.mark.parametrize("household", [None, ""])
def test_an_event_without_household_is_refused_by_row(household):
    ids = pa.array([household], pa.string())
    table = pa.table({"household_id": ids, "event": ["graduated"], "event_date": ["2021-01-01"]})
    with pytest.raises(PanelError, match="household_id: empty"):
        check_events(table, RULES)
