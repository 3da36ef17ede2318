"""Shocks: whom they strike, how they are remembered, and what they cost."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.simulation.lives.welfare import LONG_AGO_QUARTERS, Welfare, step_welfare
from graduasi_training.simulation.parameters import Parameters
from tests.training.simulation.factory import parameters_with, some_families

NO_SHOCKS = {"welfare.illness_per_year": 0.0, "welfare.crop_loss_per_year": 0.0, "areas.disaster_per_year": 0.0}
SHOCKS = {
    "welfare.illness_per_year": "since_illness",
    "welfare.crop_loss_per_year": "since_household_shock",
    "areas.disaster_per_year": "since_area_shock",
}
FAMILIES = some_families()


def welfare_after_a_quarter(parameters: Parameters, *, farmers: bool = True) -> Welfare:
    """A quarter after the start, for families that had no shock so far and lose no job, all farmers or none."""
    state, n = FAMILIES.state, len(FAMILIES.mentor)
    never = np.full(n, LONG_AGO_QUARTERS)
    welfare = replace(state.welfare, since_illness=never, since_household_shock=never, since_area_shock=never)
    work = replace(state.work, is_farmer=np.full(n, farmers), lost_job=np.zeros(n, dtype=bool))
    return step_welfare(
        np.random.default_rng(6),
        parameters,
        welfare=welfare,
        work=work,
        log_pay=np.zeros(n),
        places=state.places,
        area=state.area,
    )


@pytest.mark.parametrize("certain", SHOCKS)
def test_each_shock_is_remembered_as_what_it_was_and_lowers_welfare(certain: str) -> None:
    calm = welfare_after_a_quarter(parameters_with(NO_SHOCKS))
    struck = welfare_after_a_quarter(parameters_with({**NO_SHOCKS, certain: 1.0}))
    for shock, quarters_since in SHOCKS.items():
        assert (getattr(calm, quarters_since) == LONG_AGO_QUARTERS).all()
        assert (getattr(struck, quarters_since) == 0).any() == (shock == certain)
    assert struck.log.mean() < calm.log.mean() - 0.05


def test_only_farmers_lose_a_crop() -> None:
    crops_fail = parameters_with({**NO_SHOCKS, "welfare.crop_loss_per_year": 1.0})
    assert (welfare_after_a_quarter(crops_fail, farmers=False).since_household_shock == LONG_AGO_QUARTERS).all()
    assert (welfare_after_a_quarter(crops_fail, farmers=True).since_household_shock == 0).any()
