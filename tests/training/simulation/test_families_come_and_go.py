"""Leaving and returning: at believable rates, and with no row in between."""

import pandas as pd
import pytest

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


def test_no_row_stands_between_an_end_and_a_return(simulated: Simulated) -> None:
    ends = set(simulated.programme.programme.ends)
    happened = simulated.events.rename(columns={"event_date": "day"})[["household_id", "day", "event"]]
    rows = simulated.panel.rename(columns={"as_of": "day"})[["household_id", "day"]].assign(event="row")
    story = pd.concat([happened, rows]).sort_values(["household_id", "day"], kind="stable")
    before = story.groupby("household_id")["event"].shift()
    assert not ((story["event"] == "row") & before.isin(ends)).any()
    assert (story["event"] == "re_entered").any()


def test_only_graduates_return(simulated: Simulated) -> None:
    before = simulated.events.groupby("household_id")["event"].shift()
    returned = simulated.events["event"] == "re_entered"
    assert set(before[returned]) == {"graduated"}


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
    last = simulated.panel.groupby("household_id").last()
    graduates = simulated.events.loc[simulated.events["event"] == "graduated", "household_id"]
    final = simulated.events.groupby("household_id")["event"].last()
    stayed_out = [household for household in graduates if final[household] == "graduated"]
    assert not (last.loc[stayed_out, "n_adults_able_to_work"] == 0).any()
