"""The families of a district before the first quarter, and how they step from one quarter to the next."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers
from graduasi_training.simulation.lives.belongings import draw_habits
from graduasi_training.simulation.lives.people import draw_people, grow_older
from graduasi_training.simulation.lives.places import District, Places, draw_places
from graduasi_training.simulation.lives.welfare import draw_welfare, step_welfare
from graduasi_training.simulation.lives.work import draw_work, pay, step_work
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.records.exits import Membership
from graduasi_training.simulation.records.observation import Scene

BURN_IN_QUARTERS = 24
"""Quarters of work and welfare before the first row, so that what a family owns has had time to follow."""


@dataclass(frozen=True)
class Families:
    """What is true of a district's families in one quarter; `mentor` is a place among the district's mentors."""

    scene: Scene
    mentor: Integers
    membership: Membership
    skipped: Booleans
    years_at_start: Floats


def entrants_per_quarter(parameters: Parameters, households: int) -> int:
    """How many new families a district takes in each quarter."""
    return round(households * parameters.number("exits.entrants_per_year") / 4)


def families_in(parameters: Parameters, *, district: District, quarters: int) -> int:
    """How many families a district has in all: its caseloads, and those that enter later."""
    households = int(district.caseloads.sum())
    return households + entrants_per_quarter(parameters, households) * max(quarters - 1, 0)


def draw_families(rng: Generator, parameters: Parameters, *, district: District, quarters: int) -> Families:
    """The families of a district, those that enter later among them, after a burn-in of work and welfare."""
    places = draw_places(rng, parameters, district.caseloads)
    households = int(district.caseloads.sum())
    n = families_in(parameters, district=district, quarters=quarters)
    enters = np.zeros(n, dtype=np.int64)
    enters[households:] = 1 + np.arange(n - households) // max(entrants_per_quarter(parameters, households), 1)
    mentors = np.repeat(np.arange(len(district.caseloads)), district.caseloads)
    mentor = np.concatenate([mentors, rng.choice(mentors, n - households)]).astype(np.int64)
    scene = _draw_scene(rng, parameters, area=places.mentor_area[mentor], entrant=enters > 0, places=places)
    for _ in range(BURN_IN_QUARTERS):
        scene = step_scene(rng, parameters, scene, with_people=False)
    years = np.where(
        enters > 0, 0.0, np.minimum(rng.exponential(parameters.number("family.years_in_pkh_mean"), n), 12.0)
    )
    membership = Membership(
        in_aid=np.zeros(n, dtype=bool),
        graduate=np.zeros(n, dtype=bool),
        enters=enters,
        quarters_in_aid=np.zeros(n, dtype=np.int64),
    )
    return Families(
        scene=scene, mentor=mentor, membership=membership, skipped=np.zeros(n, dtype=bool), years_at_start=years
    )


def _draw_scene(rng: Generator, parameters: Parameters, *, area: Integers, entrant: Booleans, places: Places) -> Scene:
    n = len(area)
    people = draw_people(rng, parameters, entrant)
    return Scene(
        people=people,
        work=draw_work(rng, parameters, people),
        welfare=draw_welfare(rng, parameters, entrant),
        habits=draw_habits(rng, parameters, n),
        places=places,
        area=area,
        reporting_style=parameters.number("observation.income_style") * rng.standard_normal(n),
        years_in_pkh=np.zeros(n),
        prices=1.0,
    )


def step_scene(rng: Generator, parameters: Parameters, scene: Scene, *, with_people: bool) -> Scene:
    """The families a quarter later; in the burn-in nobody ages."""
    people = grow_older(rng, parameters, scene.people) if with_people else scene.people
    work = step_work(rng, parameters, work=scene.work, people=people, welfare=scene.welfare.log)
    earned = pay(parameters, work=work, people=people)
    welfare = step_welfare(
        rng, parameters, welfare=scene.welfare, work=work, pay=earned, places=scene.places, area=scene.area
    )
    return replace(scene, people=people, work=work, welfare=welfare)
