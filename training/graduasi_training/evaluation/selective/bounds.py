"""What can be said of families whose outcome nobody saw, without assuming that they are like the others.

Plain bounds take all of them as bad, then all as good (Manski). Mentors help where they differ in how often their families'
outcome is seen: if families on the list are alike from one mentor to the next, the true share is the same under all, so it lies
within the bounds of lenient, middling and strict mentors at once (Manski and Pepper; contraction, Lakkaraju and others, 2017).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi_training.judging.held_out import MIN_CLUSTERS, MIN_GROUP
from graduasi_training.judging.resampling import TAIL, Resamples, ratio_replicates

GROUPS = 3
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


def plain_bounds(share: Array, observed: npt.NDArray[np.bool_], y: Array, resamples: Resamples) -> Bounds:
    """All unobserved bad, all good. `y` counts only where observed; `share` is a family's part of a place on the list."""
    everyone = np.zeros(len(share), dtype=np.intp)
    return _tightest(everyone, share, observed, y, resamples)


def mentor_bounds(
    leniency: Array, share: Array, observed: npt.NDArray[np.bool_], y: Array, resamples: Resamples
) -> Bounds | None:
    """The bounds that hold for lenient, middling and strict mentors at once; None where they contradict each other.

    `leniency` is each family's mentor's, from families that are not on the list, so that no outcome is used twice.
    """
    group = leniency_groups(leniency, share)
    if group is None:
        return None
    found = _tightest(group, share, observed, y, resamples)
    return found if found.low <= found.high else None


def mentors_leniency(
    mentor: npt.NDArray[np.intp], share: Array, observed: npt.NDArray[np.bool_], chance: Array
) -> Array | None:
    """Per row: how much more often its mentor's unlisted families are observed than such families are on average.

    None with fewer than MIN_CLUSTERS mentors.
    """
    names, place = np.unique(mentor, return_inverse=True)
    if len(names) < MIN_CLUSTERS or names[0] < 0:
        return None
    away = share == 0
    surplus = np.bincount(place, weights=away * (observed - chance))
    return np.asarray((surplus / np.maximum(np.bincount(place, weights=away), 1))[place])


def leniency_groups(leniency: Array, share: Array) -> npt.NDArray[np.intp] | None:
    """Thirds of the listed families by their mentor's leniency; None where a third would be too few."""
    cuts = np.quantile(leniency[share > 0], np.arange(1, GROUPS) / GROUPS) if (share > 0).any() else np.zeros(0)
    group = np.searchsorted(cuts, leniency, side="left").astype(np.intp)
    sizes = np.bincount(group, weights=share, minlength=GROUPS)
    return group if (sizes >= MIN_GROUP).all() else None


def _tightest(
    group: npt.NDArray[np.intp], share: Array, observed: npt.NDArray[np.bool_], y: Array, resamples: Resamples
) -> Bounds:
    """The highest of the groups' low bounds and the lowest of their high ones."""
    lows, highs, low_draws, high_draws = [], [], [], []
    good = share * observed * np.nan_to_num(y)
    open_end = good + share * ~observed
    for name in np.unique(group):
        own = share * (group == name)
        if own.sum() <= 0:
            continue
        lows.append((good * (group == name)).sum() / own.sum())
        highs.append((open_end * (group == name)).sum() / own.sum())
        low_draws.append(ratio_replicates(good * (group == name), own, resamples))
        high_draws.append(ratio_replicates(open_end * (group == name), own, resamples))
    low, high = float(max(lows)), float(min(highs))
    outer_low = float(np.nanquantile(np.max(low_draws, axis=0), TAIL))
    outer_high = float(np.nanquantile(np.min(high_draws, axis=0), 1 - TAIL))
    return Bounds(low, high, (min(outer_low, low), max(outer_high, high)), by_mentors=len(lows) > 1)
