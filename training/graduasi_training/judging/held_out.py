"""The cohort on a test date: how each family turned out afterwards, and which families could have been listed."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask

MIN_CLUSTERS = 20
"""Resampling a handful of clusters gives intervals that are too narrow, so that noise can look like skill."""
MIN_GROUP = 30
"""A rate among fewer families says nothing; it is reported as "too few"."""


@dataclass(frozen=True)
class HeldOut:
    """The cohort on a test date, one entry a family.

    `y` is the label (NaN: unlabelled) and `harm` whether the family fell back (NaN: unknown). `mentor` and `household`
    are numbers; -1 stands for no mentor. `eligible` families pass the floor and are neither protected, unsure nor stale.
    `quota` is the number of families that a mentor may graduate in a year.
    """

    y: Array
    harm: Array
    mentor: npt.NDArray[np.intp]
    household: npt.NDArray[np.intp]
    eligible: Mask
    quota: int

    def __len__(self) -> int:
        return len(self.y)

    @property
    def labelled(self) -> Mask:
        return ~np.isnan(self.y)

    @property
    def has_mentors(self) -> bool:
        return bool((self.mentor >= 0).any())

    @property
    def cluster(self) -> npt.NDArray[np.intp]:
        """The units that are resampled: mentors, or households where there are fewer than MIN_CLUSTERS mentors."""
        few = len(np.unique(self.mentor)) < MIN_CLUSTERS
        return self.household if few else self.mentor

    def only(self, member: Mask) -> "HeldOut":
        """The families for which `member` is true."""
        return replace(
            self,
            y=self.y[member],
            harm=self.harm[member],
            mentor=self.mentor[member],
            household=self.household[member],
            eligible=self.eligible[member],
        )
