"""Intervals by bootstrap over clusters: whole mentors where there are mentors, whole households otherwise.

All candidates are judged on the same resamples, so that differences between them are paired.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi_training.fitting import Array
from graduasi_training.metrics import sorted_auc

RESAMPLES = 200
LEVEL = 0.95
TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class Resamples:
    """`weights`: resamples × clusters, how often each cluster was drawn; `cluster` is each row's cluster."""

    weights: npt.NDArray[np.float64]
    cluster: npt.NDArray[np.intp]


def resample(cluster: npt.NDArray[np.intp], *, rng: np.random.Generator, count: int = RESAMPLES) -> Resamples:
    """Draw clusters with replacement, `count` times."""
    names, places = np.unique(cluster, return_inverse=True)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count).astype(float)
    return Resamples(weights, places)


def auc_replicates(score: Array, y: Array, resamples: Resamples) -> Array:
    """The AUC in every resample."""
    order = np.argsort(score, kind="stable")
    score, y, cluster = score[order], y[order], resamples.cluster[order]
    return np.array([sorted_auc(score, y, weight[cluster]) for weight in resamples.weights])


def ratio_replicates(numerator: Array, denominator: Array, resamples: Resamples) -> Array:
    """A ratio of sums (precision, recall) in every resample."""
    size = resamples.weights.shape[1]
    above, below = (np.bincount(resamples.cluster, weights=part, minlength=size) for part in (numerator, denominator))
    total = resamples.weights @ below
    return np.divide(resamples.weights @ above, total, out=np.full(len(total), np.nan), where=total > 0)


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
