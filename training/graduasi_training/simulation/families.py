"""The families of a district before the first quarter, and how they step from one quarter to the next."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers
from graduasi_training.simulation.lives.belongings import draw_habits
from graduasi_training.simulation.lives.people import draw_people, grow_older
from graduasi_training.simulation.lives.places import District, Places, draw_places
from graduasi_training.simulation.lives.welfare import draw_welfare, step_welfare
from graduasi_training.simulation.lives.work import draw_work, log_pay, step_work
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.records.exits import Membership
from graduasi_training.simulation.records.observation import TrueState

BURN_IN_QUARTERS = 24
"""Quarters of work and welfare before the first row, so that what a family owns has had time to follow them."""
MAX_YEARS_IN_PKH_AT_START = 12.0


@dataclass(frozen=True)
class Families:
    """A district's families in one quarter, those that have yet to enter among them.

    `mentor` is each family's index into the district's mentors. `skipped` says which families nobody visited last
    quarter, `years_at_start` how long a family was in PKH before it entered the simulation.
    """

    state: TrueState
    mentor: Integers
    membership: Membership
    skipped: Booleans
    years_at_start: Floats


def entrants_per_quarter(parameters: Parameters, households: int) -> int:
    """How many families enter per quarter where `households` receive aid at the start."""
    return round(households * parameters.number("exits.entrants_per_year") / 4)


def count_families(parameters: Parameters, *, district: District, quarters: int) -> int:
    """How many families a district has in all: its caseloads, and those that enter after the first quarter."""
    households = int(district.caseloads.sum())
    return households + entrants_per_quarter(parameters, households) * max(quarters - 1, 0)


def draw_families(rng: Generator, parameters: Parameters, *, district: District, quarters: int) -> Families:
    """The families of a district after the burn-in, before the first quarter: none is in aid yet."""
    places = draw_places(rng, parameters, district.caseloads)
    households = int(district.caseloads.sum())
    n = count_families(parameters, district=district, quarters=quarters)
    entry_quarter = np.zeros(n, dtype=np.int64)
    entry_quarter[households:] = 1 + np.arange(n - households) // max(entrants_per_quarter(parameters, households), 1)
    is_entrant = entry_quarter > 0
    mentor_at_start = np.repeat(np.arange(len(district.caseloads)), district.caseloads)
    mentor = np.concatenate([mentor_at_start, rng.choice(mentor_at_start, n - households)]).astype(np.int64)
    state = _draw_state(rng, parameters, area=places.mentor_area[mentor], is_entrant=is_entrant, places=places)
    for _ in range(BURN_IN_QUARTERS):
        state = step_state(rng, parameters, state, with_people=False)
    years = np.minimum(rng.exponential(parameters.number("family.years_in_pkh_mean"), n), MAX_YEARS_IN_PKH_AT_START)
    membership = Membership(
        in_aid=np.zeros(n, dtype=bool),
        graduated=np.zeros(n, dtype=bool),
        entry_quarter=entry_quarter,
        quarters_in_aid=np.zeros(n, dtype=np.int64),
    )
    return Families(
        state=state,
        mentor=mentor,
        membership=membership,
        skipped=np.zeros(n, dtype=bool),
        years_at_start=np.where(is_entrant, 0.0, years),
    )


def _draw_state(
    rng: Generator, parameters: Parameters, *, area: Integers, is_entrant: Booleans, places: Places
) -> TrueState:
    n = len(area)
    people = draw_people(rng, parameters, is_entrant)
    return TrueState(
        people=people,
        work=draw_work(rng, parameters, people),
        welfare=draw_welfare(rng, parameters, is_entrant),
        habits=draw_habits(rng, parameters, n),
        places=places,
        area=area,
        reporting_style=parameters.number("observation.income_style") * rng.standard_normal(n),
        years_in_pkh=np.zeros(n),
        prices=1.0,
    )


def step_state(rng: Generator, parameters: Parameters, state: TrueState, *, with_people: bool) -> TrueState:
    """The families a quarter later. Without `with_people`, as in the burn-in, nobody is born, ages or dies."""
    people = grow_older(rng, parameters, state.people) if with_people else state.people
    work = step_work(rng, parameters, work=state.work, people=people, log_welfare=state.welfare.log)
    welfare = step_welfare(
        rng,
        parameters,
        welfare=state.welfare,
        work=work,
        log_pay=log_pay(parameters, work=work, people=people),
        places=state.places,
        area=state.area,
    )
    return replace(state, people=people, work=work, welfare=welfare)
