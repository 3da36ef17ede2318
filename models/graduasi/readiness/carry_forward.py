"""What an earlier snapshot gives a household whose own snapshot leaves a field unknown.

The latest value within the age limit is carried forward. Where the dictionary declares an effect, the least favourable
value of the past year stands instead: leaving out a value must not bring back a better one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Mask, Matrix
from graduasi.readiness.history import Indices

CAREFUL_DAYS = 366
"""How far back an earlier snapshot may make a value that is carried forward less favourable."""


class FieldValues(NamedTuple):
    """The values of feature fields (rows × feature fields, NaN for unknown), in two units."""

    comparable: Matrix
    """As models compare them: money as a ratio to its yardstick, a date as years before the snapshot."""
    shown: Matrix
    """In the field's own unit, for people to read."""


@dataclass(frozen=True)
class CarryRules:
    """What one earlier snapshot of each row may do to the row's values."""

    may_fill: Mask
    """One for each row: the snapshot is within the age limit, so it may fill in what is unknown."""
    may_worsen: Mask
    """Rows × fields: the row's own snapshot does not know the field, so a less favourable value may replace a carried one."""
    effect_sign: npt.NDArray[np.int8]
    """One for each field: 1 if more is favourable, -1 if less is, 0 if neither, so that no value is less favourable."""


def carry_forward(values: FieldValues, row_index: Indices, earlier: FieldValues, rules: CarryRules) -> None:
    """Carry values forward from `earlier`, one earlier snapshot of each row in `row_index`. Changes `values` in place."""
    comparable, shown = values.comparable[row_index], values.shown[row_index]
    may_fill = rules.may_fill[:, None]
    is_worse = rules.may_worsen & (rules.effect_sign * earlier.comparable < rules.effect_sign * comparable)
    carried = (may_fill & np.isnan(comparable) & ~np.isnan(earlier.comparable)) | is_worse
    values.comparable[row_index] = np.where(carried, earlier.comparable, comparable)
    values.shown[row_index] = np.where(carried | (may_fill & np.isnan(shown)), earlier.shown, shown)
