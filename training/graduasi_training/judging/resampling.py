"""Intervals by bootstrap over clusters: whole mentors where there are mentors, whole households otherwise.

All candidates are judged on the same resamples, and so are all folds, so that differences between them are paired.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array

RESAMPLES = 500
"""With fewer, the ends of an interval depend on the seed in the third decimal, and verdicts with them."""
MIN_RESAMPLES = 200
MAX_DRAWN = 10_000_000
"""Resamples × clusters that are held; with very many households the intervals need fewer resamples."""
LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
NORMAL = 1.959964
"""The normal deviate that belongs to LEVEL."""
BLOCK_CELLS = 2_000_000
"""Resamples × rows that are worked on at once."""


@dataclass(frozen=True)
class Resamples:
    """`weights`: resamples × clusters, how often each cluster was drawn; `cluster` is each row's cluster."""

    weights: npt.NDArray[np.float64]
    cluster: npt.NDArray[np.intp]

    def of_rows(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Resamples":
        """The same draws for some of the rows."""
        return Resamples(self.weights, self.cluster[rows])


@dataclass(frozen=True)
class Rate:
    """A ratio of sums with its interval and its replicates; all null or NaN where there is nothing to divide by."""

    value: float | None
    low: float | None
    high: float | None
    replicates: Array

    def figures(self, name: str) -> dict[str, Any]:
        """As three figures: name, name_low, name_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def resample(cluster: npt.NDArray[np.intp], *, rng: np.random.Generator, count: int | None = None) -> Resamples:
    """Draw clusters with replacement, `count` times."""
    names, places = np.unique(cluster, return_inverse=True)
    count = count or int(np.clip(MAX_DRAWN // len(names), MIN_RESAMPLES, RESAMPLES))
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count).astype(float)
    return Resamples(weights, places)


def resample_folds(
    clusters: list[npt.NDArray[np.intp]], *, rng: np.random.Generator, count: int | None = None
) -> list[Resamples]:
    """One drawing of clusters for several test days: a mentor or household drawn twice counts twice on every day."""
    drawn = resample(np.concatenate(clusters), rng=rng, count=count)
    ends = np.cumsum([len(cluster) for cluster in clusters])[:-1]
    return [Resamples(drawn.weights, part) for part in np.split(drawn.cluster, ends)]


def auc_replicates(score: Array, y: Array, resamples: Resamples) -> Array:
    """The AUC in every resample; NaN where a class is absent."""
    order = np.argsort(score, kind="stable")
    score, y, cluster = score[order], y[order], resamples.cluster[order]
    starts = np.flatnonzero(np.diff(score, prepend=np.nan) != 0)
    found = []
    for block in np.array_split(resamples.weights, max(1, resamples.weights.shape[0] * len(y) // BLOCK_CELLS)):
        weight = block[:, cluster]
        ready, other = (np.add.reduceat(weight * part, starts, axis=1) for part in (y, 1 - y))
        total = ready.sum(axis=1) * other.sum(axis=1)
        won = (ready * (np.cumsum(other, axis=1) - 0.5 * other)).sum(axis=1)
        found.append(np.divide(won, total, out=np.full(len(total), np.nan), where=total > 0))
    return np.concatenate(found)


def ratio_replicates(numerator: Array, denominator: Array, resamples: Resamples) -> Array:
    """A ratio of sums (precision, recall) in every resample."""
    size = resamples.weights.shape[1]
    above, below = (np.bincount(resamples.cluster, weights=part, minlength=size) for part in (numerator, denominator))
    total = resamples.weights @ below
    return np.divide(resamples.weights @ above, total, out=np.full(len(total), np.nan), where=total > 0)


def rate(numerator: Array, denominator: Array, resamples: Resamples | None) -> Rate:
    """A rate with its interval. Wilson's stands where there are no resamples, and for 0 of n or n of n, which none can widen."""
    above, below = float(numerator.sum()), float(denominator.sum())
    replicates = np.zeros(0) if resamples is None else ratio_replicates(numerator, denominator, resamples)
    if below <= 0:
        return Rate(None, None, None, replicates)
    value = min(above / below, 1.0)
    low, high = interval(replicates)
    if low is None or high is None or value <= 0 or value >= 1:
        low, high = wilson(value, below)
    return Rate(value, min(low, value), max(high, value), replicates)


def wilson(value: float, n: float) -> tuple[float, float]:
    """Wilson's interval for a rate among n independent families; it has a width at 0 and 1 too."""
    shrink = 1 + NORMAL**2 / n
    centre = (value + NORMAL**2 / (2 * n)) / shrink
    half = NORMAL * float(np.sqrt(value * (1 - value) / n + NORMAL**2 / (4 * n**2))) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def interval(replicates: Array) -> tuple[float, float] | tuple[None, None]:
    """The middle 95 % of the replicates; null when none is defined."""
    known = replicates[~np.isnan(replicates)]
    if not len(known):
        return None, None
    low, high = np.quantile(known, [TAIL, 1 - TAIL])
    return float(low), float(high)


def verdict(low: float, high: float) -> str:
    """What a paired interval of a difference allows to say."""
    return "better" if low > 0 else "worse" if high < 0 else "indistinguishable"


def sum_by(groups: npt.NDArray[np.intp], values: Array) -> Array:
    """The sum of the values of each group."""
    return np.bincount(groups, weights=values).astype(np.float64)


def mean_by_household(sums: Array, sizes: npt.NDArray[np.intp]) -> tuple[float, float]:
    """The mean over rows, and its standard error clustered by household, from each household's sum and number of rows."""
    mean = sums.sum() / sizes.sum()
    return float(mean), float(np.sqrt(((sums - sizes * mean) ** 2).sum()) / sizes.sum())
