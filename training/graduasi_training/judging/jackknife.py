"""Intervals by the jackknife: how far does a figure move when one whole cluster, a mentor or a household, is left out?

The squares of these shifts add up to the figure's variance. A few clusters tell little of how clusters differ, so the
interval is as wide as Student's t is with one degree of freedom less than there are clusters; docs/decisions/0013 has what
was measured. The figures of all candidates and all test dates move with the same clusters, so their differences are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from graduasi.arrays import Array, Mask
from graduasi_training.judging.clusters import Clusters

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
"""The share of cases in which the truth may lie beyond either end of an interval."""
MIN_CLUSTERS_FOR_ERROR = 2
"""One cluster says nothing of how clusters differ."""


@dataclass(frozen=True)
class Estimate:
    """A figure with what each cluster has to do with it.

    `shift` is how far the figure moves when the cluster is left out, scaled so that the squares add up to the variance;
    NaN where without one of the clusters there would be no figure. `bears` marks the clusters that the figure rests on:
    their number less one is the degrees of freedom.
    """

    value: float
    shift: Array
    bears: Mask

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The paired difference of two figures of the same clusters."""
        return Estimate(self.value - other.value, self.shift - other.shift, self.bears | other.bears)

    def times(self, factor: float) -> "Estimate":
        """The figure multiplied by a number, such as −1."""
        return Estimate(factor * self.value + 0.0, factor * self.shift + 0.0, self.bears)  # no minus before a zero

    def with_error_times(self, factor: float) -> "Estimate":
        """The same figure with a larger standard error."""
        return Estimate(self.value, factor * self.shift, self.bears)

    @property
    def error(self) -> float | None:
        """The standard error; None where it cannot be told, because fewer than two clusters bear on the figure."""
        if self.bears.sum() < MIN_CLUSTERS_FOR_ERROR or np.isnan(self.shift).any() or np.isnan(self.value):
            return None
        return float(np.sqrt(np.square(self.shift).sum()))

    def deviate(self, tail: float = TAIL) -> float:
        """How many standard errors an end lies from the figure, so that the truth lies beyond it in a share `tail` of cases."""
        return t_deviate(int(self.bears.sum()), tail)

    def interval(self) -> tuple[float, float] | tuple[None, None]:
        """The 95 % interval, equally far to both sides; null where there is no standard error."""
        if self.error is None:
            return None, None
        half = self.deviate() * self.error
        return self.value - half, self.value + half

    def within_0_and_1(self, families: float, *, tail: float = TAIL) -> tuple[float, float]:
        """The interval of a rate or of an AUC: Wilson's for as many independent families as would have the same standard error.

        `families` is how many that are at most: a handful of clusters may agree by luck. With 0 of n or n of n nothing
        moves, and the n families are taken as independent. Without a standard error nothing can be told: 0 to 1.
        """
        if self.error is None or families <= 0:
            return 0.0, 1.0
        spread = self.value * (1 - self.value)
        alike = families if spread <= 0 or self.error == 0 else min(families, spread / self.error**2)
        return wilson(self.value, alike, self.deviate(tail))


def t_deviate(clusters: int, tail: float = TAIL) -> float:
    """Student's t that is exceeded in a share `tail` of cases, for so many clusters (at least two)."""
    return float(stats.t.isf(tail, clusters - 1))


