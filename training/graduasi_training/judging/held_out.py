"""The cohort on a test day: what is known of each family afterwards, and who could have been listed."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array

MIN_CLUSTERS = 20
"""Resampling a handful of clusters gives intervals that are too narrow, so that noise can look like skill."""
MIN_GROUP = 30
"""A rate among fewer families says nothing; it is called too few."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOut:
    """The cohort on a test day. `y` is NaN for the unlabelled; `mentor` is -1 throughout where there are no mentors."""

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
        """What is resampled: mentors, or households where mentors are none or too few."""
        few = len(np.unique(self.mentor)) < MIN_CLUSTERS
        return self.household if few else self.mentor

    def only(self, member: Mask) -> "HeldOut":
        """The cohort's families for which `member` holds."""
        return replace(
            self,
            y=self.y[member],
            harm=self.harm[member],
            mentor=self.mentor[member],
            household=self.household[member],
            eligible=self.eligible[member],
        )
