"""A household's features in all the ways in which the parts of the models read them, worked out together.

A numpy call costs about as much for eight rows of sixty numbers as for one, so the parts share their calls.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix

Row = npt.NDArray[np.float64]
"""One number for each feature."""


class Readings(NamedTuple):
    """Readings × features: each reads `value * weight + shift` between `low` and `high`, or `unknown` where the value is NaN."""

    weight: Matrix
    shift: Matrix
    unknown: Matrix
    low: Matrix
    high: Matrix

    def of(self, values: Row) -> Matrix:
        """One household's features in each reading: readings × features."""
        readings = values * self.weight
        readings += self.shift
        np.maximum(readings, self.low, out=readings)
        np.minimum(readings, self.high, out=readings)
        np.copyto(readings, self.unknown, where=np.isnan(values))
        return readings


def unchanged(unknown: Row) -> Readings:
    """One reading of the values as they are, with one number for each feature where it is unknown."""
    shape = (1, len(unknown))
    return Readings(
        np.ones(shape), np.zeros(shape), unknown[np.newaxis], np.full(shape, -np.inf), np.full(shape, np.inf)
    )


def stacked(parts: Sequence[Readings]) -> Readings:
    """The readings of all parts, one below the other."""
    return Readings(*(np.vstack(matrices) for matrices in zip(*parts, strict=True)))