def wilson(value: float, n: float, deviate: float) -> tuple[float, float]:
    """Wilson's interval for a rate among n independent families; it has a width at 0 and 1 too."""
    shrink = 1 + deviate**2 / n
    centre = (value + deviate**2 / (2 * n)) / shrink
    half = deviate * float(np.sqrt(value * (1 - value) / n + deviate**2 / (4 * n**2))) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of figures of several test dates, or of several parts of the families, of the same clusters."""
    return Estimate(
        float(np.mean([estimate.value for estimate in estimates])),
        np.mean([estimate.shift for estimate in estimates], axis=0),
        np.any([estimate.bears for estimate in estimates], axis=0),
    )


def ratio_estimate(numerator: Array, denominator: Array, clusters: Clusters) -> Estimate:
    """A ratio of sums, such as precision, recall or a mean loss; NaN where the denominator is zero."""
    above, below = clusters.sums(numerator), clusters.sums(denominator)
    bears = below > 0
    return left_out(_ratio(above.sum(), below.sum()), _ratio(above.sum() - above, below.sum() - below), bears)


def auc_estimate(score: Array, y: Array, clusters: Clusters) -> Estimate:
    """The AUC: the share of pairs of a ready family and another in which the ready one scores higher; ties count half.

    Leaving out a cluster takes away the pairs of its ready families, those of its other families, and puts back those
    within it, which were taken away twice. The clusters that bear on it are those with families of the rarer outcome.
    """
    ready, other = clusters.sums(y), clusters.sums(1 - y)
    beaten, beaten_by = _pairs(score, y, np.zeros(len(y), dtype=np.intp))
    within, _ = _pairs(score, y, clusters.of_row)
    won, inside = clusters.sums(y * beaten), clusters.sums(y * within)
    lost = clusters.sums((1 - y) * beaten_by)
    pairs = (ready.sum() - ready) * (other.sum() - other)
    rarer = ready if ready.sum() <= other.sum() else other
    value = _ratio(won.sum(), ready.sum() * other.sum())
    present = ready + other > 0
    estimate = left_out(value, _ratio(won.sum() - won - lost + inside, pairs), present)
    return Estimate(estimate.value, estimate.shift, rarer > 0)


def auc_interval(estimate: Estimate, score: Array, y: Array) -> tuple[float, float] | tuple[None, None]:
    """The 95 % interval of an AUC; null without both outcomes. Where all scores are equal the AUC is 0.5 whoever is left out."""
    if np.isnan(estimate.value):
        return None, None
    if np.ptp(score) == 0:
        return estimate.value, estimate.value
    rarer = float(min(y.sum(), (1 - y).sum()))
    return estimate.within_0_and_1(rarer if estimate.value in (0.0, 1.0) else float(len(y)))


def left_out(value: float | Array, without: Array, present: Mask) -> Estimate:
    """The estimate of a figure from its values without each cluster; clusters that are not `present` move nothing."""
    count = max(int(present.sum()), 1)
    scale = np.sqrt((count - 1) / count)
    return Estimate(float(value), np.where(present, scale * (without - value), 0.0), present)


def _ratio(above: Array, below: Array) -> Array:
    """A quotient, NaN where its denominator is zero."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=np.asarray(below) > 0)


def _pairs(score: Array, y: Array, group: npt.NDArray[np.intp]) -> tuple[Array, Array]:
    """For each row, how many of the other families of its group score below it, and how many ready ones above; ties count half."""
    order = np.lexsort((score, group))
    ready = y[order]
    new_group = np.diff(group[order], prepend=-1) != 0
    new_tie = new_group | (np.diff(score[order], prepend=np.nan) != 0)
    tie, group_of_tie = np.cumsum(new_tie) - 1, (np.cumsum(new_group) - 1)[new_tie]
    ready_in, other_in = (np.bincount(tie, weights=outcome).astype(np.float64) for outcome in (ready, 1 - ready))
    below = _running(other_in, group_of_tie) - 0.5 * other_in
    above = (
        np.bincount(group_of_tie, weights=ready_in)[group_of_tie] - _running(ready_in, group_of_tie) + 0.5 * ready_in
    )
    beaten, beaten_by = np.empty(len(y)), np.empty(len(y))
    beaten[order], beaten_by[order] = below[tie], above[tie]
    return beaten, beaten_by


def _running(values: Array, group: npt.NDArray[np.intp]) -> Array:
    """The running sum of the values, begun anew with each group; `group` counts up from 0."""
    total = np.cumsum(values)
    before = np.append(0.0, np.cumsum(np.bincount(group, weights=values)))
    return total - before[group]


@dataclass(frozen=True)
class Rate:
    """A ratio of sums with its interval; all null where the denominator is zero."""

    value: float | None
    low: float | None
    high: float | None
    estimate: Estimate

    def figures(self, name: str) -> dict[str, Any]:
        """The rate as three figures: name, name_low, name_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def rate(numerator: Array, denominator: Array, clusters: Clusters) -> Rate:
    """A rate with its 95 % interval; from 0 to 1 where fewer than two clusters have anything in the denominator."""
    estimate = ratio_estimate(numerator, denominator, clusters)
    if np.isnan(estimate.value):
        return Rate(None, None, None, estimate)
    value = min(estimate.value, 1.0)  # sums of shares of places may exceed one by their rounding
    low, high = Estimate(value, estimate.shift, estimate.bears).within_0_and_1(float(denominator.sum()))
    return Rate(value, min(low, value), max(high, value), estimate)
