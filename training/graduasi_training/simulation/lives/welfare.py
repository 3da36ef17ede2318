"""Log welfare: the part that lasts, the part that passes, and the shocks.

    log welfare  = level + permanent part (drifts slowly) + pay from work and business + area + passing part
    passing part = memory × last quarter's + chance − losses from illness, crops, disaster and lost jobs

What a family owns follows slow welfare, a moving average of log welfare over some three years.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens
from graduasi_training.simulation.lives.places import Places
from graduasi_training.simulation.lives.work import Work
from graduasi_training.simulation.parameters import Parameters

LONG_AGO_QUARTERS = 99
BAD_SEASON_CHANCE = 0.10
"""Chance per quarter that an area has a bad season, in which the shared part of crop losses falls."""


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


def draw_welfare(rng: Generator, parameters: Parameters, is_entrant: Booleans) -> Welfare:
    """Welfare at the start, before any shock; pay and area are added by the first step."""
    number = parameters.number
    n = len(is_entrant)
    permanent = number("welfare.permanent_sd") * rng.standard_normal(n) + number("exits.entrant_level") * is_entrant
    never = np.full(n, LONG_AGO_QUARTERS, dtype=np.int64)
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
    rng: Generator,
    parameters: Parameters,
    *,
    welfare: Welfare,
    work: Work,
    log_pay: Floats,
    places: Places,
    area: Integers,
) -> Welfare:
    """Welfare a quarter later. `area` is each family's index into the areas of `places`."""
    number = parameters.number
    n = len(log_pay)
    is_ill = happens(rng, parameters.per_quarter("welfare.illness_per_year"), n)
    crop_failed = work.is_farmer & _crops_fail(rng, parameters, places=places, area=area)
    has_disaster = happens(rng, parameters.per_quarter("areas.disaster_per_year"), places.n_areas)[area]
    losses = (
        number("welfare.illness_loss") * is_ill
        + number("welfare.crop_loss") * crop_failed
        + number("welfare.disaster_loss") * has_disaster
        + number("welfare.job_loss") * work.lost_job
    )
    memory = number("welfare.transitory_memory")
    chance = number("welfare.transitory_sd") * np.sqrt(1 - memory**2) * rng.standard_normal(n)
    passing = memory * welfare.passing + chance - losses
    drift = number("welfare.drift_sd") * rng.standard_normal(n)
    permanent = (1 - number("welfare.drift_pull")) * welfare.permanent + drift
    log = number("welfare.level") + permanent + log_pay + places.welfare[area] + passing
    slow_memory = number("welfare.slow_memory")
    return replace(
        welfare,
        permanent=permanent,
        passing=passing,
        slow=slow_memory * welfare.slow + (1 - slow_memory) * log,
        log=log,
        since_illness=_quarters_since(welfare.since_illness, is_ill),
        since_household_shock=_quarters_since(welfare.since_household_shock, crop_failed | work.lost_job),
        since_area_shock=_quarters_since(welfare.since_area_shock, has_disaster),
    )


def _crops_fail(rng: Generator, parameters: Parameters, *, places: Places, area: Integers) -> Booleans:
    """Whether the crop would fail at each family: partly the area's luck, partly the family's own."""
    rate = parameters.per_quarter("welfare.crop_loss_per_year")
    shared = parameters.number("welfare.crop_loss_in_area")
    bad_season = happens(rng, BAD_SEASON_CHANCE, places.n_areas)[area]
    chance: Floats = np.where(bad_season, shared * rate / BAD_SEASON_CHANCE, 0.0) + (1 - shared) * rate
    return happens(rng, chance, len(area))


def _quarters_since(since_before: Integers, happened_now: Booleans) -> Integers:
    return np.where(happened_now, 0, np.minimum(since_before + 1, LONG_AGO_QUARTERS))
