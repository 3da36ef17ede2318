"""The features of one household, as `graduasi.readiness.features` builds them for a panel, with its rules for history."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from graduasi.dates import from_day, to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.readiness.features import CAREFUL_DAYS, DAYS_PER_YEAR, GOOD, HISTORY_MONTHS, Derivation, features_of

NAN = float("nan")


class Snapshot(NamedTuple):
    """A household on a day: one number for each field of the dictionary, NaN for unknown."""

    as_of: int
    known_on: int
    values: Sequence[float]


class _Asked(NamedTuple):
    """A field that the model reads: its column, its yardstick's, its own feature and those derived from its history."""

    column: int
    yardstick: int | None
    is_date: bool
    feature: int
    good: int
    derived: tuple[tuple[int, Derivation], ...]

    def comparable(self, snapshot: Snapshot) -> float:
        """Money as a ratio to its yardstick, a date as years before the visit, anything else as it is."""
        value = snapshot.values[self.column]
        if self.yardstick is not None:
            yardstick = snapshot.values[self.yardstick]
            return value / yardstick if yardstick > 0 else NAN
        return (snapshot.as_of - value) / DAYS_PER_YEAR if self.is_date else value

    def told(self, snapshot: Snapshot) -> float:
        """The value in its own unit."""
        return snapshot.values[self.column]


class SingleFeatures:
    """The plan of a dictionary's features, made once."""

    def __init__(self, declarations: Declarations) -> None:
        dictionary = declarations.dictionary
        places = {feature.name: place for place, feature in enumerate(features_of(dictionary))}
        self._asked = tuple(_asked(field, dictionary, places) for field in dictionary.features)
        self._with_history = tuple(asked for asked in self._asked if asked.derived)
        self._converted = tuple(asked for asked in self._asked if asked.is_date or asked.yardstick is not None)
        own = {asked.feature: asked.column for asked in self._asked}
        self._columns = [own.get(place, -1) for place in range(len(places))]  # -1: a NaN put after the fields
        self._max_age = declarations.max_data_age_days

    def build(self, snapshots: Sequence[Snapshot], *, scored_on: int) -> tuple[list[float], list[float]]:
        """What the model reads, and the same in the fields' own units. The household's own snapshot stands last."""
        *before, own = snapshots
        fields = [*own.values, NAN]
        shown = [fields[column] for column in self._columns]
        values = shown.copy()
        for asked in self._converted:
            value = values[asked.feature] = asked.comparable(own)
            if value != value and not before:
                shown[asked.feature] = NAN
        if before:
            self._add_history(values, shown, own, _known_earlier(before, own, scored_on))
            shown = [told if value == value else NAN for value, told in zip(values, shown, strict=True)]
        return values, shown

    def _add_history(self, values: list[float], shown: list[float], own: Snapshot, earlier: Sequence[Snapshot]) -> None:
        recent = [one for one in earlier if own.as_of - one.as_of <= max(self._max_age, CAREFUL_DAYS)]
        fresh = [own.as_of - one.as_of <= self._max_age for one in recent]
        if earlier:
            years = [(snapshot.as_of - own.as_of) / DAYS_PER_YEAR for snapshot in earlier]
            for asked in self._with_history:
                _derive(values, asked, [asked.comparable(own), *map(asked.comparable, earlier)], years)
                _derive(shown, asked, [asked.told(own), *map(asked.told, earlier)], years)
        for asked in self._asked:
            values[asked.feature], shown[asked.feature] = _carried(
                asked, values[asked.feature], shown[asked.feature], recent, fresh
            )


def _asked(field: Field, dictionary: Dictionary, places: dict[str, int]) -> _Asked:
    return _Asked(
        column=dictionary.column(field.name),
        yardstick=None if field.per is None else dictionary.column(field.per),
        is_date=field.type == "date",
        feature=places[field.name],
        good=GOOD[field.effect],
        derived=tuple((places[f"{field.name}__{derivation}"], derivation) for derivation in field.history),
    )


def _known_earlier(before: Sequence[Snapshot], own: Snapshot, scored_on: int) -> list[Snapshot]:
    """The earlier snapshots that count, the latest first."""
    oldest = _months_before(own.as_of, HISTORY_MONTHS)
    return [one for one in reversed(before) if one.as_of >= oldest and one.known_on <= scored_on]


def _months_before(day: int, months: int) -> int:
    """`dates.add_months` backwards for one day."""
    when = from_day(day)
    year, month = divmod(when.year * 12 + when.month - 1 - months, 12)
    return to_day(date(year, month + 1, min(when.day, monthrange(year, month + 1)[1])))


def _carried(
    asked: _Asked, reported: float, told: float, recent: Sequence[Snapshot], fresh: Sequence[bool]
) -> tuple[float, float]:
    """The value and how it is shown: as reported, else as `features.build_features` carries it forward."""
    if reported == reported and told == told:
        return reported, told
    unknown, value, good = reported != reported, reported, asked.good
    for snapshot, may_fill in zip(recent, fresh, strict=True):
        earlier = asked.comparable(snapshot)
        if (may_fill and value != value and earlier == earlier) or (unknown and good * earlier < good * value):
            value, told = earlier, asked.told(snapshot)
        elif may_fill and told != told:
            told = asked.told(snapshot)
    return value, told


def _first_known(value: float, earlier: "map[float]") -> float:
    if value == value:
        return value
    return next((known for known in earlier if known == known), NAN)


def _derive(target: list[float], asked: _Asked, series: list[float], years: list[float]) -> None:
    """The features derived from a field's own value and the earlier ones, the latest first."""
    now, *past = series
    for feature, derivation in asked.derived:
        match derivation:
            case "previous":
                target[feature] = _first_known(NAN, map(float, past))
            case "change":
                target[feature] = now - _first_known(NAN, map(float, past))
            case "mean":
                known = [value for value in past if value == value]
                target[feature] = sum(known) / len(known) if known else NAN
            case "slope":
                target[feature] = _slope(series, [0.0, *years])


def _slope(series: list[float], years: list[float]) -> float:
    """A least-squares slope a year over what is known; NaN below two points or without any spread in time."""
    known = [(value, time) for value, time in zip(series, years, strict=True) if value == value]
    count = float(len(known))
    t = y = tt = ty = 0.0
    for value, time in known:
        t, y, tt, ty = t + time, y + value, tt + time * time, ty + time * value
    spread = count * tt - t * t
    return (count * ty - t * y) / spread if count >= 2 and spread > 1e-12 else NAN
