"""Reads a panel of any size in parts of whole households, so that scoring never holds all of it in memory.

At first only identifiers and dates are read: how many households there are, in which order, and until when anything is
known. A file in the order of households is then simply cut; any other is first sorted on disk, into one file a part.
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
from graduasi.panel.limits import IDENTIFIERS, SnapshotCounts, refuse_long_identifiers

PART_HOUSEHOLDS = 8_192
"""How many households a part has, unless that makes more than MAX_PARTS."""
MAX_PARTS = 256
"""Sorting on disk keeps a file open for each part."""
ROW_NUMBER = "graduasi row number"
"""A column for each row's number in the panel, from 1; faults name it whatever the order."""
BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Survey:
    """What the key columns say about a panel before it is read."""

    households: int
    rows: int
    first_ids: npt.NDArray[np.str_]
    """The first identifier of each part but the first."""
    households_per_part: int
    in_order: bool
    """Whether the rows are ordered by household."""
    household_ids: pa.Array
    """Every household's identifier, in order."""
    latest_known: int | None
    """The latest day on which anything became known; None for a panel without such a day."""

    @property
    def parts(self) -> int:
        """How many parts there are, numbered from 0."""
        return len(self.first_ids) + 1


def survey_panel(path: Path) -> Survey:
    """Read the key columns once. Raises PanelError for what no panel may hold (`graduasi.panel.limits`)."""
    present = files.column_names(path)
    key_columns = [name for name in (*IDENTIFIERS, "as_of", "known_on") if name in present]
    day_column = "known_on" if "known_on" in key_columns else "as_of"
    counts, latest_days, rows = SnapshotCounts(), [], 0
    in_order, last_id = True, ""
    for batch in files.read_batches(path, columns=key_columns, rows=BATCH_ROWS, as_dictionary=IDENTIFIERS):
        refuse_long_identifiers(batch, path.name)
        ids = columns.texts(batch.column("household_id")).fill_null("")
        in_order = in_order and _is_in_order(ids, after=last_id)
        last_id = ids[-1].as_py() if len(ids) else last_id
        counts.add(ids)
        rows += len(batch)
        days = columns.dates(batch.column(day_column)).values
        if not np.isnan(days).all():
            latest_days.append(int(days[~np.isnan(days)].max()))
    counts.refuse_too_many(path.name)
    households = counts.households()
    per_part = max(PART_HOUSEHOLDS, -(-len(households) // MAX_PARTS))
    first_ids = np.array(households[per_part::per_part].to_pylist(), dtype=np.str_)
    return Survey(len(households), rows, first_ids, per_part, in_order, households, max(latest_days, default=None))


def _is_in_order(ids: pa.Array, *, after: str) -> bool:
    """Whether identifiers ascend, beginning with `after`; equal ones may follow each other."""
    if not len(ids):
        return True
    # Of a single identifier there is nothing to compare, and pyarrow answers null.
    ascends = pc.all(pc.less_equal(ids[:-1], ids[1:])).as_py() is not False
    return bool(ascends and after <= ids[0].as_py())


def read_parts(path: Path, survey: Survey, *, sort_folder: Path) -> Iterator[tuple[int, pa.Table]]:
    """Each part with its number, from 0; `sort_folder` is for the parts of a file that is not in order."""
    batches = _numbered_batches(path)
    return _cut(batches, survey) if survey.in_order else _sorted_on_disk(batches, survey, sort_folder)


def split_row_numbers(part: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """A part without its column of row numbers, and that column."""
    return part.drop_columns([ROW_NUMBER]), part.column(ROW_NUMBER).to_numpy()


def _numbered_batches(path: Path) -> Iterator[pa.Table]:
    """All rows and columns of the panel in the order of the file, each with its row number."""
    first = 1
    for batch in files.read_batches(path, columns=files.column_names(path), rows=BATCH_ROWS):
        yield batch.append_column(ROW_NUMBER, pa.array(np.arange(first, first + len(batch), dtype=np.int64)))
        first += len(batch)


def _part_numbers(batch: pa.Table, survey: Survey) -> npt.NDArray[np.intp]:
    """The part that each row belongs to."""
    ids = np.array(columns.texts(batch.column("household_id")).fill_null("").to_pylist(), dtype=np.str_)
    return np.searchsorted(survey.first_ids, ids, side="right")


def _cut(batches: Iterator[pa.Table], survey: Survey) -> Iterator[tuple[int, pa.Table]]:
    """The parts of a file in order, in one pass."""
    pieces: list[pa.Table] = []
    part = 0
    for batch in batches:
        numbers = _part_numbers(batch, survey)
        start = 0
        while start < len(batch):
            end = int(np.searchsorted(numbers, numbers[start], side="right"))
            if numbers[start] != part:
                yield part, _joined(pieces)
                pieces, part = [], int(numbers[start])
            pieces.append(batch.slice(start, end - start))
            start = end
    if pieces:
        yield part, _joined(pieces)


def _joined(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def _sorted_on_disk(batches: Iterator[pa.Table], survey: Survey, folder: Path) -> Iterator[tuple[int, pa.Table]]:
    """The parts of a file in any order, from one file each.

    A part's file is deleted once the part is dealt with. A resumed run goes on with the files that are left, unless the
    sorting itself was interrupted.
    """
    complete = folder / "complete"
    if not complete.exists():
        _sort_on_disk(batches, survey, folder)
        complete.touch()
    for file in sorted(folder.glob("*.arrow"), key=lambda file: int(file.stem)):
        with pa.ipc.open_file(str(file)) as reader:
            yield int(file.stem), reader.read_all()
        file.unlink()


def _sort_on_disk(batches: Iterator[pa.Table], survey: Survey, folder: Path) -> None:
    """Write each row into the file of its part."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[int, pa.ipc.RecordBatchFileWriter] = {}
    schema: pa.Schema | None = None
    for batch in batches:
        schema = schema or batch.schema
        numbers = _part_numbers(batch, survey)
        by_part = batch.cast(schema).take(pa.array(np.argsort(numbers, kind="stable")))
        numbers = np.sort(numbers)
        for part in np.unique(numbers):
            start, end = np.searchsorted(numbers, [part, part + 1])
            if part not in writers:
                writers[part] = pa.ipc.new_file(str(folder / f"{part}.arrow"), schema)
            writers[part].write_table(by_part.slice(start, end - start))
    for writer in writers.values():
        writer.close()
