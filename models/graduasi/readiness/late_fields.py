"""Fields that become known later than their row: `lag_days` in the dictionary.

A value counts only from the day its row became known plus the lag of its field. Until then the value of an earlier
snapshot stands, if there is one, as it would have stood for whoever had to decide that day.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Mask, Matrix
from graduasi.dates import Days
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.panel.record import Panel
from graduasi.readiness.history import Indices, earlier_snapshots

LagDays = npt.NDArray[np.int32]
"""One for each field: the days from a row's `known_on` until the field is known."""


def lag_days_of(fields: tuple[Field, ...], dictionary: Dictionary) -> LagDays:
    """The lag of each field as a model reads it; a ratio is known once both its parts are."""
    return np.array(
        [max(field.lag_days, dictionary.fields[field.per].lag_days if field.per else 0) for field in fields],
        dtype=np.int32,
    )


def hide_late(values: Matrix, known_on: Days, days: Days, lag_days: LagDays) -> Matrix:
    """The values (rows × fields) as known on the rows' `days`: NaN where a field is not known yet.

    Returns `values` itself if no field is late.
    """
    if not lag_days.any():
        return values
    return np.where(is_late(known_on, days, lag_days), np.nan, values)


def is_late(known_on: Days, days: Days, lag_days: LagDays) -> Mask:
    """Rows × fields: the field is late, and not known yet on the row's day."""
    return (lag_days > 0) & _not_yet_known(known_on, days, lag_days)


def _not_yet_known(known_on: Days, days: Days, lag_days: LagDays) -> Mask:
    """Rows × fields: the lag has not passed by the row's day."""
    return known_on[:, None] + lag_days > days[:, None]


def snapshots_as_known(panel: Panel, rows: Indices, *, as_of: int | Days, declarations: Declarations) -> Panel:
    """The snapshots at `rows` as known on `as_of` (one day, or one for each row), for rules to judge.

    A field that is not known yet has the value of the latest earlier snapshot that is at most `max_data_age_days` older
    and in which the field is known by then.
    """
    snapshots = panel.take(rows)
    all_lag_days = np.array([field.lag_days for field in declarations.dictionary.fields.values()], dtype=np.int32)
    late_columns = np.flatnonzero(all_lag_days)
    if not len(late_columns):
        return snapshots
    lag_days = all_lag_days[late_columns]
    days = np.broadcast_to(np.asarray(as_of, dtype=np.int32), rows.shape)
    late = _not_yet_known(snapshots.known_on, days, lag_days)
    values = snapshots.values.copy()
    values[:, late_columns] = np.where(late, np.nan, values[:, late_columns])
    waiting = np.flatnonzero(late.any(axis=1))
    oldest = snapshots.as_of[waiting] - declarations.max_data_age_days
    for waiting_index, earlier in earlier_snapshots(panel, rows[waiting], oldest=oldest):
        row_index = waiting[waiting_index]
        entries = np.ix_(row_index, late_columns)
        earlier_values = panel.values[np.ix_(earlier, late_columns)]
        known = hide_late(earlier_values, panel.known_on[earlier], days[row_index], lag_days)
        values[entries] = np.where(np.isnan(values[entries]) & late[row_index], known, values[entries])
    return replace(snapshots, values=values)
