"""The strongest reasons behind a score, as data: feature, direction, contribution and the family's own value.

`base_margin + Σ reasons + other_contribution = margin`, for any number of reasons.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Array, Matrix
from graduasi.dates import from_day
from graduasi.declarations.dictionary import Dictionary
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
EACH_WAY = 2
"""A proposed family's card has so many reasons each way: whoever sees one side only may stop looking at the other."""
VALUE_DECIMALS = 4
"""More is noise: every measured field is far coarser."""
DECIMALS_BELOW = 1e9
"""Larger values have no decimals."""
WHOLE_BELOW = 2.0**53
"""From here on not every whole number is a float, so a number is written as Python and Arrow write floats."""


@dataclass(frozen=True)
class Reasons:
    """For each household its reasons (`table`, of REASON), and the sum of all other contributions (`other`)."""

    table: pa.ListArray
    other: Array


def strongest(contributions: Matrix, count: int) -> npt.NDArray[np.intp]:
    """Rows × count: the columns of the contributions with the largest absolute values, largest first.

    Of equal ones the lower column comes first. There are fewer than `count` if there are fewer columns.
    """
    sizes = np.abs(contributions)
    rows = np.arange(len(sizes))
    columns = np.empty((len(sizes), min(count, sizes.shape[1])), dtype=np.intp)
    for rank in range(columns.shape[1]):
        columns[:, rank] = sizes.argmax(axis=1)
        sizes[rows, columns[:, rank]] = -1.0  # below every size, so that it is not found again
    return columns


def give_reasons(contributions: Matrix, shown: Matrix, features: tuple[Feature, ...], *, count: int) -> Reasons:
    """The `count` strongest reasons of each household, fewer where fewer features contribute anything.

    `contributions` and `shown` are households × features; `shown` are the values in their own units (NaN: unknown).
    """
    strongest_columns = strongest(contributions, count)
    rows = np.arange(len(contributions))[:, None]
    strongest_contributions = contributions[rows, strongest_columns]
    is_reason = strongest_contributions != 0.0
    offsets = np.concatenate([[0], np.cumsum(is_reason.sum(axis=1))]).astype(np.int32)
    values = shown[rows, strongest_columns]
    reasons = _reason_table(strongest_contributions, values, strongest_columns, is_reason, features)
    table = pa.ListArray.from_arrays(pa.array(offsets), reasons)
    return Reasons(table, contributions.sum(axis=1) - strongest_contributions.sum(axis=1))


def _reason_table(
    contributions: Matrix,
    values: Matrix,
    columns: npt.NDArray[np.intp],
    is_reason: npt.NDArray[np.bool_],
    features: tuple[Feature, ...],
) -> pa.StructArray:
    """One entry a reason, household by household: those of the contributions (households × reasons) where `is_reason`.

    `columns` says of which feature each contribution and value is.
    """
    feature_index, contribution = columns[is_reason], contributions[is_reason]
    members = [
        _texts_at([feature.name for feature in features], feature_index),
        _texts_at([feature.field.kind for feature in features], feature_index),
        _texts_at(["hinders", "helps"], (contribution > 0).astype(np.intp)),
        pa.array(contribution),
        _value_texts(values[is_reason], feature_index, features),
    ]
    return pa.StructArray.from_arrays(members, fields=list(REASON))


def _texts_at(texts: list[str], indices: npt.NDArray[np.intp]) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(indices))


def _value_texts(values: Array, feature_index: npt.NDArray[np.intp], features: tuple[Feature, ...]) -> pa.Array:
    """Each value as text: true or false, a category's code, a date, a number without needless decimals; null for unknown.

    `feature_index` says for each value which of `features` it is of.
    """
    code_texts: list[str] = []  # those of all features, one feature after another
    first_code_of_feature = np.full(len(features), -1)  # -1: its values are no codes
    for index, feature in enumerate(features):
        if codes := _codes(feature):
            first_code_of_feature[index] = len(code_texts)
            code_texts += codes
    unknown = np.isnan(values)
    first_code = first_code_of_feature[feature_index]
    is_code = first_code >= 0
    code_index = np.where(is_code & ~unknown, first_code + np.nan_to_num(values), 0).astype(np.intp)
    texts = pc.if_else(pa.array(is_code), _texts_at([*code_texts, ""], code_index), number_texts(values))
    is_date = np.array([feature.field.type == "date" for feature in features])[feature_index]
    if is_date.any():
        days = pa.array(np.where(is_date & ~unknown, np.nan_to_num(values), 0).astype(np.int32)).cast(pa.date32())
        texts = pc.if_else(pa.array(is_date), days.cast(pa.string()), texts)
    return pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), texts)


