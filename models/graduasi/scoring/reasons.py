"""The strongest reasons behind a score, as data: feature, direction, contribution and the family's own value.

`base_margin + Σ reasons + other_contribution = margin`, whatever the number of reasons shown.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Matrix
from graduasi.dates import from_day
from graduasi.readiness.features import Feature

REASON = pa.struct(
    [
        ("feature", pa.string()),
        ("kind", pa.string()),
        ("direction", pa.string()),
        ("contribution", pa.float64()),
        ("value", pa.string()),
    ]
)
VALUE_DECIMALS = 4
"""More is noise: every measured field is far coarser."""
DECIMALS_BELOW = 1e9
WHOLE_BELOW = 2.0**53
"""Above this not every whole number is a float, so a number is written as it stands."""


@dataclass(frozen=True)
class Reasons:
    """Per household up to K reasons, and the sum of all other contributions."""

    table: pa.ListArray
    other: npt.NDArray[np.float64]


def strongest(contributions: Matrix, count: int) -> npt.NDArray[np.intp]:
    """Rows × count: the places of the largest contributions by size, largest first, the first of equals first."""
    left = np.abs(contributions)
    rows = np.arange(len(left))
    found = np.empty((len(left), min(count, left.shape[1])), dtype=np.intp)
    for rank in range(found.shape[1]):
        found[:, rank] = left.argmax(axis=1)
        left[rows, found[:, rank]] = -1.0
    return found


def give_reasons(contributions: Matrix, shown: Matrix, features: tuple[Feature, ...], *, count: int) -> Reasons:
    """The `count` strongest reasons of each household. `shown` are the values in their own units (NaN: unknown)."""
    places = strongest(contributions, count)
    rows = np.arange(len(contributions))[:, None]
    strength = contributions[rows, places]
    kept = strength != 0.0
    offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    place, amount, value = places[kept], strength[kept], shown[rows, places][kept]
    columns = [
        _taken([feature.name for feature in features], place),
        _taken([feature.field.kind for feature in features], place),
        _taken(["hinders", "helps"], (amount > 0).astype(np.intp)),
        pa.array(amount),
        value_texts(value, place, features),
    ]
    table = pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(columns, fields=list(REASON)))
    return Reasons(table, contributions.sum(axis=1) - strength.sum(axis=1))


def _taken(words: list[str], places: npt.NDArray[np.intp]) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(places))


def value_texts(
    values: npt.NDArray[np.float64], places: npt.NDArray[np.intp], features: tuple[Feature, ...]
) -> pa.Array:
    """Each value as text: true or false, a category's code, a number without needless decimals; null for unknown."""
    words: list[str] = []
    first = np.full(len(features), -1)
    for place, feature in enumerate(features):
        options = _options(feature)
        if options:
            first[place] = len(words)
            words += options
    unknown = np.isnan(values)
    dated = np.array([feature.field.type == "date" for feature in features])[places]
    coded = first[places] >= 0
    codes = np.where(coded & ~unknown, first[places] + np.nan_to_num(values), 0).astype(np.intp)
    texts = pc.if_else(pa.array(coded), _taken([*words, ""], codes), _number_texts(values))
    if dated.any():
        days = pa.array(np.where(dated & ~unknown, np.nan_to_num(values), 0).astype(np.int32)).cast(pa.date32())
        texts = pc.if_else(pa.array(dated), days.cast(pa.string()), texts)
    return pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), texts)


def _options(feature: Feature) -> list[str]:
    """What a value can be called when it is a code: only the field itself, not a mean or a change of it."""
    if feature.derivation not in ("value", "previous"):
        return []
    if feature.field.type == "boolean":
        return ["false", "true"]
    return list(feature.field.categories)


def rounded_values(values: Any) -> Any:
    """Numbers as reasons tell them: four decimals, none from a thousand million on."""
    return np.where(np.abs(values) < DECIMALS_BELOW, np.round(values, VALUE_DECIMALS), np.round(values))


def _number_texts(values: npt.NDArray[np.float64]) -> pa.Array:
    rounded = rounded_values(np.nan_to_num(values))
    whole = (rounded == np.floor(rounded)) & (np.abs(rounded) < WHOLE_BELOW)
    integers = pa.array(np.where(whole, rounded, 0).astype(np.int64)).cast(pa.string())
    if whole.all():
        return integers
    return pc.if_else(pa.array(whole), integers, pa.array(rounded).cast(pa.string()))


def reason_teller(feature: Feature) -> Callable[[float, float], dict[str, Any]]:
    """What makes plain rows of one feature's contributions and values: word for word as `give_reasons` tells them."""
    name, kind, text = feature.name, feature.field.kind, _value_teller(feature)

    def tell(contribution: float, value: float) -> dict[str, Any]:
        return {
            "feature": name,
            "kind": kind,
            "direction": "helps" if contribution > 0 else "hinders",
            "contribution": contribution,
            "value": None if value != value else text(value),
        }

    return tell


def _rounded(value: float) -> float:
    """`rounded_values` of one number; numpy also rounds half to even after the shift."""
    if abs(value) < DECIMALS_BELOW:
        return round(value * 10.0**VALUE_DECIMALS) / 10.0**VALUE_DECIMALS
    return float(round(value)) if math.isfinite(value) else value


def _value_teller(feature: Feature) -> Callable[[float], str]:
    options = _options(feature)
    if options:
        return lambda value: options[int(value)]
    if feature.field.type == "date":
        return lambda value: from_day(int(value)).isoformat()
    return _number_text


def _number_text(value: float) -> str:
    rounded = _rounded(value)
    return str(int(rounded)) if rounded == math.floor(rounded) and abs(rounded) < WHOLE_BELOW else repr(rounded)
