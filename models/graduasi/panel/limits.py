"""What a panel may hold at most, so that no file, however small it is on disk, fills the memory.

The limits of a household are those of a request over HTTP.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.errors import PanelError
from graduasi.panel.identifiers import MAX_IDENTIFIER

MAX_SNAPSHOTS = 200
"""Of one household: fifty years of quarters."""
MAX_VALUES = 1_000_000_000
"""Rows times columns of a panel that is read as a whole: 8 GB as numbers. `graduasi score` reads in parts."""
IDENTIFIERS = ("household_id", "mentor_id", "area_code")


def refuse_long_identifiers(table: pa.Table, file: str) -> None:
    """Raise PanelError if an identifier is too long.

    Identifiers that the file encodes as a dictionary are looked at before they are spelled out row by row.
    """
    faults = list(_long_identifiers(table, file))
    if faults:
        raise PanelError(faults)


def _long_identifiers(table: pa.Table, file: str) -> Iterator[str]:
    for name in IDENTIFIERS:
        if name not in table.column_names:
            continue
        for chunk in table.column(name).chunks:
            texts = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
            if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
                continue
            if (pc.max(pc.utf8_length(texts)).as_py() or 0) > MAX_IDENTIFIER:
                yield f"{file}: {name}: an identifier is too long; allowed: text of at most {MAX_IDENTIFIER} characters"
                break


class SnapshotCounts:
    """How many snapshots each household has, counted batch by batch."""

    def __init__(self) -> None:
        self._batches: list[pa.Table] = []

    def add(self, household_ids: pa.Array) -> None:
        """Count the rows of one batch; `household_ids` are texts."""
        counted = pc.value_counts(household_ids)
        self._batches.append(pa.table({"id": counted.field("values"), "rows": counted.field("counts")}))

    def households(self) -> pa.Array:
        """The households' identifiers, in order."""
        ids = self._by_household()["id"].combine_chunks()
        return ids.take(pc.sort_indices(ids))

    def refuse_too_many(self, file: str) -> None:
        """Raise PanelError if a household has more snapshots than MAX_SNAPSHOTS."""
        rows = self._by_household()["rows_sum"].to_numpy()
        over = int((rows > MAX_SNAPSHOTS).sum())
        if over:
            raise PanelError(
                f"{file}: household_id: more than {MAX_SNAPSHOTS} snapshots of one household, in {over:,} of {len(rows):,} households "
                f"(the most: {int(np.max(rows)):,}); allowed: at most {MAX_SNAPSHOTS}; is the column that of a household?"
            )

    def _by_household(self) -> pa.Table:
        batches = self._batches or [pa.table({"id": pa.array([], pa.string()), "rows": pa.array([], pa.int64())})]
        return pa.concat_tables(batches).group_by("id").aggregate([("rows", "sum")])


def refuse_too_large(rows: int, columns: int, file: str) -> None:
    """Raise PanelError for a file that has too many values to be read as a whole; the footer of Parquet tells, unread."""
    if rows * columns > MAX_VALUES:
        raise PanelError(
            f"{file}: {rows:,} rows of {columns:,} columns are too many to be read at once; allowed: {MAX_VALUES:,} values; "
            "leave out columns, or bring fewer households"
        )
