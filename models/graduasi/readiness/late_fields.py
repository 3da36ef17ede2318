"""Fields that become known later than their row: `lag_days` in the dictionary.

A value counts only from the day its row became known plus the lag of its source. Until then the value of an earlier
snapshot stands, if there is one, as it would have stood for whoever had to decide that day.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.dates import Days
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.panel.record import Panel

Lags = npt.NDArray[np.int32]


def lags_of(fields: tuple[Field, ...], dictionary: Dictionary) -> Lags:
    """Days by field; a ratio is known when both its parts are."""
    return np.array(
        [max(field.lag_days, dictionary.fields[field.per].lag_days if field.per else 0) for field in fields],
        dtype=np.int32,
    )


def hide_unripe(values: Matrix, known_on: Days, days: Days, lags: Lags) -> Matrix:
    """The values (rows × fields) as known on the rows' `days`: NaN where a field's lag has not passed yet."""
    if not lags.any():
        return values
    return np.where((lags > 0) & (known_on[:, None] + lags > days[:, None]), np.nan, values)


def snapshots_as_known(
    panel: Panel, rows: npt.NDArray[np.intp], *, as_of: int | Days, declarations: Declarations
) -> Panel:
    """The snapshots at `rows` as known on `as_of`, for rules to judge: a field that is not known yet has the value of
    the latest earlier snapshot not more than `max_data_age_days` older whose lag has passed.
    """
    taken = panel.take(rows)
    lags = np.array([field.lag_days for field in declarations.dictionary.fields.values()], dtype=np.int32)
    late = np.flatnonzero(lags)
    if not len(late):
        return taken
    days = np.broadcast_to(np.asarray(as_of, dtype=np.int32), rows.shape)
    values = taken.values.copy()
    values[:, late] = hide_unripe(taken.values[:, late], taken.known_on, days, lags[late])
    waiting = np.flatnonzero((taken.known_on[:, None] + lags[late] > days[:, None]).any(axis=1))
    back = 0
    while len(waiting):
        back += 1
        earlier = rows[waiting] - back
        inside = (earlier >= 0) & (panel.household[earlier] == taken.household[waiting])
        inside &= taken.as_of[waiting] - panel.as_of[earlier] <= declarations.max_data_age_days
        waiting, earlier = waiting[inside], earlier[inside]
        known = hide_unripe(panel.values[np.ix_(earlier, late)], panel.known_on[earlier], days[waiting], lags[late])
        unripe = taken.known_on[waiting][:, None] + lags[late] > days[waiting][:, None]
        part = values[np.ix_(waiting, late)]
        values[np.ix_(waiting, late)] = np.where(np.isnan(part) & unripe, known, part)
    return replace(taken, values=values)
