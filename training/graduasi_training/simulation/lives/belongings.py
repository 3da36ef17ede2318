"""What a family owns, how it lives and what it does, as traits (cut into classes) and measures (numbers).

Behind each is a score of about unit variance: a weight of slow welfare, a weight of welfare now, fresh chance, and for
the rest a lasting habit of the family's own. So what is seen says something about welfare, and only something.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Floats, Integers, normal_cuts
from graduasi_training.simulation.lives.welfare import Welfare
from graduasi_training.simulation.parameters import Parameters, Table

WEIGHTS = ("slow", "now", "fresh")


@dataclass(frozen=True)
class Trait:
    """A score's weights, and the cuts between its classes."""

    classes: tuple[str, ...]
    cuts: Floats
    weights: Table


@dataclass(frozen=True)
class Habits:
    """The lasting part of each score: one array a trait or measure, one element a family."""

    lasting: Mapping[str, Floats]


def read_traits(parameters: Parameters) -> dict[str, Trait]:
    """The traits with their cuts worked out."""
    traits = {}
    for name, table in parameters.section("traits").items():
        shares = {code: share for code, share in table.items() if code not in WEIGHTS}
        weights = {weight: table.get(weight, 0.0) for weight in WEIGHTS}
        traits[name] = Trait(classes=tuple(shares), cuts=normal_cuts(list(shares.values())), weights=weights)
    return traits


def draw_habits(rng: Generator, parameters: Parameters, n: int) -> Habits:
    """Each family's own lasting part."""
    names = [*parameters.section("traits"), *parameters.section("measures")]
    return Habits(lasting={name: rng.standard_normal(n) for name in names})


def trait_classes(
    rng: Generator, parameters: Parameters, *, trait: Trait, lasting: Floats, welfare: Welfare
) -> Integers:
    """The place of each family's class among the trait's classes."""
    score = _score(rng, parameters, weights=trait.weights, lasting=lasting, welfare=welfare)
    return np.searchsorted(trait.cuts, score).astype(np.int64)


def measured(rng: Generator, parameters: Parameters, *, name: str, habits: Habits, welfare: Welfare) -> Floats:
    """A measure for each family, within its limits; names ending in _log are in logs."""
    table = parameters.table(f"measures.{name}")
    weights = {weight: table.get(weight, 0.0) for weight in WEIGHTS}
    score = _score(rng, parameters, weights=weights, lasting=habits.lasting[name], welfare=welfare)
    limited: Floats = np.clip(table["mean"] + table["sd"] * score, table["low"], table["high"])
    return limited


def _score(rng: Generator, parameters: Parameters, *, weights: Table, lasting: Floats, welfare: Welfare) -> Floats:
    number = parameters.number
    rest = 1.0 - sum(weight**2 for weight in weights.values())
    score: Floats = np.sqrt(max(rest, 0.0)) * lasting
    if weights["slow"]:
        score = score + weights["slow"] * (welfare.slow - number("welfare.slow_mean")) / number("welfare.slow_sd")
    if weights["now"]:
        score = score + weights["now"] * (welfare.log - number("welfare.slow_mean")) / number("welfare.now_sd")
    if weights["fresh"]:
        score = score + weights["fresh"] * rng.standard_normal(len(lasting))
    return score
