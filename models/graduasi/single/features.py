"""The features of one household, as `graduasi.readiness.features` builds them for a panel.

NaN stands for unknown. It alone does not equal itself, so `value == value` reads: the value is known.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from graduasi.dates import from_day, to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Field, History
from graduasi.readiness.carry_forward import CAREFUL_DAYS
from graduasi.readiness.features import EFFECT_SIGN, HISTORY_MONTHS, TRENDS, features_of
from graduasi.readiness.history import DAYS_PER_YEAR, MIN_TIME_SPREAD
from graduasi.readiness.late_fields import lag_days_of

NAN = float("nan")


class Snapshot(NamedTuple):
    """A household on a day: one number for each field of the dictionary, NaN for unknown."""

    as_of: int
    known_on: int
    values: Sequence[float]


class _FeatureField(NamedTuple):
    """A field that the model reads, and where its values and features stand."""

    column: int
    """The field's index in a snapshot's values."""
    yardstick_column: int | None
    is_date: bool
    feature: int
    """The index of the field's own value among the features."""
    effect_sign: int
    lag_days: int
    derived: tuple[tuple[int, History], ...]
    """The index of each feature derived from the field's history, and what is derived."""
    gains: tuple[int, ...]
    """The index of each change or slope of a field with an effect, of which only an improvement counts."""

    def may_be_left_out(self, own: Snapshot, scored_on: int) -> bool:
        """Whether the field has an effect, and whoever visited has had time to report it."""
        return self.effect_sign != 0 and (self.lag_days == 0 or own.known_on + self.lag_days <= scored_on)

    def comparable(self, snapshot: Snapshot) -> float:
        """The value as models compare it: money as a ratio to its yardstick, a date as years before the snapshot."""
        value = snapshot.values[self.column]
        if self.yardstick_column is not None:
            yardstick = snapshot.values[self.yardstick_column]
            return value / yardstick if yardstick > 0 else NAN
        return (snapshot.as_of - value) / DAYS_PER_YEAR if self.is_date else value

    def shown(self, snapshot: Snapshot) -> float:
        """The value in its own unit, for people to read."""
        return snapshot.values[self.column]


class SingleFeatures:
    """Builds the features of households one by one; what depends on the dictionary alone is worked out once."""

    def __init__(self, declarations: Declarations, *, careful: bool = True) -> None:
        dictionary = declarations.dictionary
        self._careful = careful
        feature_index = {feature.name: index for index, feature in enumerate(features_of(dictionary))}
        self._fields = tuple(_feature_field(field, dictionary, feature_index) for field in dictionary.features)
        self._history_fields = tuple(field for field in self._fields if field.derived)
        self._converted_fields = tuple(
            field for field in self._fields if field.is_date or field.yardstick_column is not None
        )
        column_of = {field.feature: field.column for field in self._fields}
        # For each feature its column in a snapshot; a derived one has none and gets the NaN that `build` appends.
        self._columns = [column_of.get(feature, -1) for feature in range(len(feature_index))]
        self._max_age_days = declarations.max_data_age_days

    def build(self, snapshots: Sequence[Snapshot], *, scored_on: int) -> tuple[list[float], list[float]]:
        """The features of the last of `snapshots` (in order of date), as known on the day `scored_on`.

        Returns what the model reads, and the same in the fields' own units.
        """
        *before, own = snapshots
        own_values = [*own.values, NAN]
        shown = [own_values[column] for column in self._columns]
        values = shown.copy()
        for field in self._converted_fields:
            value = values[field.feature] = field.comparable(own)
            if value != value and not before:
                shown[field.feature] = NAN
        if before:
            self._add_history(values, shown, own, _known_earlier(before, own, scored_on), scored_on=scored_on)
            shown = [text if value == value else NAN for value, text in zip(values, shown, strict=True)]
        return values, shown

    def _add_history(
        self, values: list[float], shown: list[float], own: Snapshot, earlier: Sequence[Snapshot], *, scored_on: int
    ) -> None:
        """Fill in derived features and carry values forward, in place; `earlier` has the latest snapshot first."""
        if earlier:
            years = [(snapshot.as_of - own.as_of) / DAYS_PER_YEAR for snapshot in earlier]
            for field in self._history_fields:
                _derive(values, field, [field.comparable(own), *map(field.comparable, earlier)], years)
                _derive(shown, field, [field.shown(own), *map(field.shown, earlier)], years)
        if self._careful:
            self._carry_newest(values, shown, own, earlier, scored_on)
        else:
            self._carry_least_favourable(values, shown, own, earlier)

    def _carry_newest(
        self, values: list[float], shown: list[float], own: Snapshot, earlier: Sequence[Snapshot], scored_on: int
    ) -> None:
        """As `carry_forward.NewestValues`, in place; of changes and slopes only improvements count."""
        recent = [snapshot for snapshot in earlier if own.as_of - snapshot.as_of <= self._max_age_days]
        for field in self._fields:
            value = values[field.feature]
            is_unknown = value != value
            for feature in field.gains:
                values[feature] = NAN if is_unknown else _gain(values[feature], field.effect_sign)
            if is_unknown and (newest := _newest(field, [own, *recent], scored_on)) is not None:
                values[field.feature], shown[field.feature] = field.comparable(newest), field.shown(newest)

    def _carry_least_favourable(
        self, values: list[float], shown: list[float], own: Snapshot, earlier: Sequence[Snapshot]
    ) -> None:
        """As `carry_forward.LeastFavourableValues`, in place."""
        careful_days = max(self._max_age_days, CAREFUL_DAYS)
        recent = [snapshot for snapshot in earlier if own.as_of - snapshot.as_of <= careful_days]
        may_fill = [own.as_of - snapshot.as_of <= self._max_age_days for snapshot in recent]
        for field in self._fields:
            values[field.feature], shown[field.feature] = _least_favourable(
                field, values[field.feature], shown[field.feature], recent, may_fill
            )


