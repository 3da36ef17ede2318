"""What a model reads: a household as it was known on a day.

A feature is a field at the household's current snapshot, or something derived from the snapshots known earlier
(`history` in the dictionary). Nothing known after the as-of day enters: an earlier snapshot counts only if its
`known_on` is not later than that day. The work is done lag by lag over all rows at once: at lag k every row looks at
the snapshot k places before its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from graduasi.dates import Days, add_months
from graduasi.dictionary import Dictionary, Effect, Field
from graduasi.panel import Panel

HISTORY_MONTHS = 36
DAYS_PER_YEAR = 365.25

Derivation = Literal["value", "previous", "change", "mean", "slope"]
INHERITS_EFFECT = ("value", "previous", "mean")
"""A change or a slope may move readiness either way whatever the field does."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix."""

    name: str
    field: Field
    derivation: Derivation

    @property
    def effect(self) -> Effect:
        return self.field.effect if self.derivation in INHERITS_EFFECT else "any"

    @property
    def is_nominal(self) -> bool:
        return self.field.is_nominal


@dataclass(frozen=True)
class FeatureMatrix:
    """`values`: rows × features, NaN for unknown. `shown`: the same in the field's own unit, for people to read.

    `reported` says which fields the current snapshot itself holds (rows × fields of the dictionary).
    """

    values: Matrix
    shown: Matrix


def features_of(dictionary: Dictionary) -> tuple[Feature, ...]:
    """The features in the dictionary's order, a field's history after the field."""
    found = []
    for field in dictionary.features:
        found.append(Feature(field.name, field, "value"))
        found += [Feature(f"{field.name}__{derivation}", field, derivation) for derivation in field.history]
    return tuple(found)


def build_features(
    panel: Panel, rows: npt.NDArray[np.intp], *, as_of: int | Days, dictionary: Dictionary, max_age_days: int
) -> FeatureMatrix:
    """The features of the snapshots at `rows`, as known on the day `as_of` (one day, or one for each row).

    A field unknown at the snapshot is carried forward from the latest earlier one not more than `max_age_days` older.
    """
    fields = dictionary.features
    places = [dictionary.column(field.name) for field in fields]
    comparable = _comparable(panel, dictionary, fields)
    reported = comparable[rows]
    history = _History(reported, panel.as_of[rows], [i for i, field in enumerate(fields) if field.history])
    shown = panel.values[rows][:, places]
    current = reported.copy()
    days = np.broadcast_to(np.asarray(as_of, dtype=np.int32), rows.shape)
    for back, earlier in _lags(panel, rows, days):
        age = panel.as_of[rows[back]] - panel.as_of[earlier]
        fresh, source = back[age <= max_age_days], earlier[age <= max_age_days]
        _fill_unknown(current, comparable, fresh, source)
        if len(fresh):
            _fill_unknown(shown, panel.values[:, places], fresh, source)
        history.add(back, comparable[earlier][:, history.places], panel.as_of[earlier])
    return _assemble(fields, current, shown, history)


def _comparable(panel: Panel, dictionary: Dictionary, fields: tuple[Field, ...]) -> Matrix:
    """The feature fields of every snapshot, money as a ratio to its yardstick and dates as years before the visit."""
    values = panel.values[:, [dictionary.column(field.name) for field in fields]].copy()
    for place, field in enumerate(fields):
        if field.per is not None:
            base = panel.values[:, dictionary.column(field.per)]
            values[:, place] = np.divide(values[:, place], base, out=np.full(len(panel), np.nan), where=base > 0)
        elif field.type == "date":
            values[:, place] = (panel.as_of - values[:, place]) / DAYS_PER_YEAR
    return values


def _lags(
    panel: Panel, rows: npt.NDArray[np.intp], days: Days
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """For lag 1, 2, … the rows (as places in `rows`) that have a snapshot so far back, known by their day, and which."""
    active = np.arange(len(rows))
    oldest = add_months(panel.as_of[rows], -HISTORY_MONTHS)
    lag = 0
    while len(active):
        lag += 1
        earlier = rows[active] - lag
        inside = (
            (earlier >= 0)
            & (panel.household[earlier] == panel.household[rows[active]])
            & (panel.as_of[earlier] >= oldest[active])
        )
        active, earlier = active[inside], earlier[inside]
        known = panel.known_on[earlier] <= days[active]
        yield active[known], earlier[known]


def _fill_unknown(target: Matrix, source: Matrix, rows: npt.NDArray[np.intp], origin: npt.NDArray[np.intp]) -> None:
    part = target[rows]
    target[rows] = np.where(np.isnan(part), source[origin], part)


class _History:
    """Running sums over the earlier snapshots, from which previous, mean and slope follow."""

    def __init__(self, reported: Matrix, as_of: Days, places: list[int]) -> None:
        self.places = places
        self.now = reported[:, places]
        self._as_of = as_of
        shape = self.now.shape
        self.previous = np.full(shape, np.nan)
        self.total, self.count = np.zeros(shape), np.zeros(shape)
        known = ~np.isnan(self.now)
        # The slope counts the current snapshot, at time 0.
        self._n, self._y = known.astype(float), np.where(known, self.now, 0.0)
        self._t, self._tt, self._ty = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def add(self, rows: npt.NDArray[np.intp], values: Matrix, as_of: Days) -> None:
        """Take in the snapshots one lag further back."""
        if not len(rows) or not self.places:
            return
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)
        time = ((as_of - self._as_of[rows]) / DAYS_PER_YEAR)[:, None] * known
        self.previous[rows] = np.where(np.isnan(self.previous[rows]), values, self.previous[rows])
        self.total[rows] += filled
        self.count[rows] += known
        self._n[rows] += known
        self._y[rows] += filled
        self._t[rows] += time
        self._tt[rows] += time * time
        self._ty[rows] += time * filled

    def derived(self, derivation: Derivation, place: int) -> npt.NDArray[np.float64]:
        """One derived feature of the field at `place` among the fields."""
        at = self.places.index(place)
        match derivation:
            case "previous":
                return self.previous[:, at]
            case "change":
                return self.now[:, at] - self.previous[:, at]
            case "mean":
                count = self.count[:, at]
                return np.divide(self.total[:, at], count, out=np.full(len(count), np.nan), where=count > 0)
        n, t, y = self._n[:, at], self._t[:, at], self._y[:, at]
        spread = n * self._tt[:, at] - t * t
        return np.divide(
            n * self._ty[:, at] - t * y, spread, out=np.full(len(n), np.nan), where=(n >= 2) & (spread > 1e-12)
        )


def _assemble(fields: tuple[Field, ...], current: Matrix, shown: Matrix, history: _History) -> FeatureMatrix:
    values, shown_columns = [], []
    for place, field in enumerate(fields):
        values.append(current[:, place])
        shown_columns.append(shown[:, place])
        for derivation in field.history:
            values.append(history.derived(derivation, place))
            shown_columns.append(values[-1])
    return FeatureMatrix(np.column_stack(values), np.column_stack(shown_columns))
