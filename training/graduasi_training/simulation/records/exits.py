"""How families leave the programme and come back.

Natural exit, removal, moving away and death compete with graduation, which a mentor proposes from what is written
down. A graduate returns when welfare falls; how likely depends on welfare alone, so it can be asked of every family.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator

from graduasi.readiness.model import logistic
from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.records.observation import Columns

EVENTS: Final = ("graduated", "exited_naturally", "removed", "moved_or_died", "re_entered")
GRADUATED, EXITED_NATURALLY, REMOVED, MOVED_OR_DIED, RE_ENTERED = range(len(EVENTS))
NO_EVENT: Final = -1

CEMENT = 3
"""The place of a cement floor in the dictionary; a mentor sees at least that as a decent floor."""


@dataclass(frozen=True)
class Membership:
    """Who receives PKH now, who graduated and may return, and who is still to enter (`enters` is a quarter)."""

    in_aid: Booleans
    graduate: Booleans
    enters: Integers
    quarters_in_aid: Integers


def let_in(membership: Membership, *, quarter: int, has_component: Booleans) -> Membership:
    """Families whose time has come enter, if they have a component."""
    comes = (membership.enters == quarter) & has_component
    return replace(membership, in_aid=membership.in_aid | comes)


def draw_events(
    rng: Generator,
    parameters: Parameters,
    *,
    membership: Membership,
    has_component: Booleans,
    hazard: Floats,
    relapses: Booleans,
) -> Integers:
    """Each family's event before the next quarter, as a place in EVENTS; `hazard` is the chance to be graduated."""
    number = parameters.number
    n = len(hazard)
    natural = ~has_component & happens(rng, number("exits.natural_each_quarter"), n)
    moves = happens(rng, parameters.per_quarter("exits.moved_or_died_per_year"), n)
    removed = happens(rng, parameters.per_quarter("exits.removed_per_year"), n)
    graduates = happens(rng, hazard, n)
    in_aid, out = membership.in_aid, membership.graduate & has_component & relapses
    return np.select(
        [in_aid & moves, in_aid & natural, in_aid & removed, in_aid & graduates, out],
        [MOVED_OR_DIED, EXITED_NATURALLY, REMOVED, GRADUATED, RE_ENTERED],
        NO_EVENT,
    ).astype(np.int64)


def after_events(membership: Membership, events: Integers) -> Membership:
    """Membership once the events have happened."""
    leaves = (events >= GRADUATED) & (events <= MOVED_OR_DIED)
    returns = events == RE_ENTERED
    return replace(
        membership,
        in_aid=(membership.in_aid & ~leaves) | returns,
        graduate=(membership.graduate & ~returns) | (events == GRADUATED),
        quarters_in_aid=membership.quarters_in_aid + membership.in_aid,
    )


def graduation_hazard(parameters: Parameters, *, seen: Columns, strictness: Floats, visited: Booleans) -> Floats:
    """The chance that a mentor graduates a family this quarter, from what is written down."""
    number = parameters.number
    income = np.log(np.maximum(seen["income_excl_aid_pc_idr"], 10_000) / seen["poverty_line_idr"])
    assets = (
        seen["has_motorcycle"].astype(np.float64)
        + seen["has_fridge"].astype(np.float64)
        + seen["has_business"].astype(np.float64)
        + (seen["floor_material"].astype(np.int64) >= CEMENT)
    )
    log_odds = (
        number("exits.graduate_level")
        + number("exits.graduate_with_income") * np.clip(income, -1.5, 1.5)
        + number("exits.graduate_with_assets") * (assets - 2)
        + number("exits.graduate_with_willingness") * (seen["willingness"].astype(np.float64) - 1)
        - strictness
    )
    may = visited & (seen["n_adults_able_to_work"].astype(np.int64) > 0) & ~seen["has_severe_disability"].astype(bool)
    return np.where(may, logistic(log_odds.astype(np.float64)), 0.0)


def relapse_hazard(parameters: Parameters, log_welfare: Floats) -> Floats:
    """The chance that a graduate with this welfare returns within a quarter."""
    number = parameters.number
    return logistic(number("exits.relapse_level") - number("exits.relapse_with_welfare") * log_welfare)
