"""What a model reads of a household: its features, as they were known on a day.

A feature is a field at the household's own snapshot, or something derived from its earlier snapshots (`history` in the
dictionary). Nothing that became known after the as-of day enters: an earlier snapshot counts only if its `known_on` is
not later than that day, and a late field only once its `lag_days` have passed.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Mask, Matrix
from graduasi.dates import Days, add_months
from graduasi.declarations.caching import IdentityKey
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Effect, Field, History
from graduasi.panel.record import Panel
from graduasi.readiness.carry_forward import FieldTable, FieldValues, LeastFavourableValues, NewestValues
from graduasi.readiness.history import DAYS_PER_YEAR, HistorySums, Indices, earlier_snapshots, gain
from graduasi.readiness.late_fields import LagDays, lag_days_of

HISTORY_MONTHS = 36
"""How far before a household's own snapshot its history reaches."""
TRENDS = ("change", "slope")
"""What a household's own value is compared with its earlier ones for."""
EFFECT_SIGN = {"increasing": 1, "decreasing": -1, "any": 0}
"""By declared effect: 1 if more is favourable, -1 if less is, 0 if neither."""

Derivation = Literal["value"] | History


@dataclass(frozen=True)
class Feature:
    """One column of the feature matrix."""

    name: str
    field: Field
    derivation: Derivation

    @property
    def effect(self) -> Effect:
        """The field's, whatever is derived from it: a higher value now also means a larger change and a steeper slope."""
        return self.field.effect

    @property
    def is_nominal(self) -> bool:
        return self.field.is_nominal


@dataclass(frozen=True)
class FeatureMatrix:
    """Two matrices of rows × features, NaN for unknown."""

    values: Matrix
    """What the model reads."""
    shown: Matrix
    """The same in the field's own unit, for people to read. An amount whose yardstick is unknown is unknown here as well."""


def features_of(dictionary: Dictionary) -> tuple[Feature, ...]:
    """The features in the dictionary's order, those from a field's history after the field."""
    features = []
    for field in dictionary.features:
        features.append(Feature(field.name, field, "value"))
        features += [Feature(f"{field.name}__{history}", field, history) for history in field.history]
    return tuple(features)


@dataclass(frozen=True)
class _Plan:
    """The indices that building features needs, worked out once for a dictionary.

    A *column* is an index among all fields of the dictionary, a *field* one among its feature fields, and a *feature* one
    among the features.
    """

    columns: Indices
    """Of each feature field."""
    own_features: Indices
    """The feature of each feature field that is the field's own value."""
    ratio_fields: Indices
    yardstick_columns: Indices
    """What each of `ratio_fields` is divided by."""
    date_fields: Indices
    history_fields: Indices
    derived: tuple[tuple[int, int, History], ...]
    """Each derived feature: its feature, the index of its field among `history_fields`, and what is derived."""
    lag_days: LagDays
    """One for each feature field."""
    effect_sign: npt.NDArray[np.int8]
    """One for each feature field."""
    feature_count: int


@lru_cache(maxsize=16)
def _plan_for(key: IdentityKey) -> _Plan:
    (dictionary,) = key.objects
    assert isinstance(dictionary, Dictionary)
    fields = dictionary.features
    feature_index = {feature.name: index for index, feature in enumerate(features_of(dictionary))}
    history_fields = [index for index, field in enumerate(fields) if field.history]
    return _Plan(
        columns=np.array([dictionary.column(field.name) for field in fields], dtype=np.intp),
        own_features=np.array([feature_index[field.name] for field in fields], dtype=np.intp),
        ratio_fields=np.array([index for index, field in enumerate(fields) if field.per], dtype=np.intp),
        yardstick_columns=np.array([dictionary.column(field.per) for field in fields if field.per], dtype=np.intp),
        date_fields=np.array([index for index, field in enumerate(fields) if field.type == "date"], dtype=np.intp),
        history_fields=np.array(history_fields, dtype=np.intp),
        derived=tuple(
            (feature_index[f"{fields[field].name}__{history}"], history_index, history)
            for history_index, field in enumerate(history_fields)
            for history in fields[field].history
        ),
        lag_days=lag_days_of(fields, dictionary),
        effect_sign=np.array([EFFECT_SIGN[field.effect] for field in fields], dtype=np.int8),
        feature_count=len(feature_index),
    )


