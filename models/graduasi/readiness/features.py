"""What a model reads: a household as it was known on a day.

A feature is a field at the household's current snapshot, or something derived from the snapshots known earlier
(`history` in the dictionary). Nothing known after the as-of day enters: an earlier snapshot counts only if its
`known_on` is not later than that day. The work is done lag by lag over all rows at once: at lag k every row looks at
the snapshot k places before its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.dates import Days, add_months
from graduasi.declarations.caching import IdentityKey
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Effect, Field
from graduasi.panel.record import Panel
from graduasi.readiness.late_fields import Lags, hide_unripe, lags_of

HISTORY_MONTHS = 36
GOOD = {"increasing": 1, "decreasing": -1, "any": 0}
"""Which way is favourable, by declared effect."""
CAREFUL_DAYS = 366
"""How far back a visit may make a value that is carried forward less favourable."""
DAYS_PER_YEAR = 365.25

Derivation = Literal["value", "previous", "change", "mean", "slope"]
INHERITS_EFFECT = ("value", "previous", "mean")
"""A change or a slope may move readiness either way whatever the field does."""


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
    """`values`: rows × features, NaN for unknown. `shown`: the same in the field's own unit, for people to read; an amount whose
    yardstick is unknown is as unknown to them as to the model.
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


@dataclass(frozen=True)
class _Plan:
    """Where everything stands, worked out once a dictionary.

    `fields` are places among the dictionary's fields; all others are places among the feature fields or the features.
    """

    fields: npt.NDArray[np.intp]
    own: npt.NDArray[np.intp]
    ratios: npt.NDArray[np.intp]
    yardsticks: npt.NDArray[np.intp]
    dates: npt.NDArray[np.intp]
    with_history: npt.NDArray[np.intp]
    derived: tuple[tuple[int, int, Derivation], ...]
    lags: Lags
    good: npt.NDArray[np.int8]
    width: int


@lru_cache(maxsize=16)
def _plan_for(key: IdentityKey) -> _Plan:
    (dictionary,) = key.objects
    assert isinstance(dictionary, Dictionary)
    fields, features = dictionary.features, features_of(dictionary)
    place = {field.name: number for number, field in enumerate(fields)}
    with_history = [number for number, field in enumerate(fields) if field.history]
    return _Plan(
        fields=np.array([dictionary.column(field.name) for field in fields], dtype=np.intp),
        own=np.array(
            [number for number, feature in enumerate(features) if feature.derivation == "value"], dtype=np.intp
        ),
        ratios=np.array([number for number, field in enumerate(fields) if field.per], dtype=np.intp),
        yardsticks=np.array([dictionary.column(field.per) for field in fields if field.per], dtype=np.intp),
        dates=np.array([number for number, field in enumerate(fields) if field.type == "date"], dtype=np.intp),
        with_history=np.array(with_history, dtype=np.intp),
        derived=tuple(
            (number, with_history.index(place[feature.field.name]), feature.derivation)
            for number, feature in enumerate(features)
            if feature.derivation != "value"
        ),
        lags=lags_of(fields, dictionary),
        good=np.array([GOOD[field.effect] for field in fields], dtype=np.int8),
        width=len(features),
    )


def build_features(
    panel: Panel, rows: npt.NDArray[np.intp], *, as_of: int | Days, declarations: Declarations
) -> FeatureMatrix:
    """The features of the snapshots at `rows`, as known on the day `as_of` (one day, or one for each row).

    A field unknown at the snapshot is carried forward from the latest earlier one not more than `max_data_age_days` older. Where
    the dictionary declares an effect, the least favourable value of the past year stands instead: leaving out a value must
    not bring back a better one.
    """
    plan = _plan_for(IdentityKey(declarations.dictionary))
    max_age_days = declarations.max_data_age_days
    asked = panel.values[:, plan.fields]
    comparable = _comparable(panel, asked, plan)
    days = np.broadcast_to(np.asarray(as_of, dtype=np.int32), rows.shape)

    def known(table: Matrix, places: npt.NDArray[np.intp], of: npt.NDArray[np.intp]) -> Matrix:
        """The table at `places`, as known on the days of the rows `of`."""
        return hide_unripe(table[places], panel.known_on[places], days[of], plan.lags)

    everything = np.arange(len(rows))
    reported, shown = known(comparable, rows, everything), known(asked, rows, everything)
    current = reported.copy()
    history, told = (_History(now[:, plan.with_history], panel.as_of[rows]) for now in (reported, shown))
    for back, earlier in _lags(panel, rows, days):
        age = panel.as_of[rows[back]] - panel.as_of[earlier]
        recent = age <= max(max_age_days, CAREFUL_DAYS)
        if recent.any():
            at, of = back[recent], earlier[recent]
            may = _May(age[recent] <= max_age_days, np.isnan(reported[at]), plan.good)
            _carry_forward(current, shown, at, known(comparable, of, at), known(asked, of, at), may)
        history.add(back, known(comparable, earlier, back)[:, plan.with_history], panel.as_of[earlier])
        told.add(back, known(asked, earlier, back)[:, plan.with_history], panel.as_of[earlier])
    values = _assemble(plan, current, history)
    readable = np.where(np.isnan(values), np.nan, _assemble(plan, shown, told))
    return FeatureMatrix(values, readable)


