"""What a family owns, how it lives and what it does, as traits (classes) and measures (numbers).

Behind each is a latent value of about unit variance: a weighted sum of slow welfare, welfare now, fresh chance, and for
the rest a lasting habit of the family's own. So what can be observed says something about welfare, but not everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Floats, Integers, normal_cuts
from graduasi_training.simulation.lives.welfare import Welfare
from graduasi_training.simulation.parameters import Parameters, Table

WEIGHT_NAMES = ("slow", "now", "fresh")


@dataclass(frozen=True)
class Trait:
    """The classes from worst to best, the cuts of the latent value between them, and the weights of that value."""

    classes: tuple[str, ...]
    cuts: Floats
    weights: Table


@dataclass(frozen=True)
class Habits:
    """The lasting part of each latent value: for each trait or measure an array with one element per family."""

    lasting: Mapping[str, Floats]


def read_traits(parameters: Parameters) -> dict[str, Trait]:
    """The traits by name, with the cuts that give their classes the declared shares."""
    traits = {}
    for name, table in parameters.section("traits").items():
        shares = {code: share for code, share in table.items() if code not in WEIGHT_NAMES}
        traits[name] = Trait(classes=tuple(shares), cuts=normal_cuts(list(shares.values())), weights=_weights(table))
    return traits


def draw_habits(rng: Generator, parameters: Parameters, n: int) -> Habits:
    """Habits of `n` families, standard normal."""
    names = [*parameters.section("traits"), *parameters.section("measures")]
    return Habits(lasting={name: rng.standard_normal(n) for name in names})


def draw_trait(rng: Generator, parameters: Parameters, *, trait: Trait, lasting: Floats, welfare: Welfare) -> Integers:
    """Each family's class, as an index into the trait's classes."""
    latent = _draw_latent(rng, parameters, weights=trait.weights, lasting=lasting, welfare=welfare)
    return np.searchsorted(trait.cuts, latent).astype(np.int64)


def draw_measure(rng: Generator, parameters: Parameters, *, name: str, habits: Habits, welfare: Welfare) -> Floats:
    """A measure for each family, within its limits; natural logarithms where the name ends in _log."""
    table = parameters.table(f"measures.{name}")
    latent = _draw_latent(rng, parameters, weights=_weights(table), lasting=habits.lasting[name], welfare=welfare)
    clipped: Floats = np.clip(table["mean"] + table["sd"] * latent, table["low"], table["high"])
    return clipped


def _weights(table: Table) -> Table:
    return {name: table.get(name, 0.0) for name in WEIGHT_NAMES}


def _draw_latent(
    rng: Generator, parameters: Parameters, *, weights: Table, lasting: Floats, welfare: Welfare
) -> Floats:
    number = parameters.number
    lasting_share = 1.0 - sum(weight**2 for weight in weights.values())
    latent: Floats = np.sqrt(max(lasting_share, 0.0)) * lasting
    if weights["slow"]:
        latent = latent + weights["slow"] * (welfare.slow - number("welfare.slow_mean")) / number("welfare.slow_sd")
    if weights["now"]:
        latent = latent + weights["now"] * (welfare.log - number("welfare.slow_mean")) / number("welfare.now_sd")
    if weights["fresh"]:
        latent = latent + weights["fresh"] * rng.standard_normal(len(lasting))
    return latent
