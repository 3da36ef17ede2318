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
    # From here on one entry a reason, household by household.
    feature_index, contribution = strongest_columns[is_reason], strongest_contributions[is_reason]
    value = shown[rows, strongest_columns][is_reason]
    members = [
        _texts_at([feature.name for feature in features], feature_index),
        _texts_at([feature.field.kind for feature in features], feature_index),
        _texts_at(["hinders", "helps"], (contribution > 0).astype(np.intp)),
        pa.array(contribution),
        _value_texts(value, feature_index, features),
    ]
    table = pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(members, fields=list(REASON)))
    return Reasons(table, contributions.sum(axis=1) - strongest_contributions.sum(axis=1))


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
