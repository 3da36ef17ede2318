"""A panel of any size in parts of whole households, so that scoring never holds it all in memory.

First only the identifiers and dates are read: how many households, in which order, known until when. A file in
household order is then simply cut; any other is first sorted into one file a part, on disk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from graduasi.panel import columns, files

PART_HOUSEHOLDS = 8_192
MOST_PARTS = 256
ROW_NUMBER = "graduasi row number"
BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Survey:
    """What a first look at a panel tells. `bounds` are the first identifiers of all parts but the first."""

    households: int
    rows: int
    bounds: npt.NDArray[np.str_]
    per_part: int
    in_order: bool
    latest_known: int | None

    @property
    def parts(self) -> int:
        return len(self.bounds) + 1


def survey(path: Path) -> Survey:
    """Read the key columns once."""
    present = files.column_names(path)
    names: list[str] = [name for name in ("household_id", "as_of", "known_on") if name in present]
    seen, latest, rows, in_order, last = [], [], 0, True, ""
    for batch in files.read_batches(path, columns=names, rows=BATCH_ROWS):
        ids = columns.texts(batch.column("household_id")).fill_null("")
        in_order = in_order and bool(
            pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py() is not False and (not len(ids) or last <= ids[0].as_py())
        )
        last = ids[-1].as_py() if len(ids) else last
        seen.append(ids.unique())
        rows += len(batch)
        days = columns.dates(batch.column("known_on" if "known_on" in names else "as_of")).values
        latest += [int(days[~np.isnan(days)].max())] if not np.isnan(days).all() else []
    identifiers = pa.chunked_array(seen or [pa.array([], pa.string())]).unique()
    identifiers = identifiers.take(pc.sort_indices(identifiers))
    per_part = max(PART_HOUSEHOLDS, -(-len(identifiers) // MOST_PARTS))
    bounds = np.array(identifiers[per_part::per_part].to_pylist(), dtype=np.str_)
    return Survey(len(identifiers), rows, bounds, per_part, in_order, max(latest, default=None))


def read_parts(path: Path, look: Survey, spill: Path) -> Iterator[tuple[int, pa.Table]]:
    """Each part with its number; `spill` is a folder for the parts of a file that is not in household order."""
    numbered = _numbered(path)
    return _cut(numbered, look) if look.in_order else _sorted_on_disk(numbered, look, spill)


def row_numbers(table: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """A part without the column of row numbers, and that column."""
    return table.drop_columns([ROW_NUMBER]), table.column(ROW_NUMBER).to_numpy()


def _numbered(path: Path) -> Iterator[pa.Table]:
    first = 1
    for batch in files.read_batches(path, columns=files.column_names(path), rows=BATCH_ROWS):
        yield batch.append_column(ROW_NUMBER, pa.array(np.arange(first, first + len(batch), dtype=np.int64)))
        first += len(batch)


def _places(batch: pa.Table, look: Survey) -> npt.NDArray[np.intp]:
    """The part that each row belongs to."""
    ids = np.array(columns.texts(batch.column("household_id")).fill_null("").to_pylist(), dtype=np.str_)
    return np.searchsorted(look.bounds, ids, side="right")


def _cut(batches: Iterator[pa.Table], look: Survey) -> Iterator[tuple[int, pa.Table]]:
    waiting: list[pa.Table] = []
    part = 0
    for batch in batches:
        places = _places(batch, look)
        start = 0
        while start < len(batch):
            end = int(np.searchsorted(places, places[start], side="right"))
            if places[start] != part:
                yield part, _joined(waiting)
                waiting, part = [], int(places[start])
            waiting.append(batch.slice(start, end - start))
            start = end
    if waiting:
        yield part, _joined(waiting)


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def _sorted_on_disk(batches: Iterator[pa.Table], look: Survey, spill: Path) -> Iterator[tuple[int, pa.Table]]:
    """Parts from one file each, which is gone once the part is dealt with; a whole sorting is never done twice."""
    complete = spill / "complete"
    if not complete.exists():
        _sort_on_disk(batches, look, spill)
        complete.touch()
    for file in sorted(spill.glob("*.arrow"), key=lambda file: int(file.stem)):
        with pa.ipc.open_file(str(file)) as reader:
            yield int(file.stem), reader.read_all()
        file.unlink()


def _sort_on_disk(batches: Iterator[pa.Table], look: Survey, spill: Path) -> None:
    spill.mkdir(parents=True, exist_ok=True)
    writers: dict[int, pa.ipc.RecordBatchFileWriter] = {}
    schema: pa.Schema | None = None
    for batch in batches:
        schema = schema or batch.schema
        places = _places(batch, look)
        batch = batch.cast(schema).take(pa.array(np.argsort(places, kind="stable")))
        places = np.sort(places)
        for part in np.unique(places):
            low, high = np.searchsorted(places, [part, part + 1])
            if part not in writers:
                writers[part] = pa.ipc.new_file(str(spill / f"{part}.arrow"), schema)
            writers[part].write_table(batch.slice(low, high - low))
    for writer in writers.values():
        writer.close()
