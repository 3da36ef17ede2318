"""How well one feature alone ranks families by the outcome, and how well whether it is known does.

Nothing is fitted but the rate of each value, and that on other households than those it ranks, so a household with many
rows cannot make a feature look better than it is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi_training.judging.metrics import auc

BINS = 20
"""By how many values a number is ranked where the outcome does not simply rise or fall with it."""
GAIN_OF_BINS = 0.05
"""So much AUC the rates of bins must gain over the plain value to be taken; by chance they gain less."""
Z_95 = 1.96
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True)
class Alone:
    """What one feature tells by itself; each AUC is at least 0.5, whichever way it ranks, and 0.5 where it cannot rank.

    `auc` is among the `rows` in which the feature is known, `auc_unknown` that of its being known at all, among all. The
    `…_low` are the lower ends of their 95 % intervals.
    """

    feature: str
    rows: int
    auc: float
    auc_low: float
    auc_unknown: float
    auc_unknown_low: float


def each_alone(
    values: Matrix, y: Array, household: npt.NDArray[np.int32], features: tuple[Feature, ...]
) -> list[Alone]:
    """Each of the `features` (the columns of `values`) alone, strongest first.

    `y` is 1.0 or 0.0 and `household` a number, one entry a row.
    """
    half = (np.unique(household, return_inverse=True)[1] % 2).astype(bool)
    found = []
    for column, feature in enumerate(features):
        known = ~np.isnan(values[:, column])
        score = _best_ranking(values[known, column], y[known], half[known], is_nominal=feature.is_nominal)
        by_value = _with_low(score, y[known], household[known])
        found.append(Alone(feature.name, int(known.sum()), *by_value, *_with_low(known.astype(float), y, household)))
    return sorted(found, key=lambda alone: -max(alone.auc, alone.auc_unknown))


def _best_ranking(value: Array, y: Array, half: npt.NDArray[np.bool_], *, is_nominal: bool) -> Array:
    """The values themselves, or the rates of their bins where these rank clearly better; of categories without order the rates."""
    if not len(value):
        return value
    rates = _rates_among_others(value if is_nominal else _binned(value), y, half)
    by_rate, by_value = auc(rates, y), auc(value, y)
    return rates if is_nominal or by_rate > max(by_value, 1 - by_value) + GAIN_OF_BINS else value


def _binned(value: Array) -> Array:
    """The number of each value's bin, of BINS bins with equally many rows; ties stay together."""
    edges = np.unique(np.quantile(value, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, value, side="right").astype(float)


def _rates_among_others(value: Array, y: Array, half: npt.NDArray[np.bool_]) -> Array:
    """For each row the share of ready families with its value in the other half of the households, shrunk to their mean."""
    group = np.unique(value, return_inverse=True)[1]
    rates = np.empty(len(value))
    for side in (False, True):
        others, rows = half != side, half == side
        mean = y[others].mean() if others.any() else 0.5
        count = np.bincount(group[others], minlength=group.max() + 1)
        ready = np.bincount(group[others], weights=y[others], minlength=group.max() + 1)
        rates[rows] = ((ready + mean) / (count + 1))[group[rows]]
    return rates


def _with_low(score: Array, y: Array, household: npt.NDArray[np.int32]) -> tuple[float, float]:
    """The AUC of the score, whichever way it ranks, and the lower end of its interval; both 0.5 where one class is absent.

    Rows of one household count together (Obuchowski, Biometrics 53, 1997), so many alike rows give no certainty.
    """
    ready = y == 1
    n_ready, n_other = int(ready.sum()), int((~ready).sum())
    if not n_ready or not n_other:
        return 0.5, 0.5
    area = auc(score, y)
    sign = 1.0 if area >= 0.5 else -1.0
    area = max(area, 1 - area)
    influence = np.empty(len(y))
    influence[ready] = (_share_below(score[~ready], score[ready], sign) - area) / n_ready
    influence[~ready] = (1 - _share_below(score[ready], score[~ready], sign) - area) / n_other
    by_household = np.bincount(np.unique(household, return_inverse=True)[1], weights=influence)
    return area, max(0.5, area - Z_95 * float(np.sqrt((by_household**2).sum())))


def _share_below(reference: Array, score: Array, sign: float) -> Array:
    """For each score the share of the `reference` that lies below it in the direction `sign`, ties counting half."""
    ordered = np.sort(sign * reference)
    below = np.searchsorted(ordered, sign * score, side="left")
    return (below + np.searchsorted(ordered, sign * score, side="right")) / (2 * len(ordered))
