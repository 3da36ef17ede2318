"""A household's earlier snapshots, and what is derived from them: previous value, change, mean and slope.

All rows are worked on at once, one step back at a time: first every row's snapshot 1 before its own, then the snapshot
2 before, and so on. Sums over the snapshots so far are enough to derive everything at the end.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days
from graduasi.declarations.dictionary import History
from graduasi.panel.record import Panel

Indices = npt.NDArray[np.intp]

DAYS_PER_YEAR = 365.25
MIN_TIME_SPREAD = 1e-12
"""For a slope, `count × Σ years² − (Σ years)²` must be above this: of snapshots of one day, rounding may leave a little."""


def earlier_snapshots(panel: Panel, rows: Indices, *, oldest: Days) -> Iterator[tuple[Indices, Indices]]:
    """For k = 1, 2, …: which of `rows` (as indices into `rows`) have a snapshot k before their own, and its row in the panel.

    A snapshot that is older than the row's day in `oldest` does not count, nor does any before it.
    """
    row_index = np.arange(len(rows))
    steps_back = 0
    while len(row_index):
        steps_back += 1
        earlier = rows[row_index] - steps_back
        counts = (
            (earlier >= 0)
            & (panel.household[earlier] == panel.household[rows[row_index]])
            & (panel.as_of[earlier] >= oldest[row_index])
        )
        row_index, earlier = row_index[counts], earlier[counts]
        yield row_index, earlier


def gain(trend: Array, effect_sign: int) -> Array:
    """A change or slope as far as it is an improvement, 0 where it is none; NaN stays NaN.

    `effect_sign` is 1 if more is favourable and -1 if less is. So a fall counts through the lower value itself, and whoever
    leaves out a value that fell gains nothing: an unknown change counts as none as well.
    """
    return np.maximum(trend, 0.0) if effect_sign > 0 else np.minimum(trend, 0.0)


class HistorySums:
    """Running sums over earlier snapshots (rows × fields with a history), from which derived features follow.

    `own` are the values of the rows' own snapshots. While `is_empty` no earlier snapshot was added: nothing derived is
    known, and no sums were allocated.
    """

    def __init__(self, own: Matrix) -> None:
        self._own = own
        self.is_empty = True

    def _allocate(self) -> None:
        self.is_empty = False
        shape = self._own.shape
        known = ~np.isnan(self._own)
        self._previous = np.full(shape, np.nan)
        self._earlier_sum, self._earlier_count = np.zeros(shape), np.zeros(shape)
        # The slope counts the row's own snapshot as well, at time 0.
        self._count, self._value_sum = known.astype(float), np.where(known, self._own, 0.0)
        self._time_sum, self._time_square_sum = np.zeros(shape), np.zeros(shape)
        self._time_value_sum = np.zeros(shape)

    def add(self, row_index: Indices, values: Matrix, age_days: Days) -> None:
        """Add one earlier snapshot to each row in `row_index`; call it with later snapshots first.

        `values` (rows × fields) are those of the earlier snapshots, which are `age_days` older than the rows' own.
        """
        if not len(row_index) or not self._own.shape[1]:
            return
        if self.is_empty:
            self._allocate()
        known = ~np.isnan(values)
        known_values = np.where(known, values, 0.0)
        years = (-age_days / DAYS_PER_YEAR)[:, None] * known
        self._previous[row_index] = np.where(np.isnan(self._previous[row_index]), values, self._previous[row_index])
        self._earlier_sum[row_index] += known_values
        self._earlier_count[row_index] += known
        self._count[row_index] += known
        self._value_sum[row_index] += known_values
        self._time_sum[row_index] += years
        self._time_square_sum[row_index] += years * years
        self._time_value_sum[row_index] += years * known_values

    def derived(self, history: History, field: int) -> Array:
        """One derived feature of the field with this index among those with a history; NaN where it is unknown."""
        match history:
            case "previous":
                return self._previous[:, field]
            case "change":
                return self._own[:, field] - self._previous[:, field]
            case "mean":
                count = self._earlier_count[:, field]
                return np.divide(self._earlier_sum[:, field], count, out=np.full(len(count), np.nan), where=count > 0)
            case "slope":
                return self._slope(field)

    def _slope(self, field: int) -> Array:
        """Least squares through the known values over time, in the field's unit a year; it needs two different days."""
        count, time_sum, value_sum = self._count[:, field], self._time_sum[:, field], self._value_sum[:, field]
        spread = count * self._time_square_sum[:, field] - time_sum * time_sum
        products = count * self._time_value_sum[:, field] - time_sum * value_sum
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((count >= 2) & (spread > MIN_TIME_SPREAD), products / spread, np.nan)
