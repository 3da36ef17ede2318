"""What can be said of families whose outcome nobody saw, without assuming that they are like the others.

Plain bounds take all of them as bad, then all as good (Manski). Mentors help where they differ in how often their families'
outcome is seen: if families on the list are alike from one mentor to the next, the true share is the same under all, so it lies
within the bounds of lenient, middling and strict mentors at once (Manski and Pepper; contraction, Lakkaraju and others, 2017).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import MIN_CLUSTERS, MIN_GROUP
from graduasi_training.judging.jackknife import TAIL, ratio_estimate

LENIENCY_GROUPS = 3
"""Lenient, middling, strict: more groups would be smaller, and the tightest of many noisy bounds is too tight."""


@dataclass(frozen=True)
class Bounds:
    """The lowest and highest share, the outer ends of their intervals, and whether mentors tightened them."""

    low: float
    high: float
    outer: tuple[float, float]
    by_mentors: bool = False

    @property
    def pair(self) -> list[float]:
        return [self.low, self.high]


def plain_bounds(share: Array, observed: Mask, y: Array, clusters: Clusters) -> Bounds:
    """The share of good outcomes if all unobserved were bad, and if all were good.

    `share` is each family's share of a place on the list; `y` counts only where `observed`.
    """
    everyone = np.zeros(len(share), dtype=np.intp)
    return _tightest_bounds(everyone, share, observed, y, clusters)


def mentor_bounds(leniency: Array, share: Array, observed: Mask, y: Array, clusters: Clusters) -> Bounds | None:
    """The bounds that hold for lenient, middling and strict mentors at once; None where they contradict each other.

    `leniency` is that of each family's mentor, measured on families that are not listed, so that no outcome is used twice.
    None also where a group would be too few families.
    """
    group = leniency_groups(leniency, share)
    if group is None:
        return None
    bounds = _tightest_bounds(group, share, observed, y, clusters)
    return bounds if bounds.low <= bounds.high else None


def mentors_leniency(mentor: npt.NDArray[np.intp], share: Array, observed: Mask, chance: Array) -> Array | None:
    """For each row, how much more often its mentor's unlisted families are observed than their `chance` says.

    None with fewer than MIN_CLUSTERS mentors, or where some families have no mentor (-1).
    """
    mentors, mentor_index = np.unique(mentor, return_inverse=True)
    if len(mentors) < MIN_CLUSTERS or mentors[0] < 0:
        return None
    unlisted = share == 0
    surplus = np.bincount(mentor_index, weights=unlisted * (observed - chance))
    families = np.bincount(mentor_index, weights=unlisted)
    return np.asarray((surplus / np.maximum(families, 1))[mentor_index])


def leniency_groups(leniency: Array, share: Array) -> npt.NDArray[np.intp] | None:
    """Each row's third, 0 to 2, cut so that the listed families are shared out equally; None where a third would be too few."""
    listed = share > 0
    shares = np.arange(1, LENIENCY_GROUPS) / LENIENCY_GROUPS
    cuts = np.quantile(leniency[listed], shares) if listed.any() else np.zeros(0)
    group = np.searchsorted(cuts, leniency, side="left").astype(np.intp)
    sizes = np.bincount(group, weights=share, minlength=LENIENCY_GROUPS)
    return group if (sizes >= MIN_GROUP).all() else None


def _tightest_bounds(group: npt.NDArray[np.intp], share: Array, observed: Mask, y: Array, clusters: Clusters) -> Bounds:
    """The highest of the groups' low bounds and the lowest of their high ones.

    The highest of several noisy ends lies too high by chance. So each group's ends are taken at the part of the tail that
    it would have if any of the groups might miss (Bonferroni).
    """
    bounds = []
    good = share * observed * np.nan_to_num(y)
    good_if_unobserved_good = good + share * ~observed
    groups = [member for member in (group == number for number in np.unique(group)) if (share * member).sum() > 0]
    for member in groups:
        own_share, families = share * member, float((share * member).sum())
        low, high = (
            ratio_estimate(own, own_share, clusters) for own in (good * member, good_if_unobserved_good * member)
        )
        tail = TAIL / len(groups)
        outer_low, outer_high = low.within_0_and_1(families, tail=tail)[0], high.within_0_and_1(families, tail=tail)[1]
        bounds.append((low.value, high.value, outer_low, outer_high))
    lows, highs, outer_lows, outer_highs = zip(*bounds, strict=True)
    outer = (min(max(outer_lows), max(lows)), max(min(outer_highs), min(highs)))
    return Bounds(max(lows), min(highs), outer, by_mentors=len(groups) > 1)
