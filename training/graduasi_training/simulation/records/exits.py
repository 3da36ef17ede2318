"""How families leave the programme and come back.

Natural exit, removal, moving away and death compete with graduation, which a mentor proposes from what is written down.
A graduate returns when welfare falls. How likely that is depends on welfare alone, so it is defined for every family.
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

CEMENT_FLOOR = 3
"""Index of a cement floor among the dictionary's categories; to a mentor this floor or a better one is an asset."""
AVERAGE_ASSETS = 2
UNDECIDED = 1
"""Index of `undecided` among the dictionary's categories of willingness: in the middle."""


@dataclass(frozen=True)
class Membership:
    """Who receives PKH now, who graduated and may return, in which quarter a family enters (0: the first one)."""

    in_aid: Booleans
    graduated: Booleans
    entry_quarter: Integers
    quarters_in_aid: Integers


def admit_entrants(membership: Membership, *, quarter: int, has_component: Booleans) -> Membership:
    """Let the families enter whose entry quarter it is, if they have a component."""
    enters = (membership.entry_quarter == quarter) & has_component
    return replace(membership, in_aid=membership.in_aid | enters)


def draw_events(
    rng: Generator,
    parameters: Parameters,
    *,
    membership: Membership,
    has_component: Booleans,
    hazard: Floats,
    relapses: Booleans,
) -> Integers:
    """Each family's event before the next quarter, as an index into EVENTS, or NO_EVENT.

    `hazard` is the chance to be graduated if nothing else happens; `relapses` says which graduates would return.
    """
    number = parameters.number
    n = len(hazard)
    exits_naturally = ~has_component & happens(rng, number("exits.natural_each_quarter"), n)
    moves_or_dies = happens(rng, parameters.per_quarter("exits.moved_or_died_per_year"), n)
    is_removed = happens(rng, parameters.per_quarter("exits.removed_per_year"), n)
    graduates = happens(rng, hazard, n)
    in_aid = membership.in_aid
    returns = membership.graduated & has_component & relapses
    return np.select(
        [in_aid & moves_or_dies, in_aid & exits_naturally, in_aid & is_removed, in_aid & graduates, returns],
        [MOVED_OR_DIED, EXITED_NATURALLY, REMOVED, GRADUATED, RE_ENTERED],
        NO_EVENT,
    ).astype(np.int64)


def apply_events(membership: Membership, events: Integers) -> Membership:
    """Membership after the events of a quarter (indexes into EVENTS, or NO_EVENT)."""
    leaves = (events >= GRADUATED) & (events <= MOVED_OR_DIED)
    returns = events == RE_ENTERED
    return replace(
        membership,
        in_aid=(membership.in_aid & ~leaves) | returns,
        graduated=(membership.graduated & ~returns) | (events == GRADUATED),
        quarters_in_aid=membership.quarters_in_aid + membership.in_aid,
    )


def graduation_hazard(parameters: Parameters, *, observed: Columns, strictness: Floats, visited: Booleans) -> Floats:
    """The chance that a mentor graduates each family this quarter, from what is observed.

    It is 0 for families that are not visited, have no adult able to work, or have a severely disabled member.
    """
    number = parameters.number
    log_income = np.log(np.maximum(observed["income_excl_aid_pc_idr"], 10_000) / observed["poverty_line_idr"])
    assets = (
        observed["has_motorcycle"].astype(np.float64)
        + observed["has_fridge"].astype(np.float64)
        + observed["has_business"].astype(np.float64)
        + (observed["floor_material"].astype(np.int64) >= CEMENT_FLOOR)
    )
    log_odds = (
        number("exits.graduate_level")
        + number("exits.graduate_with_income") * np.clip(log_income, -1.5, 1.5)
        + number("exits.graduate_with_assets") * (assets - AVERAGE_ASSETS)
        + number("exits.graduate_with_willingness") * (observed["willingness"].astype(np.float64) - UNDECIDED)
        - strictness
    )
    has_able_adult = observed["n_adults_able_to_work"].astype(np.int64) > 0
    can_graduate = visited & has_able_adult & ~observed["has_severe_disability"].astype(bool)
    return np.where(can_graduate, logistic(log_odds.astype(np.float64)), 0.0)


def relapse_hazard(parameters: Parameters, log_welfare: Floats) -> Floats:
    """The chance that a graduate with this welfare returns within a quarter."""
    number = parameters.number
    return logistic(number("exits.relapse_level") - number("exits.relapse_with_welfare") * log_welfare)
