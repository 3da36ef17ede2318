"""Array types, and the few random draws that the simulator is made of."""

from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def happens(rng: Generator, probability: Floats | float, n: int) -> Booleans:
    """Draw for each of `n` families whether an event happens that has this probability."""
    drawn: Booleans = rng.random(n) < probability
    return drawn


def draw_indexes(rng: Generator, shares: list[float], n: int) -> Integers:
    """Draw `n` indexes into `shares`, each with a probability in proportion to its share."""
    cumulative = np.cumsum(shares)
    return np.searchsorted(cumulative / cumulative[-1], rng.random(n), side="right").astype(np.int64)


def normal_cuts(shares: list[float]) -> Floats:
    """The values that cut a standard normal distribution into pieces with these shares; one fewer than shares."""
    cumulative = np.cumsum(shares)[:-1] / sum(shares)
    return np.array([NormalDist().inv_cdf(float(share)) for share in cumulative])


def count_true(values: NDArray[np.bool_]) -> Integers:
    """How many values are true in each row."""
    return np.asarray(values.sum(axis=1), dtype=np.int64)


def round_within(values: Floats, low: int, high: int) -> Integers:
    """Values rounded to whole numbers; what lies outside `low` to `high` becomes that limit."""
    return np.clip(np.rint(values), low, high).astype(np.int64)
