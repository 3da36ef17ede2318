"""The cohort on a test date: how each family turned out afterwards, and which families could have been listed."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.judging.clusters import Clusters, clusters_from, independent_units, several_mentors

MIN_CLUSTERS = 20
"""Fewer mentors get a note: they hardly show how mentors differ, so intervals are wide."""
MIN_GROUP = 30
"""A rate among fewer families says nothing; it is reported as "too few"."""


@dataclass(frozen=True)
class HeldOut:
    """The cohort on a test date, one entry a family.

    `y` is the label (NaN: unlabelled) and `harm` whether the family fell back (NaN: unknown). `mentor` and `household`
    are numbers; -1 stands for no mentor. `eligible` families may be listed: they pass the floor and are neither protected,
    unsure nor stale. `quota` is the number of families that a mentor may graduate in a year, and `places` (one entry a row)
    how many the lists of the row's mentor hold at most; None where only the quota limits them.
    """

    y: Array
    harm: Array
    mentor: npt.NDArray[np.intp]
    household: npt.NDArray[np.intp]
    eligible: Mask
    quota: int
    places: npt.NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.y)

    @property
    def labelled(self) -> Mask:
        return ~np.isnan(self.y)

    @property
    def has_mentors(self) -> bool:
        return bool((self.mentor >= 0).any())

    @property
    def has_several_mentors(self) -> bool:
        """Whether mentors can be told apart, so that they are the independent units."""
        return several_mentors(self.mentor)

    @property
    def clusters(self) -> Clusters:
        """The independent units: whole mentors where there are several, whole households otherwise."""
        return clusters_of(self)[0]

    def as_proposed(self, in_band: Mask) -> "HeldOut":
        """The cohort as the product makes its lists: only families `in_band` ready may be listed."""
        return replace(self, eligible=in_band, places=None)

    def with_as_many_places(self, in_band: Mask) -> "HeldOut":
        """The cohort for any other ranking: all whom the rules allow may be listed, as many a mentor as `as_proposed` lists."""
        _, mentor_index = np.unique(self.mentor, return_inverse=True)
        return replace(self, places=np.bincount(mentor_index, weights=in_band).astype(np.intp)[mentor_index])

    def only(self, member: Mask) -> "HeldOut":
        """The families for which `member` is true."""
        return replace(
            self,
            y=self.y[member],
            harm=self.harm[member],
            mentor=self.mentor[member],
            household=self.household[member],
            eligible=self.eligible[member],
            places=None if self.places is None else self.places[member],
        )


def clusters_of(*cohorts: HeldOut) -> list[Clusters]:
    """The independent units of one or several test dates; a mentor or household is the same on all of them.

    Whole mentors where every date has several, whole households otherwise.
    """
    by_mentor = all(cohort.has_several_mentors for cohort in cohorts)
    units = (independent_units(cohort.mentor, cohort.household, by_mentor=by_mentor) for cohort in cohorts)
    return clusters_from(*units)
