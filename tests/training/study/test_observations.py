"""Who is in the cohort on which day, by what was known then."""

import numpy as np
import pyarrow as pa
import pytest

from graduasi.dates import from_day, to_day
from graduasi.errors import TrainingError
from graduasi.panel.events import NO_EVENTS, check_events
from graduasi_training.study.observations import MAX_AS_OF_DATES, as_of_grid, observe
from tests.made_up.small_programme import DECLARED, PROGRAMME, RULES, draw_panel, household, panel_of, programme_of


def _day(text):
    return to_day(np.datetime64(text).astype(object))


def _observed(panel, *days, events=NO_EVENTS):
    """(household, snapshot's date, as-of date, is first) of every observation."""
    grid = np.array([_day(day) for day in days], dtype=np.int32)
    observations = observe(panel, events, grid, DECLARED)
    names = panel.household_id.take(pa.array(observations.snapshot)).to_pylist()
    snapshot_dates = [from_day(day).isoformat() for day in panel.as_of[observations.snapshot]]
    as_of_dates = [from_day(day).isoformat() for day in observations.day]
    return list(zip(names, snapshot_dates, as_of_dates, observations.is_first.tolist(), strict=True))


def _events(*rows):
    names = ("household_id", "event", "event_date", "known_on")
    return check_events(pa.table({name: [row[index] for row in rows] for index, name in enumerate(names)}), RULES)


def test_a_household_is_observed_by_its_latest_known_snapshot_and_a_snapshot_is_first_once():
    panel = panel_of(household("K", "2021-01-01"), household("K", "2021-07-01", known_on="2021-09-01"))
    assert _observed(panel, "2021-01-01", "2021-07-01", "2021-10-01", "2022-01-01") == [
        ("K", "2021-01-01", "2021-01-01", True),
        ("K", "2021-01-01", "2021-07-01", False),
        ("K", "2021-07-01", "2021-10-01", True),
        ("K", "2021-07-01", "2022-01-01", False),
    ]


def test_nobody_is_observed_before_anything_about_them_was_known():
    panel = panel_of(household("A", "2021-01-01", known_on="2021-03-01"), household("B", "2021-01-01"))
    assert [name for name, *_ in _observed(panel, "2021-02-01")] == ["B"]


@pytest.mark.parametrize("receives", [False, None])
def test_who_is_not_known_to_be_in_the_cohort_is_not_observed(receives):
    panel = panel_of(household("A"), household("B", receives_aid=receives))
    assert [name for name, *_ in _observed(panel, "2021-01-01")] == ["A"]


@pytest.mark.parametrize(
    ("day", "in_cohort"),
    [("2021-05-31", True), ("2021-06-01", True), ("2021-06-15", False), ("2021-12-31", False), ("2022-01-01", True)],
)
def test_a_household_that_has_left_is_out_from_the_day_that_is_known_until_it_returns(day, in_cohort):
    panel = panel_of(
        *(household("K", visit) for visit in ("2021-01-01", "2021-06-01", "2021-12-01")), household("X", "2021-06-15")
    )
    events = _events(("K", "graduated", "2021-06-01", "2021-06-15"), ("K", "re_entered", "2021-12-01", "2022-01-01"))
    assert ("K" in [name for name, *_ in _observed(panel, day, events=events)]) is in_cohort


def test_a_snapshot_taken_after_leaving_does_not_bring_a_household_back():
    panel = panel_of(household("K", "2021-01-01"), household("K", "2021-09-01"), household("X", "2021-09-01"))
    events = _events(("K", "moved_or_died", "2021-06-01", "2021-06-01"))
    assert [name for name, *_ in _observed(panel, "2021-10-01", events=events)] == ["X"]


@pytest.mark.parametrize(("day", "seen"), [("2021-07-20", True), ("2021-07-21", False)])
def test_a_family_that_was_not_seen_for_longer_than_the_programme_allows_is_not_observed(day, seen):
    """Families who left without any event would stay in every cohort for ever, and never become ready. 200 days are allowed."""
    panel = panel_of(household("K", "2021-01-01"), household("X", "2021-06-01"))
    assert ("K" in [name for name, *_ in _observed(panel, day)]) is seen


def test_a_cohort_without_anybody_is_refused():
    with pytest.raises(TrainingError, match="cohort has nobody"):
        _observed(panel_of(household("A", receives_aid=False)), "2021-01-01")


def test_each_snapshot_is_first_exactly_once_and_tells_on_how_many_dates_it_is_the_latest():
    panel = draw_panel(1, households=30)
    grid = np.unique(panel.as_of)[::10].astype(np.int32)
    observations = observe(panel, NO_EVENTS, grid, DECLARED)
    day, is_first = observations.day, observations.is_first
    firsts = observations.snapshot[is_first]
    assert len(set(firsts.tolist())) == len(firsts) == len(set(observations.snapshot.tolist()))
    for snapshot in firsts:
        same_snapshot = observations.snapshot == snapshot
        assert day[is_first & same_snapshot] == day[same_snapshot].min()
        assert (observations.dates[same_snapshot] == same_snapshot.sum()).all()
    assert observations.dates.max() > 1


def test_nothing_is_observed_before_it_was_known():
    panel = draw_panel(2, households=30)
    observations = observe(panel, NO_EVENTS, np.unique(panel.as_of)[::5].astype(np.int32), DECLARED)
    assert (panel.known_on[observations.snapshot] <= observations.day).all()
    assert (panel.as_of[observations.snapshot] <= observations.day).all()


def _monthly(count):
    return panel_of(
        *(
            household("K", str(np.datetime64("2015-01-31") + np.timedelta64(30 * number, "D")), joined="2014-06-01")
            for number in range(count)
        )
    )


def test_without_a_grid_the_panel_s_own_dates_are_taken():
    assert len(as_of_grid(_monthly(7), RULES)) == 7


def _every(months):
    return programme_of(PROGRAMME.replace("folds = 1", f"folds = 1\nevery_months = {months}"))


@pytest.mark.parametrize(
    ("programme", "message"), [(RULES, "set every_months"), (_every(1), "gives 61 as-of dates; choose more")]
)
def test_too_many_dates_are_refused_with_a_suggestion(programme, message):
    with pytest.raises(TrainingError, match=message):
        as_of_grid(_monthly(MAX_AS_OF_DATES + 2), programme)


@pytest.mark.parametrize("first", ["2020-01-15", "2020-03-31"])
def test_a_grid_counts_back_whole_months_from_the_last_date(first):
    panel = panel_of(household("K", first, joined=None), household("K", "2020-12-31"))
    days = [from_day(day).isoformat() for day in as_of_grid(panel, _every(3))]
    assert days == ["2020-03-31", "2020-06-30", "2020-09-30", "2020-12-31"]
