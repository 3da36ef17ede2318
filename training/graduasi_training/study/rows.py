"""Training rows: the arrays that every fit reads, kept together so that taking some rows takes them everywhere."""

from dataclasses import KW_ONLY, dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days


@dataclass(frozen=True)
class TrainingRows:
    """What a fit reads, one entry a row: features, outcome, household, as-of day and the day its label was known.

    `mentor` is a number for the mentor (-1: none), given only where mentors decide the outcome; `offset` is then what
    the mentor adds to the row's log-odds. `dates` is on how many dates of the grid the row's snapshot was the household's
    latest (None: on one each).
    """

    values: Matrix
    y: Array
    household: npt.NDArray[np.int32]
    day: Days
    known_on: Days
    mentor: npt.NDArray[np.intp] | None = None
    _: KW_ONLY
    offset: Array | None = None
    dates: npt.NDArray[np.intp] | None = None

    def take(self, rows: npt.NDArray[np.intp]) -> "TrainingRows":
        """Some of the rows, given by their numbers."""
        return TrainingRows(
            values=self.values[rows],
            y=self.y[rows],
            household=self.household[rows],
            day=self.day[rows],
            known_on=self.known_on[rows],
            mentor=None if self.mentor is None else self.mentor[rows],
            offset=self.offset_of(rows),
            dates=None if self.dates is None else self.dates[rows],
        )

    def offset_of(self, rows: npt.NDArray[np.intp]) -> Array | None:
        """The offsets of some of the rows; None where there are none."""
        return None if self.offset is None else self.offset[rows]
