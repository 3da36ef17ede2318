"""What is written down about a family whose true state is known."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.simulation.lives.belongings import read_traits
from graduasi_training.simulation.lives.welfare import LONG_AGO_QUARTERS
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.records.observation import Columns, TrueState, observe
from tests.training.simulation.factory import PARAMETERS, parameters_with, some_families

STATE = some_families().state
N = len(STATE.area)


def observed(state: TrueState, parameters: Parameters = PARAMETERS) -> Columns:
    return observe(np.random.default_rng(7), parameters, state=state, traits=read_traits(PARAMETERS))


def test_reported_income_is_true_income_shifted_by_the_familys_habit_and_noise() -> None:
    without_noise = parameters_with({"observation.income_noise": 0.0, "observation.income_round_idr": 1.0})
    income = observed(STATE, without_noise)["income_excl_aid_pc_idr"]
    assert np.allclose(np.log(income / STATE.true_income_pc), STATE.reporting_style, atol=0.01)
    noisy = observed(STATE)["income_excl_aid_pc_idr"]
    assert np.std(np.log(noisy / income)) == pytest.approx(0.26, abs=0.04)


def test_household_income_is_that_of_all_members() -> None:
    columns = observed(STATE)
    ratio = columns["income_excl_aid_idr"] / (columns["income_excl_aid_pc_idr"] * columns["household_size"])
    assert np.median(ratio) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("since", "field"),
    [
        ("since_illness", "serious_illness_last_year"),
        ("since_household_shock", "recent_household_shock"),
        ("since_area_shock", "recent_area_shock"),
    ],
)
@pytest.mark.parametrize(("quarters", "recent"), [(0, True), (3, True), (4, False)])
def test_a_shock_is_recent_for_a_year_and_no_other_is(since: str, field: str, quarters: int, recent: bool) -> None:
    never = np.full(N, LONG_AGO_QUARTERS)
    calm = replace(STATE.welfare, since_illness=never, since_household_shock=never, since_area_shock=never)
    columns = observed(replace(STATE, welfare=replace(calm, **{since: np.full(N, quarters)})))
    fields = ("serious_illness_last_year", "recent_household_shock", "recent_area_shock")
    assert {name: bool(columns[name].all()) for name in fields} == {name: recent and name == field for name in fields}


def test_a_family_without_a_business_or_debt_has_no_profit_and_no_debt_service() -> None:
    columns = observed(STATE)
    assert (columns["business_profit_idr"][~columns["has_business"].astype(bool)] == 0).all()
    assert (columns["debt_service_share"][columns["debt_idr"] == 0] == 0).all()
    assert (columns["debt_service_share"] > 0).any()


def test_school_attendance_is_unknown_without_a_child_at_school() -> None:
    columns = observed(STATE)
    children = sum(columns[f"n_children_{stage}"].astype(int) for stage in ("sd", "smp", "sma"))
    assert (np.isnan(columns["school_attendance_rate"]) == (children == 0)).all()