def value_texts_of(values: Array, field_index: npt.NDArray[np.intp], dictionary: Dictionary) -> pa.Array:
    """Each value of a feature field as text, as reasons have it; `field_index` says which of `dictionary.features` it is of."""
    features = tuple(Feature(field.name, field, "value") for field in dictionary.features)
    return _value_texts(values, field_index, features)


def further_reasons(
    contributions: Matrix, shown: Matrix, features: tuple[Feature, ...], *, given: int, wanted: npt.NDArray[np.bool_]
) -> pa.ListArray:
    """For the households that are `wanted`: reasons behind the `given` strongest, so that there are EACH_WAY each way.

    Arguments as those of `give_reasons`. The list is empty for other households, and where the strongest are enough.
    """
    rows = np.flatnonzero(wanted)
    left, values = contributions[rows], shown[rows]
    first = strongest(left, given)
    index = np.arange(len(rows))[:, None]
    taken = left[index, first]
    left[index, first] = 0.0
    columns, kept = [], []
    for sign in (1, -1):
        enough = (sign * taken > 0).sum(axis=1)
        of_sign = strongest(np.maximum(sign * left, 0.0), EACH_WAY)
        columns.append(of_sign)
        kept.append((np.arange(of_sign.shape[1]) < EACH_WAY - enough[:, None]) & (sign * left[index, of_sign] > 0))
    column, is_kept = np.hstack(columns), np.hstack(kept)
    table = _reason_table(left[index, column], values[index, column], column, is_kept, features)
    counts = np.zeros(len(contributions), dtype=np.int32)
    counts[rows] = is_kept.sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), table)


def _codes(feature: Feature) -> list[str]:
    """The texts for the values 0, 1, 2, … of a boolean or a category; empty for other features, such as means and changes."""
    if feature.derivation not in ("value", "previous"):
        return []
    if feature.field.type == "boolean":
        return ["false", "true"]
    return list(feature.field.categories)


def rounded_values(values: Any) -> Any:
    """Numbers rounded as reasons show them: to four decimals, from a thousand million on to none."""
    return np.where(np.abs(values) < DECIMALS_BELOW, np.round(values, VALUE_DECIMALS), np.round(values))


def number_texts(values: Array) -> pa.Array:
    """Numbers as reasons write them; 0 for NaN."""
    rounded = rounded_values(np.nan_to_num(values))
    whole = (rounded == np.floor(rounded)) & (np.abs(rounded) < WHOLE_BELOW)
    integers = pa.array(np.where(whole, rounded, 0).astype(np.int64)).cast(pa.string())
    if whole.all():
        return integers
    return pc.if_else(pa.array(whole), integers, pa.array(rounded).cast(pa.string()))


def reason_maker(feature: Feature) -> Callable[[float, float], dict[str, Any]]:
    """A function that makes a reason of one contribution and value of `feature`, word for word as `give_reasons` does."""
    name, kind, value_text = feature.name, feature.field.kind, _value_formatter(feature)

    def make_reason(contribution: float, value: float) -> dict[str, Any]:
        return {
            "feature": name,
            "kind": kind,
            "direction": "helps" if contribution > 0 else "hinders",
            "contribution": contribution,
            "value": None if value != value else value_text(value),
        }

    return make_reason


def _rounded(value: float) -> float:
    """`rounded_values` of one number: as numpy does, it shifts the decimals and then rounds half to even."""
    if abs(value) < DECIMALS_BELOW:
        return round(value * 10.0**VALUE_DECIMALS) / 10.0**VALUE_DECIMALS
    return float(round(value)) if math.isfinite(value) else value


def _value_formatter(feature: Feature) -> Callable[[float], str]:
    """A function that makes the text of a known value of `feature`, as `_value_texts` does."""
    codes = _codes(feature)
    if codes:
        return lambda value: codes[int(value)]
    if feature.field.type == "date":
        return lambda value: from_day(int(value)).isoformat()
    return number_text


def number_text(value: float) -> str:
    """One number as `number_texts` writes it."""
    rounded = _rounded(value)
    return str(int(rounded)) if rounded == math.floor(rounded) and abs(rounded) < WHOLE_BELOW else repr(rounded)
