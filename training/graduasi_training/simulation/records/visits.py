"""Which families are visited in a quarter, when the visit becomes known, and which fields it leaves blank."""

from collections.abc import Iterable

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens
from graduasi_training.simulation.parameters import Parameters


def draw_skipped(rng: Generator, parameters: Parameters, *, skipped_before: Booleans, remote: Booleans) -> Booleans:
    """Families that nobody visits this quarter; a family that was skipped before is likely to be skipped again."""
    number = parameters.number
    after_visit = number("visits.skip_after_visit") * np.where(remote, number("visits.remote_skips"), 1.0)
    return happens(rng, np.where(skipped_before, number("visits.skip_after_skip"), after_visit), len(remote))


def draw_found(rng: Generator, *, is_ready: Booleans, share: float) -> Booleans:
    """Which visits find somebody at home: a `share` of those to ready families, all of those to others."""
    return ~is_ready | happens(rng, share, len(is_ready))


def draw_delay_days(rng: Generator, parameters: Parameters, n: int) -> Integers:
    """Days from the quarter's end until each of `n` rows is known."""
    number = parameters.number
    usual_days = rng.integers(int(number("visits.delay_low_days")), int(number("visits.delay_high_days")) + 1, n)
    further_days = rng.integers(1, int(number("visits.late_days")) + 1, n)
    is_late = happens(rng, number("visits.late_share"), n)
    return np.where(is_late, usual_days + further_days, usual_days).astype(np.int64)


def draw_blanks(
    rng: Generator, parameters: Parameters, *, fields: Iterable[str], carelessness: Floats
) -> dict[str, Booleans]:
    """For each field that may be blank, in which rows it is. `carelessness` multiplies the rate, row by row."""
    rates = {**parameters.table("missing.share"), **parameters.table("missing.never")}
    default_rate = parameters.number("missing.default")
    blanks = {}
    for field in fields:
        rate = rates.get(field, default_rate)
        if rate > 0:
            blanks[field] = happens(rng, rate * carelessness, len(carelessness))
    return blanks
