"""The rows that a fit reads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days


@dataclass(frozen=True)
class TrainingRows:
    """What a fit reads, one entry a row: features, outcome, household, as-of day and the day its label was known.

    `mentor` is given where mentors decide the outcome (-1: none); `offset` is then what the mentor adds to the log-odds.
    """

    values: Matrix
    y: Array
    household: npt.NDArray[np.int32]
    day: Days
    known_on: Days
    mentor: npt.NDArray[np.intp] | None = None
    offset: Array | None = None

    def take(self, rows: npt.NDArray[np.intp]) -> "TrainingRows":
        """Some of the rows."""
        return TrainingRows(
            values=self.values[rows],
            y=self.y[rows],
            household=self.household[rows],
            day=self.day[rows],
            known_on=self.known_on[rows],
            mentor=None if self.mentor is None else self.mentor[rows],
            offset=None if self.offset is None else self.offset[rows],
        )

    def offset_of(self, rows: npt.NDArray[np.intp]) -> Array | None:
        """The offsets of some rows, where there are any."""
        return None if self.offset is None else self.offset[rows]
