"""Families leave and return at believable rates, and have no row in between."""

import pandas as pd
import pytest

from graduasi_training.simulation.district import MAX_DAYS_TO_EVENT
from tests.training.simulation.factory import Simulated


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [
        ("per_year:exited_naturally", 0.055, 0.10),  # 8.4 % in 2020, kemensos.go.id
        ("per_year:graduated", 0.01, 0.04),  # 0.8 % in 2025 to 3.4 % in 2020
        ("per_year:removed", 0.005, 0.03),
        ("per_year:moved_or_died", 0.005, 0.03),
        ("relapse_within_two_years", 0.25, 0.50),  # no published figure could be read
        ("stale_at_extract", 0.03, 0.07),
        ("unknown_floor_or_protected", 0.02, 0.15),
        ("families_in_aid", 5400, 6600),  # of 6000 at the start
    ],
)
def test_rates_are_believable(simulated: Simulated, figure: str, low: float, high: float) -> None:
    assert low <= simulated.figures[figure] <= high


def test_a_family_has_no_row_between_its_exit_and_its_return(simulated: Simulated) -> None:
    ends = set(simulated.programme.programme.ends)
    events = simulated.events.rename(columns={"event_date": "day"})[["household_id", "day", "event"]]
    rows = simulated.panel.rename(columns={"as_of": "day"})[["household_id", "day"]].assign(event="row")
    history = pd.concat([events, rows]).sort_values(["household_id", "day"], kind="stable")
    before = history.groupby("household_id")["event"].shift()
    assert not ((history["event"] == "row") & before.isin(ends)).any()
    assert (history["event"] == "re_entered").any()


def test_only_graduates_return(simulated: Simulated) -> None:
    before = simulated.events.groupby("household_id")["event"].shift()
    is_return = simulated.events["event"] == "re_entered"
    assert set(before[is_return]) == {"graduated"}


def test_events_are_known_after_they_happen(simulated: Simulated) -> None:
    assert (simulated.events["known_on"] > simulated.events["event_date"]).all()
    assert set(simulated.events["event"]) == {
        *simulated.programme.programme.ends,
        *simulated.programme.programme.returns,
    }


def test_lenient_mentors_graduate_more(simulated: Simulated) -> None:
    strictness = simulated.truth.groupby("household_id")["mentor_strictness"].first()
    graduates = set(simulated.events.loc[simulated.events["event"] == "graduated", "household_id"])
    graduated = strictness.index.isin(graduates)
    assert strictness[graduated].mean() < strictness[~graduated].mean() - 0.1


def test_families_without_an_able_adult_are_not_graduated(simulated: Simulated) -> None:
    last_row = simulated.panel.groupby("household_id").last()
    graduates = simulated.events.loc[simulated.events["event"] == "graduated", "household_id"]
    last_event = simulated.events.groupby("household_id")["event"].last()
    stayed_out = [household for household in graduates if last_event[household] == "graduated"]
    assert not (last_row.loc[stayed_out, "n_adults_able_to_work"] == 0).any()


def test_a_graduate_who_would_stay_out_has_no_return_within_the_year_and_most_others_have(simulated: Simulated) -> None:
    graduated = simulated.events[simulated.events["event"] == "graduated"].rename(columns={"event_date": "left_on"})
    rows = simulated.truth[["household_id", "as_of", "would_stay_out"]].merge(graduated, on="household_id")
    rows = rows[rows["as_of"] < rows["left_on"]].groupby(["household_id", "left_on"]).last().reset_index()
    returned = simulated.events.loc[simulated.events["event"] == "re_entered", ["household_id", "event_date"]]
    exits = rows.merge(returned, on="household_id", how="left")
    days_out = (pd.to_datetime(exits["event_date"]) - pd.to_datetime(exits["as_of"])).dt.days
    # The four quarters after the one of the exit end a year later, and what happens in the last follows within 85 days.
    within_the_year = days_out.between(1, 366 + MAX_DAYS_TO_EVENT)
    is_followed = pd.to_datetime(exits["as_of"]) < pd.Timestamp(2025, 6, 30)
    assert not within_the_year[exits["would_stay_out"]].any()
    assert within_the_year[~exits["would_stay_out"] & is_followed].mean() > 0.7
