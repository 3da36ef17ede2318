"""Log welfare: what lasts, what passes, and the shocks in between.

    log welfare = level + permanent part (drifting slowly) + pay from work and business + area + passing part
    passing part = memory x last quarter's + chance - losses from illness, crops, disaster and lost jobs

What a family owns follows the slow state, a moving average of log welfare over some three years.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens
from graduasi_training.simulation.lives.places import Places
from graduasi_training.simulation.lives.work import Work
from graduasi_training.simulation.parameters import Parameters

LONG_AGO = 99


@dataclass(frozen=True)
class Welfare:
    """`log` is log(income without aid per person / poverty line); the last three count quarters since a shock."""

    permanent: Floats
    passing: Floats
    slow: Floats
    log: Floats
    since_illness: Integers
    since_household_shock: Integers
    since_area_shock: Integers


def draw_welfare(rng: Generator, parameters: Parameters, entrant: Booleans) -> Welfare:
    """Welfare at the start, before any shock; pay and area are added at the first step."""
    number = parameters.number
    n = len(entrant)
    permanent = number("welfare.permanent_sd") * rng.standard_normal(n) + number("exits.entrant_level") * entrant
    never = np.full(n, LONG_AGO, dtype=np.int64)
    return Welfare(
        permanent=permanent,
        passing=number("welfare.transitory_sd") * rng.standard_normal(n),
        slow=number("welfare.slow_mean") + permanent,
        log=permanent,
        since_illness=never,
        since_household_shock=never,
        since_area_shock=never,
    )


def step_welfare(
    rng: Generator, parameters: Parameters, *, welfare: Welfare, work: Work, pay: Floats, places: Places, area: Integers
) -> Welfare:
    """Welfare a quarter later."""
    number = parameters.number
    n = len(pay)
    ill = happens(rng, parameters.per_quarter("welfare.illness_per_year"), n)
    crops = work.is_farmer & _crops_fail(rng, parameters, places=places, area=area)
    struck = happens(rng, parameters.per_quarter("areas.disaster_per_year"), places.n_areas)[area]
    losses = (
        number("welfare.illness_loss") * ill
        + number("welfare.crop_loss") * crops
        + number("welfare.disaster_loss") * struck
        + number("welfare.job_loss") * work.lost_job
    )
    memory = number("welfare.transitory_memory")
    chance = number("welfare.transitory_sd") * np.sqrt(1 - memory**2) * rng.standard_normal(n)
    passing = memory * welfare.passing + chance - losses
    permanent = (1 - number("welfare.drift_pull")) * welfare.permanent + number(
        "welfare.drift_sd"
    ) * rng.standard_normal(n)
    log = number("welfare.level") + permanent + pay + places.welfare[area] + passing
    slow_memory = number("welfare.slow_memory")
    return replace(
        welfare,
        permanent=permanent,
        passing=passing,
        slow=slow_memory * welfare.slow + (1 - slow_memory) * log,
        log=log,
        since_illness=_count_from(welfare.since_illness, ill),
        since_household_shock=_count_from(welfare.since_household_shock, crops | work.lost_job),
        since_area_shock=_count_from(welfare.since_area_shock, struck),
    )


def _crops_fail(rng: Generator, parameters: Parameters, *, places: Places, area: Integers) -> Booleans:
    """Whether a farmer's crop fails: partly the area's luck, partly the family's own."""
    rate = parameters.per_quarter("welfare.crop_loss_per_year")
    shared = parameters.number("welfare.crop_loss_in_area")
    bad_season = happens(rng, 0.10, places.n_areas)[area]
    chance: Floats = np.where(bad_season, shared * rate / 0.10, 0.0) + (1 - shared) * rate
    return happens(rng, chance, len(area))


def _count_from(since: Integers, now: Booleans) -> Integers:
    return np.where(now, 0, np.minimum(since + 1, LONG_AGO))
