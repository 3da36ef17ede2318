"""A household's features as the parts of the models read them, all at once.

A numpy call costs about as much for eight rows of sixty numbers as for one, so the parts share their calls.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix

Row = npt.NDArray[np.float64]


class Readings(NamedTuple):
    """Readings × features: each reads `value * weight + shift`, or `unknown` where the value is NaN."""

    weight: Matrix
    shift: Matrix
    unknown: Matrix

    def of(self, values: Row) -> Matrix:
        """What one household's features are in each reading."""
        found = values * self.weight
        found += self.shift
        np.copyto(found, self.unknown, where=np.isnan(values))
        return found


def as_it_is(unknown: Row) -> Readings:
    """One reading of the plain values."""
    return Readings(np.ones((1, len(unknown))), np.zeros((1, len(unknown))), unknown[np.newaxis])


def together(parts: Sequence[Readings]) -> Readings:
    """The readings of all parts, one below the other."""
    return Readings(*(np.vstack(each) for each in zip(*parts, strict=True)))
