"""Intervals by bootstrap over clusters: whole mentors where there are enough mentors, whole households otherwise.

All candidates and all folds are judged on the same resamples, so differences between them are paired.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array

RESAMPLES = 500
"""With fewer, the ends of an interval depend on the seed in the third decimal, and verdicts with them."""
MIN_RESAMPLES = 200
MAX_WEIGHTS = 10_000_000
"""Resamples × clusters that are held in memory; with very many households the intervals need fewer resamples."""
CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
"""The share of the replicates that an interval leaves out at either end."""
NORMAL_DEVIATE = 1.959964
"""The normal deviate that belongs to CONFIDENCE."""
BLOCK_CELLS = 2_000_000
"""Resamples × rows that are worked on at once."""


@dataclass(frozen=True)
class Resamples:
    """`weights`: resamples × clusters, how often each cluster was drawn; `cluster`: each row's cluster, as a column of it."""

    weights: npt.NDArray[np.float64]
    cluster: npt.NDArray[np.intp]

    def of_rows(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Resamples":
        """The same draws for some of the rows."""
        return Resamples(self.weights, self.cluster[rows])


@dataclass(frozen=True)
class Rate:
    """A ratio of sums with its interval and its replicates; all null or NaN where the denominator is zero."""

    value: float | None
    low: float | None
    high: float | None
    replicates: Array

    def figures(self, name: str) -> dict[str, Any]:
        """The rate as three figures: name, name_low, name_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def resample(cluster: npt.NDArray[np.intp], *, rng: np.random.Generator, count: int | None = None) -> Resamples:
    """Draw clusters with replacement, `count` times; by default RESAMPLES times, or fewer where clusters are very many."""
    clusters, cluster_index = np.unique(cluster, return_inverse=True)
    size = len(clusters)
    count = count or int(np.clip(MAX_WEIGHTS // size, MIN_RESAMPLES, RESAMPLES))
    weights = rng.multinomial(size, np.full(size, 1 / size), size=count).astype(float)
    return Resamples(weights, cluster_index)


def resample_folds(
    clusters: list[npt.NDArray[np.intp]], *, rng: np.random.Generator, count: int | None = None
) -> list[Resamples]:
    """Draw the clusters of several test days together: a mentor or household drawn twice counts twice on every day."""
    drawn = resample(np.concatenate(clusters), rng=rng, count=count)
    ends = np.cumsum([len(cluster) for cluster in clusters])[:-1]
    return [Resamples(drawn.weights, cluster) for cluster in np.split(drawn.cluster, ends)]


def auc_replicates(score: Array, y: Array, resamples: Resamples) -> Array:
    """The AUC in every resample; NaN where a class is absent."""
    order = np.argsort(score, kind="stable")
    score, y, cluster = score[order], y[order], resamples.cluster[order]
    tie_starts = np.flatnonzero(np.diff(score, prepend=np.nan) != 0)
    replicates = []
    for block in np.array_split(resamples.weights, max(1, resamples.weights.shape[0] * len(y) // BLOCK_CELLS)):
        weight = block[:, cluster]
        ready, other = (np.add.reduceat(weight * outcome, tie_starts, axis=1) for outcome in (y, 1 - y))
        pairs = ready.sum(axis=1) * other.sum(axis=1)
        won = (ready * (np.cumsum(other, axis=1) - 0.5 * other)).sum(axis=1)
        replicates.append(np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0))
    return np.concatenate(replicates)


def ratio_replicates(numerator: Array, denominator: Array, resamples: Resamples) -> Array:
    """A ratio of sums, such as precision or recall, in every resample; NaN where the denominator is zero."""
    size = resamples.weights.shape[1]
    above, below = (
        np.bincount(resamples.cluster, weights=values, minlength=size) for values in (numerator, denominator)
    )
    total = resamples.weights @ below
    return np.divide(resamples.weights @ above, total, out=np.full(len(total), np.nan), where=total > 0)


def rate(numerator: Array, denominator: Array, resamples: Resamples | None) -> Rate:
    """A rate with its interval.

    Wilson's interval is used where there are no resamples, and for 0 of n and n of n: no resample can move such a rate.
    """
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
    shrink = 1 + NORMAL_DEVIATE**2 / n
    centre = (value + NORMAL_DEVIATE**2 / (2 * n)) / shrink
    half = NORMAL_DEVIATE * float(np.sqrt(value * (1 - value) / n + NORMAL_DEVIATE**2 / (4 * n**2))) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def interval(replicates: Array) -> tuple[float, float] | tuple[None, None]:
    """The middle 95 % of the replicates that are not NaN; null when all are."""
    known = replicates[~np.isnan(replicates)]
    if not len(known):
        return None, None
    low, high = np.quantile(known, [TAIL, 1 - TAIL])
    return float(low), float(high)


def verdict(low: float, high: float) -> str:
    """What the interval of a paired difference allows to say: "better", "worse" or "indistinguishable"."""
    return "better" if low > 0 else "worse" if high < 0 else "indistinguishable"


def sum_by(groups: npt.NDArray[np.intp], values: Array) -> Array:
    """The sum of the values of each group; `groups` counts from 0."""
    return np.bincount(groups, weights=values).astype(np.float64)


def mean_by_household(sums: Array, sizes: npt.NDArray[np.intp]) -> tuple[float, float]:
    """The mean over rows and its standard error clustered by household, from each household's sum and number of rows."""
    mean = sums.sum() / sizes.sum()
    return float(mean), float(np.sqrt(((sums - sizes * mean) ** 2).sum()) / sizes.sum())
