"""What other tools write for a value that is missing: pandas and Python, R, SPSS and Excel, SQL, and Stata.

Here an unknown value is an empty cell. Such a code is never read as one, because it may be a name; it is told.
"""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from graduasi.panel import columns

CODE = re.compile(r"(?:n/?a|#n/a|nan|null|none|nat|<na>|\.[a-z]?)", re.IGNORECASE | re.ASCII)
"""Of Stata: a dot, and .a to .z."""


def missing_codes_in(column: pa.ChunkedArray | pa.Array) -> list[str]:
    """The codes among the column's texts, in order; none for a column that is not of text."""
    if not columns.is_text(column.type):
        return []
    return sorted(text for text in pc.unique(column).to_pylist() if text is not None and CODE.fullmatch(text.strip()))


def without_codes(column: pa.ChunkedArray, codes: Sequence[str]) -> pa.ChunkedArray:
    """The column with null in place of the codes."""
    if not codes:
        return column
    is_code = pc.is_in(column, value_set=pa.array(codes, column.type))
    return pc.if_else(is_code, pa.scalar(None, column.type), column)


def count_codes(names: Sequence[str], identifiers: Sequence[pa.Array]) -> dict[str, int]:
    """How many rows of each column of identifiers hold such a code, where any does."""
    counts = {}
    for name, column in zip(names, identifiers, strict=True):
        if codes := missing_codes_in(column.unique()):
            counts[name] = int(pc.sum(pc.is_in(column, value_set=pa.array(codes, pa.string()))).as_py())
    return counts
