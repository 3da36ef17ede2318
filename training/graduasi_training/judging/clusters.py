"""The units that vary independently of each other: whole mentors, or whole households. Rows of one unit do not.

A mentor's families share how their mentor judges and what happened where they live, and a household's rows share the
household. So one certain figure of many rows may rest on few units, and every interval counts units, not rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array


@dataclass(frozen=True)
class Clusters:
    """Each row's cluster, a number from 0 to `count` − 1. A cluster may have no row here, but some on another test date."""

    of_row: npt.NDArray[np.intp]
    count: int

    def of_rows(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Clusters":
        """The same clusters for some of the rows."""
        return Clusters(self.of_row[rows], self.count)

    def sums(self, values: Array) -> Array:
        """The sum of the rows' values in each cluster."""
        return np.bincount(self.of_row, weights=values, minlength=self.count).astype(np.float64)


def clusters_from(*labels: npt.NDArray[np.integer[Any]]) -> list[Clusters]:
    """The clusters of one or several sets of rows, each given by a number for every row's cluster.

    The same number is the same cluster in all sets.
    """
    names, of_row = np.unique(np.concatenate(labels), return_inverse=True)
    ends = np.cumsum([len(label) for label in labels])[:-1]
    return [Clusters(rows, len(names)) for rows in np.split(of_row, ends)]


def several_mentors(mentor: npt.NDArray[np.integer[Any]]) -> bool:
    """Whether the rows are of more than one mentor; −1 stands for none."""
    return len(np.unique(mentor[mentor >= 0])) > 1


def clusters_of_rows(mentor: npt.NDArray[np.integer[Any]], household: npt.NDArray[np.integer[Any]]) -> Clusters:
    """The independent units of rows of one or several dates: whole mentors where there are several, else whole households."""
    (clusters,) = clusters_from(independent_units(mentor, household, by_mentor=several_mentors(mentor)))
    return clusters


def independent_units(
    mentor: npt.NDArray[np.integer[Any]], household: npt.NDArray[np.integer[Any]], *, by_mentor: bool
) -> npt.NDArray[np.intp]:
    """For each row the number of its unit: its mentor (0 or more), or below zero its household.

    A family without a mentor (−1) stands for itself; with `by_mentor` false all do.
    """
    return np.where((mentor >= 0) & by_mentor, mentor, -1 - household.astype(np.intp)).astype(np.intp)


def sum_by(groups: npt.NDArray[np.intp], values: Array) -> Array:
    """The sum of the values of each group; `groups` counts from 0."""
    return np.bincount(groups, weights=values).astype(np.float64)


def mean_by_household(sums: Array, sizes: npt.NDArray[np.intp]) -> tuple[float, float]:
    """The mean over rows and its standard error clustered by household, from each household's sum and number of rows."""
    mean = sums.sum() / sizes.sum()
    return float(mean), float(np.sqrt(((sums - sizes * mean) ** 2).sum()) / sizes.sum())
