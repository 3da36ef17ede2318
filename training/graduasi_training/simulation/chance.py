"""Array types, and the few random draws the simulator is made of."""

from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def happens(rng: Generator, probability: Floats | float, n: int) -> Booleans:
    """For each of `n` families, whether something of this probability happens."""
    drawn: Booleans = rng.random(n) < probability
    return drawn


def count(marks: NDArray[np.bool_]) -> Integers:
    """How many places of each family are marked."""
    return np.asarray(marks.sum(axis=1), dtype=np.int64)


def normal_cuts(shares: list[float]) -> Floats:
    """Where to cut a standard normal so that the pieces have these shares."""
    total = sum(shares)
    edges = np.cumsum(shares)[:-1] / total
    return np.array([NormalDist().inv_cdf(float(edge)) for edge in edges])


def pick(rng: Generator, shares: list[float], n: int) -> Integers:
    """`n` places in `shares`, each drawn with its share."""
    edges = np.cumsum(shares)
    return np.searchsorted(edges / edges[-1], rng.random(n), side="right").astype(np.int64)


def bounded_whole(values: Floats, low: int, high: int) -> Integers:
    """Rounded to whole numbers and kept within the two limits."""
    return np.clip(np.rint(values), low, high).astype(np.int64)