def comparable(panel: Panel, dictionary: Dictionary) -> Matrix:
    """The feature fields of every snapshot as models compare them, nothing carried forward: snapshots × feature fields."""
    plan = _plan_for(IdentityKey(dictionary))
    return _comparable(panel, panel.values[:, plan.fields], plan)


def _comparable(panel: Panel, asked: Matrix, plan: _Plan) -> Matrix:
    """The feature fields of every snapshot, money as a ratio to its yardstick and dates as years before the visit."""
    if not len(plan.ratios) and not len(plan.dates):
        return asked
    values = asked.copy()
    yardstick = panel.values[:, plan.yardsticks]
    values[:, plan.ratios] = asked[:, plan.ratios] / np.where(yardstick > 0, yardstick, np.nan)
    values[:, plan.dates] = (panel.as_of[:, None] - asked[:, plan.dates]) / DAYS_PER_YEAR
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


class _May(NamedTuple):
    """What an earlier visit may do: fill (rows), worsen what was carried (rows × fields), and which way is good (fields)."""

    fill: npt.NDArray[np.bool_]
    worsen: npt.NDArray[np.bool_]
    good: npt.NDArray[np.int8]


def _carry_forward(
    current: Matrix,
    shown: Matrix,
    rows: npt.NDArray[np.intp],
    earlier: Matrix,
    earlier_shown: Matrix,
    may: _May,
) -> None:
    """Give what is unknown at `rows` its value of one earlier visit, or the less favourable of that and a later one's."""
    now, told, fresh = current[rows], shown[rows], may.fill[:, None]
    worse = may.worsen & (may.good * earlier < may.good * now)
    take = (fresh & np.isnan(now) & ~np.isnan(earlier)) | worse
    current[rows] = np.where(take, earlier, now)
    shown[rows] = np.where(take | (fresh & np.isnan(told)), earlier_shown, told)


class _History:
    """Running sums over the earlier snapshots, from which previous, mean and slope follow.

    `is_empty` until a first earlier snapshot comes: then nothing derived is known, and nothing need be computed.
    """

    def __init__(self, now: Matrix, as_of: Days) -> None:
        self.now = now
        self.is_empty = True
        self._as_of = as_of

    def _begin(self) -> None:
        self.is_empty = False
        now, shape = self.now, self.now.shape
        self.previous = np.full(shape, np.nan)
        self.total, self.count = np.zeros(shape), np.zeros(shape)
        known = ~np.isnan(now)
        # The slope counts the current snapshot, at time 0.
        self._n, self._y = known.astype(float), np.where(known, now, 0.0)
        self._t, self._tt, self._ty = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def add(self, rows: npt.NDArray[np.intp], values: Matrix, as_of: Days) -> None:
        """Take in the snapshots one lag further back."""
        if not len(rows) or not self.now.shape[1]:
            return
        if self.is_empty:
            self._begin()
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

    def derived(self, derivation: Derivation, at: int) -> npt.NDArray[np.float64]:
        """One derived feature of the field at place `at` among those with a history."""
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
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((n >= 2) & (spread > 1e-12), (n * self._ty[:, at] - t * y) / spread, np.nan)


def _assemble(plan: _Plan, own: Matrix, history: _History) -> Matrix:
    """A field's own value and what is derived from its history, in the order of the features."""
    values = np.full((len(own), plan.width), np.nan)
    values[:, plan.own] = own
    if history.is_empty:
        return values
    for place, at, derivation in plan.derived:
        values[:, place] = history.derived(derivation, at)
    return values


def carried_features(values: Matrix, snapshots: Matrix, dictionary: Dictionary) -> npt.NDArray[np.bool_]:
    """Which features (rows × features) are known only from an earlier visit: the field itself is unknown in the
    household's own snapshot (rows × all fields).
    """
    found = np.zeros(values.shape, dtype=bool)
    for _, place, column in field_places(dictionary):
        found[:, place] = np.isnan(snapshots[:, column]) & ~np.isnan(values[:, place])
    return found


def field_places(dictionary: Dictionary) -> list[tuple[str, int, int]]:
    """Each field that a model may read: its name, the place of its own feature, and its column in a snapshot."""
    places = {feature.name: place for place, feature in enumerate(features_of(dictionary))}
    return [(field.name, places[field.name], dictionary.column(field.name)) for field in dictionary.features]