def _feature_field(field: Field, dictionary: Dictionary, feature_index: dict[str, int]) -> _FeatureField:
    (lag_days,) = lag_days_of((field,), dictionary).tolist()
    derived = tuple((feature_index[f"{field.name}__{history}"], history) for history in field.history)
    return _FeatureField(
        column=dictionary.column(field.name),
        yardstick_column=None if field.per is None else dictionary.column(field.per),
        is_date=field.type == "date",
        feature=feature_index[field.name],
        effect_sign=EFFECT_SIGN[field.effect],
        lag_days=lag_days,
        derived=derived,
        gains=tuple(feature for feature, history in derived if history in TRENDS and field.effect != "any"),
    )


def _known_earlier(before: Sequence[Snapshot], own: Snapshot, scored_on: int) -> list[Snapshot]:
    """The earlier snapshots that belong to the history, the latest first."""
    oldest = _months_before(own.as_of, HISTORY_MONTHS)
    return [snapshot for snapshot in reversed(before) if snapshot.as_of >= oldest and snapshot.known_on <= scored_on]


def _months_before(day: int, months: int) -> int:
    """`dates.add_months` backwards, for one day."""
    when = from_day(day)
    year, month = divmod(when.year * 12 + when.month - 1 - months, 12)
    return to_day(date(year, month + 1, min(when.day, monthrange(year, month + 1)[1])))


def _newest(field: _FeatureField, snapshots: Sequence[Snapshot], scored_on: int) -> Snapshot | None:
    """The latest of `snapshots` (the latest first) that knows the field; None if there is none, or if the field was left out."""
    for snapshot in snapshots:
        value = field.comparable(snapshot)
        if value == value:
            return snapshot
        if field.may_be_left_out(snapshot, scored_on):
            return None
    return None


def _least_favourable(
    field: _FeatureField, value: float, shown: float, recent: Sequence[Snapshot], may_fill: Sequence[bool]
) -> tuple[float, float]:
    """The own value and how it is shown; where unknown, what `LeastFavourableValues` makes of the `recent` earlier snapshots.

    These have the latest first; `may_fill` says for each whether it is within the age limit.
    """
    if value == value and shown == shown:
        return value, shown
    may_worsen, sign = value != value, field.effect_sign
    for snapshot, fills in zip(recent, may_fill, strict=True):
        earlier = field.comparable(snapshot)
        if (fills and value != value and earlier == earlier) or (may_worsen and sign * earlier < sign * value):
            value, shown = earlier, field.shown(snapshot)
        elif fills and shown != shown:
            shown = field.shown(snapshot)
    return value, shown


def _gain(trend: float, effect_sign: int) -> float:
    """`graduasi.readiness.history.gain` for one value."""
    return 0.0 if effect_sign * trend < 0 else trend


def _derive(features: list[float], field: _FeatureField, values: list[float], years: list[float]) -> None:
    """Put the features derived from a field's `values` into `features`: its own value, then the earlier ones, the latest first.

    `years` are the times of the earlier values, counted from the own one.
    """
    own, *earlier = values
    for feature, history in field.derived:
        match history:
            case "previous":
                features[feature] = _latest_known(earlier)
            case "change":
                features[feature] = own - _latest_known(earlier)
            case "mean":
                features[feature] = _mean(earlier)
            case "slope":
                features[feature] = _slope(values, [0.0, *years])


def _latest_known(earlier: Iterable[float]) -> float:
    return float(next((value for value in earlier if value == value), NAN))


def _mean(earlier: Iterable[float]) -> float:
    """The mean of what is known; NaN if nothing is.

    Added one by one as `HistorySums` does: since Python 3.12, `sum` makes up for rounding and would differ from it.
    """
    total, count = 0.0, 0
    for value in earlier:
        if value == value:
            total, count = total + value, count + 1
    return total / count if count else NAN


def _slope(values: list[float], years: list[float]) -> float:
    """A least-squares slope a year over what is known; NaN below two values or if all are of one day."""
    known = [(value, time) for value, time in zip(values, years, strict=True) if value == value]
    count = float(len(known))
    time_sum = value_sum = time_square_sum = time_value_sum = 0.0
    for value, time in known:
        time_sum, value_sum = time_sum + time, value_sum + value
        time_square_sum, time_value_sum = time_square_sum + time * time, time_value_sum + time * value
    spread = count * time_square_sum - time_sum * time_sum
    if count < 2 or not spread > MIN_TIME_SPREAD:
        return NAN
    return (count * time_value_sum - time_sum * value_sum) / spread
