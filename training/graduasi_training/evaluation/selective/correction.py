"""The share of good outcomes on a list where only some are seen: corrected, with what speaks for and against the correction.

Each listed family has a forecast of its outcome; families whose outcome is seen correct it, each for all families like it
(augmented inverse weighting; Robins, Rotnitzky and Zhao, 1994). The estimate is right if either the chances of being seen or
the forecasts are. Its interval counts the families, and that both were learned from them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.evaluation.selective.propensity import CrossFit
from graduasi_training.judging.jackknife import t_deviate, wilson
from graduasi_training.notes import Note, note

SMALL_CHANCE = 0.05
"""A family that is seen less often than once in twenty has hardly a like among the seen; the usual limit."""
MOST_SMALL_CHANCES = 0.1
"""More of the list than this is not stood for by anybody seen: our proposal, on the safe side in docs/selective-labels.md."""
WIDEST_DEVIATE = 12.71
"""Student's t of two clusters: with one, nothing says how clusters differ."""
LARGEST_DIFFERENCE = 0.1
"""In standard deviations, between the whole list and its weighted seen part; the usual limit (Austin, 2009)."""


@dataclass(frozen=True)
class Seen:
    """The families that could be listed, one entry a family: the share of a place on the list, whether the outcome is seen, and the outcome.

    `cluster` numbers what is independent of each other: mentors, or households.
    """

    share: Array
    observed: Mask
    y: Array
    cluster: npt.NDArray[np.intp]


def corrected(families: Seen, seen: CrossFit, good: CrossFit) -> dict[str, Any]:
    """The figures `weighted` (with its interval, if it can be trusted), `effective_n`, `positivity` and `balance`; `note` says why there is no interval."""
    weight = families.share * families.observed / seen.chance
    effective_n = float(weight.sum() ** 2 / (weight**2).sum())
    value, error, clusters = _augmented(families, seen, good)
    deviate = t_deviate(clusters) if clusters > 1 else np.inf
    half = deviate * error if clusters > 1 else np.inf
    low, high = value - half, value + half
    if half == 0 or not 0 < value < 1:
        low, high = wilson(float(np.clip(value, 0, 1)), effective_n, min(deviate, WIDEST_DEVIATE))
    positivity, balance = _positivity(families, seen), _balance(families, seen, weight)
    doubts = _doubts(positivity, balance, effective_n, seen.design.shape[1] - 1)
    figures: dict[str, Any] = {
        "weighted": float(np.clip(value, 0, 1)),
        "weighted_low": None if doubts else max(0.0, low),
        "weighted_high": None if doubts else min(1.0, high),
        "effective_n": effective_n,
        "positivity": positivity,
        "balance": balance,
    }
    return figures | ({"note": doubts} if doubts else {})


def _augmented(families: Seen, seen: CrossFit, good: CrossFit) -> tuple[float, float, int]:
    """The estimate, its standard error by influence values summed over clusters, and the number of clusters."""
    share, total = families.share, families.share.sum()
    observed_weight = families.observed / seen.chance
    surprise = families.observed * (np.nan_to_num(families.y) - good.chance)
    value = float((share * (good.chance + surprise / seen.chance)).sum() / total)
    influence = share * (good.chance + surprise / seen.chance - value)
    by_seen = -share * surprise * (1 - seen.chance) / seen.chance
    by_good = share * (1 - observed_weight) * good.chance * (1 - good.chance)
    influence = influence + seen.influence(by_seen @ seen.design) + good.influence(by_good @ good.design)
    sums = np.bincount(np.unique(families.cluster, return_inverse=True)[1], weights=influence / total)
    correction = len(sums) / max(len(sums) - 1, 1)
    return value, float(np.sqrt((sums**2).sum() * correction)), len(sums)


def _positivity(families: Seen, seen: CrossFit) -> dict[str, float]:
    """The smallest and the largest chance of being seen on the list, and the share of the list whose chance is below SMALL_CHANCE."""
    listed = families.share > 0
    small = families.share @ (seen.chance < SMALL_CHANCE) / families.share.sum()
    chance = seen.chance[listed]
    return {"smallest": float(chance.min()), "largest": float(chance.max()), "small_share": float(small)}


def _balance(families: Seen, seen: CrossFit, weight: Array) -> dict[str, float]:
    """How far the seen part of the list lies from the whole list, in standard deviations of the list, in the column where it is furthest."""
    columns = seen.design[:, 1:]
    share = families.share / families.share.sum()
    centre = share @ columns
    spread = np.sqrt(np.maximum(share @ (columns - centre) ** 2, 0))
    varies = spread > 1e-9
    differences = {}
    for name, weights in (("before", families.share * families.observed), ("after", weight)):
        away = np.abs(weights @ columns / weights.sum() - centre)[varies] / spread[varies]
        differences[name] = float(away.max(initial=0.0))
    return differences


def _doubts(positivity: dict[str, float], balance: dict[str, float], effective_n: float, columns: int) -> Note | None:
    """Why the interval cannot be trusted; None where nothing speaks against it."""
    if positivity["small_share"] > MOST_SMALL_CHANCES:
        return note("selective_no_likes", share=f"{positivity['small_share']:.0%}", chance=f"{SMALL_CHANCE:.0%}")
    # The largest of so many differences that are chance alone.
    by_chance = float(np.sqrt(2 * np.log(2 * max(columns, 1)) / effective_n))
    if balance["after"] > LARGEST_DIFFERENCE + by_chance:
        return note("selective_unbalanced", difference=f"{balance['after']:.2f}")
    return None
