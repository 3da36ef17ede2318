"""Which families are visited in a quarter, when the visit becomes known, and which fields it leaves blank."""

from collections.abc import Iterable

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens
from graduasi_training.simulation.parameters import Parameters


def draw_skipped(rng: Generator, parameters: Parameters, *, skipped_before: Booleans, remote: Booleans) -> Booleans:
    """Families that nobody visits this quarter; who was missed before is likely to be missed again."""
    number = parameters.number
    first = number("visits.skip_after_visit") * np.where(remote, number("visits.remote_skips"), 1.0)
    return happens(rng, np.where(skipped_before, number("visits.skip_after_skip"), first), len(remote))


def draw_delay_days(rng: Generator, parameters: Parameters, n: int) -> Integers:
    """Days from the quarter's end until the row is known."""
    number = parameters.number
    usual = rng.integers(int(number("visits.delay_low_days")), int(number("visits.delay_high_days")) + 1, n)
    further = rng.integers(1, int(number("visits.late_days")) + 1, n)
    return np.where(happens(rng, number("visits.late_share"), n), usual + further, usual).astype(np.int64)


def draw_blanks(
    rng: Generator, parameters: Parameters, *, fields: Iterable[str], carelessness: Floats
) -> dict[str, Booleans]:
    """For each field, where it is left blank; `carelessness` multiplies the rate, family by family."""
    rates = {**parameters.table("missing.share"), **parameters.table("missing.never")}
    default = parameters.number("missing.default")
    blanks = {}
    for field in fields:
        rate = rates.get(field, default)
        if rate > 0:
            blanks[field] = happens(rng, rate * carelessness, len(carelessness))
    return blanks
