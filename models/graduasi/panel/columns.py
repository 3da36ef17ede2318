"""One column of a file as numbers, checked against the field that declares it.

Whatever the file's types (CSV text, Parquet numbers, dictionaries, timestamps), a column becomes float64 with NaN for
unknown: 1.0 for true, a category's place in the dictionary, days since 1970 for a date. What breaks a rule is
returned as masks, one a rule, so that a whole file's faults can be told at once.
"""

import re
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Mask
from graduasi.dates import EARLIEST, LATEST, to_day
from graduasi.declarations.dictionary import Field
from graduasi.errors import PanelError

Values = npt.NDArray[np.float64]

TRUE_TEXTS, FALSE_TEXTS = ("true", "1", "1.0"), ("false", "0", "0.0")
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)

NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE)

NOT_OF_TYPE = "not of the declared type"
NOT_FINITE = "not a finite number"
NOT_WHOLE = "not a whole number"
BELOW, ABOVE = "below the minimum", "above the maximum"
OUT_OF_RANGE = "not a day of this or the last century"
NOT_LISTED = "not among the categories"


@dataclass
class Column:
    """Numbers (NaN: unknown) and, per broken rule, which rows break it."""

    values: Values
    broken: dict[str, Mask] = field(default_factory=dict)
    warnings: dict[str, Mask] = field(default_factory=dict)


def parse(column: pa.ChunkedArray, declared: Field) -> Column:
    """Read `column` as the field declares it."""
    column = _plain(column)
    if pa.types.is_null(column.type):
        return Column(np.full(len(column), np.nan))
    match declared.type:
        case "boolean":
            return _booleans(column)
        case "category":
            return _categories(column, declared)
        case "date":
            return _date_field(column)
    return _numbers(column, declared)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """One array without dictionary encoding; empty text and blanks are unknown."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if _is_text(array):
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, array.type), array)
    return array


def _is_text(array: pa.Array) -> bool:
    return pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type)


def _is_number(array: pa.Array) -> bool:
    return pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type)


def _as_float(array: pa.Array) -> Values:
    numbers = array if array.type == pa.float64() else array.cast(pa.float64(), safe=False)
    return np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def _known(array: pa.Array) -> Mask:
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False))


def _numbers(array: pa.Array, declared: Field) -> Column:
    if _is_text(array):
        values, broken = _parse_text(array)
    elif _is_number(array):
        values, broken = _as_float(array), {}
    else:
        return Column(np.full(len(array), np.nan), {NOT_OF_TYPE: _known(array)})
    broken[NOT_FINITE] = broken.get(NOT_FINITE, False) | np.isinf(values)
    with np.errstate(invalid="ignore"):
        if declared.min is not None:
            broken[BELOW] = values < declared.min
        if declared.max is not None:
            broken[ABOVE] = (values > declared.max) & ~np.isinf(values)
        if declared.type == "integer":
            broken[NOT_WHOLE] = (values != np.floor(values)) & np.isfinite(values)
    return Column(values, broken)


def _parse_text(array: pa.Array) -> tuple[Values, dict[str, Mask]]:
    try:
        values = _as_float(array.cast(pa.float64()))
        bad = np.zeros(len(array), dtype=bool)
    except pa.ArrowInvalid:
        values, bad = _parse_one_by_one(array)
    return values, {NOT_OF_TYPE: bad, NOT_FINITE: np.isnan(values) & _known(array) & ~bad}


def _parse_one_by_one(array: pa.Array) -> tuple[Values, Mask]:
    """Every text that Arrow takes is a NUMBER, so whether one is taken does not depend on the others."""
    texts = array.dictionary_encode()
    numbers = [_to_float(text) for text in texts.dictionary.to_pylist()]
    codes = texts.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)
    values = np.array([*(np.nan if number is None else number for number in numbers), np.nan])
    bad = np.array([*(number is None for number in numbers), False])
    return values[codes], bad[codes]


def _to_float(text: str) -> float | None:
    """The number, None for what is no number. Python's own reading also takes 1_000, and digits of other scripts."""
    return float(text) if NUMBER.fullmatch(text) else None


def _booleans(array: pa.Array) -> Column:
    if pa.types.is_boolean(array.type):
        return Column(_as_float(array.cast(pa.uint8())))
    if _is_number(array):
        values = _as_float(array)
        return Column(values, {NOT_OF_TYPE: ~np.isnan(values) & (values != 0) & (values != 1)})
    if not _is_text(array):
        return Column(np.full(len(array), np.nan), {NOT_OF_TYPE: _known(array)})
    lower = pc.utf8_lower(array)
    yes, no = (
        pc.is_in(lower, pa.array(texts, lower.type)).to_numpy(zero_copy_only=False)
        for texts in (TRUE_TEXTS, FALSE_TEXTS)
    )
    return Column(np.where(yes, 1.0, np.where(no, 0.0, np.nan)), {NOT_OF_TYPE: _known(array) & ~yes & ~no})


def _categories(array: pa.Array, declared: Field) -> Column:
    if _is_number(array) and not pa.types.is_floating(array.type):
        array = array.cast(pa.string())
    if not _is_text(array):
        return Column(np.full(len(array), np.nan), {NOT_OF_TYPE: _known(array)})
    values = _as_float(pc.index_in(array, pa.array(declared.categories, array.type)))
    unseen = _known(array) & np.isnan(values)
    if declared.unknown_category == "missing":
        return Column(values, {}, {NOT_LISTED: unseen})
    return Column(values, {NOT_LISTED: unseen})


def dates(array: pa.Array | pa.ChunkedArray) -> Column:
    """A column of dates as days since 1970."""
    array = _plain(array)
    if pa.types.is_null(array.type):
        return Column(np.full(len(array), np.nan))
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        return Column(_as_float(array.cast(pa.date32(), safe=False).cast(pa.int32())))
    if not _is_text(array):
        return Column(np.full(len(array), np.nan), {NOT_OF_TYPE: _known(array)})
    texts = array.dictionary_encode()  # few distinct dates, many rows
    days = [_to_day(text) for text in texts.dictionary.to_pylist()]
    table = np.array([*(np.nan if day is None else float(day) for day in days), np.nan])
    codes = texts.indices.fill_null(len(days)).to_numpy(zero_copy_only=False)
    values = table[codes]
    return Column(values, {NOT_OF_TYPE: np.isnan(values) & _known(array)})


def _to_day(text: str) -> int | None:
    match = ISO_DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return to_day(date(*(int(part) for part in match.groups())))
    except ValueError:
        return None


def _date_field(array: pa.Array) -> Column:
    """A declared date: also within the days that a panel can hold."""
    column = dates(array)
    with np.errstate(invalid="ignore"):
        column.broken[OUT_OF_RANGE] = (column.values < EARLIEST) | (column.values > LATEST)
    return column


def texts(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column of identifiers as text; whole numbers are taken as their digits. Raises PanelError for lists and bytes."""
    array = _plain(column)
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        raise PanelError(
            "household_id, mentor_id, area_code and event are text or whole numbers; a column holds lists or bytes"
        )
    if pa.types.is_floating(array.type) and bool(np.all(np.floor(known := _as_float(array)[_known(array)]) == known)):
        array = array.cast(pa.int64(), safe=False)
    return array.cast(pa.string())