def build_features(
    panel: Panel, rows: Indices, *, as_of: int | Days, declarations: Declarations, careful: bool = True
) -> FeatureMatrix:
    """The features of the snapshots at `rows`, as known on the day `as_of` (one day, or one for each row).

    A field that is unknown at the snapshot is carried forward from an earlier one as `NewestValues` does it; the age limit
    is the programme's `max_data_age_days`. Of a change or slope of a field with an effect only improvements count.
    `careful` is False for a model that learned before both were so (`ReadinessModel.is_careful`).
    """
    plan = _plan_for(IdentityKey(declarations.dictionary))
    days = np.broadcast_to(np.asarray(as_of, dtype=np.int32), rows.shape)
    table = _field_table(panel, plan)
    current = table.as_known(rows, days)
    own_unknown = np.isnan(current.comparable)
    history, shown_history = (HistorySums(values[:, plan.history_fields]) for values in current)
    carriage = NewestValues if careful else LeastFavourableValues
    carrying = carriage(table, current, rows, days, max_age_days=declarations.max_data_age_days)
    for row_index, earlier in earlier_snapshots(panel, rows, oldest=add_months(panel.as_of[rows], -HISTORY_MONTHS)):
        known = panel.known_on[earlier] <= days[row_index]
        row_index, earlier = row_index[known], earlier[known]
        age_days = panel.as_of[rows[row_index]] - panel.as_of[earlier]
        past = table.as_known(earlier, days[row_index], fields=plan.history_fields)
        history.add(row_index, past.comparable, age_days)
        shown_history.add(row_index, past.shown, age_days)
        carrying.carry(row_index, earlier, age_days)
    values = _assemble(plan, current.comparable, history)
    if careful and not history.is_empty:
        _count_gains_only(values, plan, own_unknown)
    shown = _assemble(plan, current.shown, shown_history)
    return FeatureMatrix(values, np.where(np.isnan(values), np.nan, shown))


def _field_table(panel: Panel, plan: _Plan) -> FieldTable:
    shown = panel.values[:, plan.columns]
    return FieldTable(
        FieldValues(_comparable(panel, shown, plan), shown), panel.known_on, plan.lag_days, plan.effect_sign
    )


def comparable_values(panel: Panel, dictionary: Dictionary) -> Matrix:
    """The feature fields of every snapshot as models compare them, nothing carried forward: snapshots × feature fields."""
    plan = _plan_for(IdentityKey(dictionary))
    return _comparable(panel, panel.values[:, plan.columns], plan)


def _comparable(panel: Panel, values: Matrix, plan: _Plan) -> Matrix:
    """`values` (snapshots × feature fields), with money as a ratio to its yardstick and dates as years before the snapshot.

    Returns `values` itself if there is neither money nor a date among the fields.
    """
    if not len(plan.ratio_fields) and not len(plan.date_fields):
        return values
    comparable = values.copy()
    yardsticks = panel.values[:, plan.yardstick_columns]
    comparable[:, plan.ratio_fields] = values[:, plan.ratio_fields] / np.where(yardsticks > 0, yardsticks, np.nan)
    comparable[:, plan.date_fields] = (panel.as_of[:, None] - values[:, plan.date_fields]) / DAYS_PER_YEAR
    return comparable


def _assemble(plan: _Plan, own: Matrix, history: HistorySums) -> Matrix:
    """Rows × features: the fields' own values, and what is derived from their history."""
    values = np.full((len(own), plan.feature_count), np.nan)
    values[:, plan.own_features] = own
    if history.is_empty:
        return values
    for feature, history_index, derivation in plan.derived:
        values[:, feature] = history.derived(derivation, history_index)
    return values


def _count_gains_only(values: Matrix, plan: _Plan, own_unknown: Mask) -> None:
    """Of a field with an effect, read a change or slope to the worse as none. Changes `values` (rows × features) in place."""
    for feature, history_index, derivation in plan.derived:
        field = plan.history_fields[history_index]
        if derivation in TRENDS and plan.effect_sign[field]:
            values[:, feature] = gain(values[:, feature], int(plan.effect_sign[field]))
            # A slope through the earlier values alone might be a better one.
            values[own_unknown[:, field], feature] = np.nan


def carried_features(values: Matrix, snapshots: Matrix, dictionary: Dictionary) -> Mask:
    """Which of the feature `values` (rows × features) were carried forward.

    These are the fields' own features that are known although the household's own snapshot does not know the field;
    `snapshots` are those snapshots (rows × all fields of the dictionary).
    """
    carried = np.zeros(values.shape, dtype=bool)
    for _, feature, column in own_features(dictionary):
        carried[:, feature] = np.isnan(snapshots[:, column]) & ~np.isnan(values[:, feature])
    return carried


def own_features(dictionary: Dictionary) -> list[tuple[str, int, int]]:
    """Each feature field: its name, the index of its own value among the features, and its column in a snapshot."""
    feature_index = {feature.name: index for index, feature in enumerate(features_of(dictionary))}
    return [(field.name, feature_index[field.name], dictionary.column(field.name)) for field in dictionary.features]
