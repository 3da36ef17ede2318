"""What an earlier snapshot gives a household whose own snapshot leaves a field unknown.

The latest known value within the age limit is carried forward. Of a field with an effect only the newest value that can be
known by now is read: once whoever visited has had time to report it (`lag_days`), a field that is still unknown was left
out, and an earlier value that is better than the one left out would raise the score.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Mask, Matrix
from graduasi.dates import Days
from graduasi.readiness.history import Indices
from graduasi.readiness.late_fields import LagDays, hide_late, is_late

CAREFUL_DAYS = 366
"""For a model of version 0.1.0: how far back an earlier snapshot may make a value that is carried forward less favourable."""


class FieldValues(NamedTuple):
    """The values of feature fields (rows × feature fields, NaN for unknown), in two units."""

    comparable: Matrix
    """As models compare them: money as a ratio to its yardstick, a date as years before the snapshot."""
    shown: Matrix
    """In the field's own unit, for people to read."""


@dataclass(frozen=True)
class FieldTable:
    """The feature fields of all snapshots of a panel, and when each of them becomes known."""

    values: FieldValues
    known_on: Days
    lag_days: LagDays
    effect_sign: npt.NDArray[np.int8]
    """One for each field: 1 if more is favourable, -1 if less is, 0 if neither."""

    def as_known(self, snapshots: Indices, days: Days, *, fields: Indices | None = None) -> FieldValues:
        """The values of these snapshots as known on `days` (one for each snapshot), of some `fields` or of all."""
        entries = snapshots if fields is None else np.ix_(snapshots, fields)
        lag_days = self.lag_days if fields is None else self.lag_days[fields]
        known_on = self.known_on[snapshots]
        comparable, shown = (hide_late(values[entries], known_on, days, lag_days) for values in self.values)
        return FieldValues(comparable, shown)

    def may_be_left_out(self, snapshots: Indices, days: Days) -> Mask:
        """Snapshots × fields: the field has an effect, and whoever visited has had time to report it by `days`."""
        return (self.effect_sign != 0) & ~is_late(self.known_on[snapshots], days, self.lag_days)


class NewestValues:
    """Carries the newest known value forward; a field with an effect that was left out stays unknown.

    `values` are those of the rows' own snapshots, as known on `days` (one for each row); they are changed in place.
    """

    def __init__(self, table: FieldTable, values: FieldValues, rows: Indices, days: Days, *, max_age_days: int) -> None:
        self._table, self._values, self._days, self._max_age_days = table, values, days, max_age_days
        self._left_out = np.isnan(values.comparable) & table.may_be_left_out(rows, days)

    def carry(self, row_index: Indices, earlier: Indices, age_days: Days) -> None:
        """Fill in from one earlier snapshot of each row in `row_index`; call it with later snapshots first."""
        recent = age_days <= self._max_age_days
        if not recent.any():
            return
        row_index, earlier = row_index[recent], earlier[recent]
        days = self._days[row_index]
        past = self._table.as_known(earlier, days)
        comparable, shown = self._values.comparable[row_index], self._values.shown[row_index]
        unknown_still = np.isnan(comparable) & np.isnan(past.comparable)
        left_out = self._left_out[row_index] | (unknown_still & self._table.may_be_left_out(earlier, days))
        self._left_out[row_index] = left_out
        carried = np.isnan(comparable) & ~np.isnan(past.comparable) & ~left_out
        self._values.comparable[row_index] = np.where(carried, past.comparable, comparable)
        self._values.shown[row_index] = np.where(carried, past.shown, shown)


class LeastFavourableValues:
    """Carries every field forward, one with an effect at its least favourable value of the past year.

    So models of version 0.1.0 read it. Arguments and method as those of `NewestValues`.
    """

    def __init__(self, table: FieldTable, values: FieldValues, rows: Indices, days: Days, *, max_age_days: int) -> None:
        self._table, self._values, self._days, self._max_age_days = table, values, days, max_age_days
        self._own_unknown = np.isnan(values.comparable)

    def carry(self, row_index: Indices, earlier: Indices, age_days: Days) -> None:
        recent = age_days <= max(self._max_age_days, CAREFUL_DAYS)
        if not recent.any():
            return
        row_index, earlier = row_index[recent], earlier[recent]
        past, sign = self._table.as_known(earlier, self._days[row_index]), self._table.effect_sign
        comparable, shown = self._values.comparable[row_index], self._values.shown[row_index]
        may_fill = (age_days[recent] <= self._max_age_days)[:, None]
        is_worse = self._own_unknown[row_index] & (sign * past.comparable < sign * comparable)
        carried = (may_fill & np.isnan(comparable) & ~np.isnan(past.comparable)) | is_worse
        self._values.comparable[row_index] = np.where(carried, past.comparable, comparable)
        self._values.shown[row_index] = np.where(carried | (may_fill & np.isnan(shown)), past.shown, shown)
