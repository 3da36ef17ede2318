"""What earlier visits said, for sentences that name their day: values carried forward, and amounts that moved clearly.

A family's card may say that an amount is high only if it also says that it was higher at the visit before, and a value that the
latest visit left unknown is told with the day it is of.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Array, Mask, Matrix
from graduasi.dates import Days, add_months
from graduasi.declarations.caching import IdentityKey
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.panel.record import Panel
from graduasi.readiness.features import EFFECT_SIGN, own_features
from graduasi.readiness.history import Indices, earlier_snapshots
from graduasi.readiness.late_fields import LagDays, hide_late, lag_days_of
from graduasi.scoring.reasons import number_texts, value_texts_of

# Values and days are texts, as those of reasons are.
EARLIER_VALUE = pa.struct(
    [
        ("field", pa.string()),
        ("value", pa.string()),
        ("as_of", pa.string()),
        ("earlier_value", pa.string()),
        ("earlier_as_of", pa.string()),
    ]
)
MOVED = 0.2
"""The part of an earlier amount by which a later one has to differ to be told: with less, reports differ from visit to visit."""
LOOK_BACK_MONTHS = 12
"""A visit longer ago is not what a fall or a rise is told against."""


class _Plan(NamedTuple):
    """For each feature field, in the dictionary's order: its name, its feature and column, and whether a move of it is told."""

    names: list[str]
    features: Indices
    columns: Indices
    lag_days: LagDays
    is_told: Mask


@lru_cache(maxsize=16)
def _plan_for(key: IdentityKey) -> _Plan:
    (dictionary,) = key.objects
    assert isinstance(dictionary, Dictionary)
    names, features, columns = zip(*own_features(dictionary), strict=True)
    fields = dictionary.features
    return _Plan(
        list(names),
        np.array(features, dtype=np.intp),
        np.array(columns, dtype=np.intp),
        lag_days_of(fields, dictionary),
        np.array([field.per is not None and EFFECT_SIGN[field.effect] != 0 for field in fields], dtype=bool),
    )


def earlier_values(
    panel: Panel, rows: Indices, *, as_of: int | Days, shown: Matrix, own: Matrix, declarations: Declarations
) -> pa.ListArray:
    """For each of `rows`, a list of EARLIER_VALUE.

    `shown` are the features in their own units (rows × features), `own` the rows' snapshots as known on `as_of` (rows × all
    fields). A field that only `shown` knows was carried forward: `value` and `as_of` are those of its visit, and there is no
    earlier value. An amount with a yardstick and an effect that moved by MOVED or more is told with both values and days.
    """
    plan = _plan_for(IdentityKey(declarations.dictionary))
    days = np.broadcast_to(np.asarray(as_of, dtype=np.int32), rows.shape)
    fields = np.flatnonzero(
        plan.is_told | (np.isnan(own[:, plan.columns]) & ~np.isnan(shown[:, plan.features])).any(axis=0)
    )
    visits = _EarlierVisits(shown[:, plan.features[fields]], own[:, plan.columns[fields]], plan.is_told[fields])
    lag_days = plan.lag_days[fields]
    for row_index, earlier in earlier_snapshots(panel, rows, oldest=add_months(panel.as_of[rows], -LOOK_BACK_MONTHS)):
        known = panel.known_on[earlier] <= days[row_index]
        row_index, earlier = row_index[known], earlier[known]
        past = panel.values[np.ix_(earlier, plan.columns[fields])]
        visits.add(row_index, hide_late(past, panel.known_on[earlier], days[row_index], lag_days), panel.as_of[earlier])
    return visits.told(panel.as_of[rows], fields, plan.names, declarations.dictionary)


class _EarlierVisits:
    """What is found visit by visit, the later ones first. Matrices are rows × fields; days are days since 1970."""

    def __init__(self, shown: Matrix, latest: Matrix, is_told: Mask) -> None:
        self._shown, self._latest = shown, latest
        self._carried = np.isnan(latest) & ~np.isnan(shown)
        self._undated = self._carried.copy()
        self._uncompared = is_told & ~np.isnan(latest)
        self._day = np.zeros(shown.shape, np.int32)
        self._before, self._before_day = np.full(shown.shape, np.nan), np.zeros(shown.shape, np.int32)

    def add(self, row_index: Indices, past: Matrix, days: Days) -> None:
        """One earlier visit of each row in `row_index`: its values and its day."""
        index, field = np.nonzero(self._undated[row_index] & (past == self._shown[row_index]))
        row = row_index[index]
        self._day[row, field], self._undated[row, field] = days[index], False
        index, field = np.nonzero(self._uncompared[row_index] & ~np.isnan(past))
        row = row_index[index]
        self._before[row, field], self._before_day[row, field] = past[index, field], days[index]
        self._uncompared[row, field] = False

    def told(self, own_days: Days, fields: Indices, names: list[str], dictionary: Dictionary) -> pa.ListArray:
        """The lists of EARLIER_VALUE, one for each row; `own_days` are those of the rows' own visits."""
        moved = has_moved(self._latest, self._before)
        told = moved | (self._carried & ~self._undated)
        row, field = np.nonzero(told)
        is_moved = moved[row, field]
        value = np.where(is_moved, self._latest[row, field], self._shown[row, field])  # shown only with its yardstick
        null = pa.scalar(None, pa.string())
        members = [
            pa.array([names[index] for index in fields], pa.string()).take(pa.array(field)),
            value_texts_of(value, fields[field], dictionary),
            _day_texts(np.where(is_moved, own_days[row], self._day[row, field])),
            pc.if_else(pa.array(is_moved), number_texts(self._before[row, field]), null),
            pc.if_else(pa.array(is_moved), _day_texts(self._before_day[row, field]), null),
        ]
        offsets = np.concatenate([[0], np.cumsum(told.sum(axis=1))]).astype(np.int32)
        lists = pa.StructArray.from_arrays(members, fields=list(EARLIER_VALUE))
        return pa.ListArray.from_arrays(pa.array(offsets), lists)


def _day_texts(days: npt.NDArray[np.int32]) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()).cast(pa.string())


def has_moved(value: Array, before: Array) -> Mask:
    """Whether amounts differ from what they were `before` by MOVED of it or more; False where either is unknown."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(value - before) >= MOVED * np.abs(before)) & (value != before))
