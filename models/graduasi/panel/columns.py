"""One column of a file as numbers, checked against the field that declares it.

Whatever the file's types (CSV text, Parquet numbers, dictionary encoding, timestamps), a column becomes float64 with NaN
for unknown: 1.0 for true, a category's index in the dictionary, days since 1970 for a date. For each broken rule there
is a mask of the rows that break it, so that all faults of a file can be reported at once.
"""

import re
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Array, Mask
from graduasi.dates import EARLIEST_DAY, LATEST_DAY, to_day
from graduasi.declarations.dictionary import Field
from graduasi.errors import PanelError

TRUE_TEXTS, FALSE_TEXTS = ("true", "1", "1.0"), ("false", "0", "0.0")
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
"""YYYY-MM-DD, also with midnight behind it."""
NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE)

WHOLE_NUMBERS = 2.0**53
"""From here on not every whole number is a float, so identifiers that a program kept as floats are lost."""
AN_IDENTIFIER_IS = "household_id, mentor_id, area_code and event are text, whole numbers or UUIDs"
# Rules that a value can break, as messages name them.
NOT_OF_TYPE = "not of the declared type"
NOT_FINITE = "not a finite number"
NOT_WHOLE = "not a whole number"
BELOW_MINIMUM, ABOVE_MAXIMUM = "below the minimum", "above the maximum"
DAY_OUT_OF_RANGE = "not a day of this or the last century"
NOT_A_CATEGORY = "not among the categories"


@dataclass
class Column:
    """One number a row (NaN: unknown) and, for each rule, the mask of the rows that break it.

    A rule under `broken` refuses the file, one under `warnings` does not. A mask may be all false.
    """

    values: Array
    broken: dict[str, Mask] = field(default_factory=dict)
    warnings: dict[str, Mask] = field(default_factory=dict)


def parse(column: pa.ChunkedArray, declared: Field) -> Column:
    """The column as numbers, checked against everything that the field declares."""
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
    """The column as one array without chunks and dictionary encoding. Text is trimmed; empty text becomes null."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if _is_text(array):
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, array.type), array)
    return array


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_text(array: pa.Array) -> bool:
    return is_text(array.type)


def _is_number(array: pa.Array) -> bool:
    return pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type)


def _as_float(array: pa.Array) -> Array:
    """A copy as float64, NaN for null."""
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
    # In a file of numbers, NaN is how some programs write unknown; in text, `_parse_text` has already reported it.
    broken[NOT_FINITE] = broken.get(NOT_FINITE, False) | np.isinf(values)
    with np.errstate(invalid="ignore"):
        if declared.min is not None:
            broken[BELOW_MINIMUM] = values < declared.min
        if declared.max is not None:
            broken[ABOVE_MAXIMUM] = (values > declared.max) & ~np.isinf(values)
        if declared.type == "integer":
            broken[NOT_WHOLE] = (values != np.floor(values)) & np.isfinite(values)
    return Column(values, broken)


def _parse_text(array: pa.Array) -> tuple[Array, dict[str, Mask]]:
    """Numbers written as text, and the rows that break NOT_OF_TYPE or, as "nan" does, NOT_FINITE."""
    try:
        values = _as_float(array.cast(pa.float64()))
        not_a_number = np.zeros(len(array), dtype=bool)
    except pa.ArrowInvalid:
        values, not_a_number = _parse_each_text(array)
    return values, {NOT_OF_TYPE: not_a_number, NOT_FINITE: np.isnan(values) & _known(array) & ~not_a_number}


def _parse_each_text(array: pa.Array) -> tuple[Array, Mask]:
    """For a column that Arrow refuses as a whole: its numbers, and the mask of texts that are no number.

    NUMBER matches every text that Arrow accepts, so whether a text is accepted does not depend on the rest of the column.
    """
    encoded = array.dictionary_encode()  # few distinct texts, many rows
    numbers = [_to_float(text) for text in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)  # the last entry below is for null
    values = np.array([*(np.nan if number is None else number for number in numbers), np.nan])
    not_a_number = np.array([*(number is None for number in numbers), False])
    return values[codes], not_a_number[codes]


def _to_float(text: str) -> float | None:
    """The number, or None for a text that is no number. Python's float alone would accept 1_000 and digits of any script."""
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
    unlisted = {NOT_A_CATEGORY: _known(array) & np.isnan(values)}
    return Column(values, warnings=unlisted) if declared.unknown_category == "missing" else Column(values, unlisted)


def dates(array: pa.Array | pa.ChunkedArray) -> Column:
    """A column of dates, as text or of any date type, as days since 1970. Every day is accepted, whatever its century."""
    array = _plain(array)
    if pa.types.is_null(array.type):
        return Column(np.full(len(array), np.nan))
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        return Column(_as_float(array.cast(pa.date32(), safe=False).cast(pa.int32())))
    if not _is_text(array):
        return Column(np.full(len(array), np.nan), {NOT_OF_TYPE: _known(array)})
    encoded = array.dictionary_encode()  # few distinct dates, many rows
    days = [_to_day(text) for text in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(days)).to_numpy(zero_copy_only=False)  # the last entry below is for null
    values = np.array([*(np.nan if day is None else float(day) for day in days), np.nan])[codes]
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
    """A column that is declared as a date: as `dates` reads it, within the days that a panel can hold."""
    column = dates(array)
    with np.errstate(invalid="ignore"):
        column.broken[DAY_OUT_OF_RANGE] = (column.values < EARLIEST_DAY) | (column.values > LATEST_DAY)
    return column


def texts(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column of identifiers as text; whole numbers become their digits, UUIDs their usual text.

    Raises PanelError for every other type, and for numbers with a fraction: 32.10 would become 32.1, another identifier.
    """
    array = _plain(column)
    if array.type == pa.uuid():
        return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        numbers = _as_float(array)[_known(array)]
        if not bool(np.all((np.floor(numbers) == numbers) & (np.abs(numbers) < WHOLE_NUMBERS))):
            raise PanelError(f"{AN_IDENTIFIER_IS}; a column holds numbers with a fraction, or too large to be exact")
        array = array.cast(pa.int64(), safe=False)
    if not (_is_text(array) or pa.types.is_integer(array.type) or pa.types.is_null(array.type)):
        raise PanelError(f"{AN_IDENTIFIER_IS}; a column holds {array.type}")
    return array.cast(pa.string())
