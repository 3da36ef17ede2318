"""Reading panels and events from CSV, Parquet and folders of Parquet parts, and replacing a file in one step."""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from graduasi.errors import PanelError
from graduasi.panel.faults import Faults
from graduasi.panel.limits import IDENTIFIERS, refuse_too_large

CSV_BLOCK_BYTES = 16 << 20
QUOTED_BREAKS = pa.csv.ParseOptions(newlines_in_values=True)
"""A note may hold line breaks; without this a block may be cut in the middle of one."""
MAX_FIRST_LINE = 2_000_000
"""In characters: a hundred thousand columns with names of twenty letters."""
SHOWN_RAGGED_ROWS = 5
"""How many rows of a wrong length a message names."""
COLUMN_TWICE = "the column is there twice"
PANDAS_INDEX = re.compile(r"__index_level_\d+__")
"""The name pandas gives to an index that it writes into a Parquet file; it is no column of the panel."""


def parts_of(path: Path) -> list[Path]:
    """The files that make up a panel: the file itself, or the Parquet parts of a folder in order of name.

    Raises PanelError for a path that is missing, a folder without parts, and any other kind of file.
    """
    if path.is_dir():
        parts = sorted(path.glob("*.parquet"))
        if not parts:
            raise PanelError(f"{path}: a folder without Parquet parts (*.parquet)")
        return parts
    if not path.exists():
        raise PanelError(f"{path}: no such file")
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise PanelError(f"{path}: a panel is a .csv or .parquet file, or a folder of Parquet parts")
    return [path]


def column_names(path: Path) -> list[str]:
    """The columns in the order of the first part. Raises PanelError if another part has other columns."""
    names_by_part = [_names(part) for part in parts_of(path)]
    if any(set(names) != set(names_by_part[0]) for names in names_by_part):
        raise PanelError(f"{path}: the parts do not have the same columns")
    return names_by_part[0]


def _names(part: Path) -> list[str]:
    if part.suffix.lower() == ".parquet":
        with _open_parquet(part) as file:
            return [name for name in file.schema_arrow.names if not PANDAS_INDEX.fullmatch(name)]
    try:
        with part.open(encoding="utf-8-sig", newline="") as file:
            first_line = file.readline(MAX_FIRST_LINE + 1)
    except UnicodeDecodeError:
        raise PanelError(f"{part}: not UTF-8 text; save the file as UTF-8") from None
    if not first_line.strip():
        raise PanelError(f"{part}: the file is empty; the first line must name the columns")
    try:
        if len(first_line) <= MAX_FIRST_LINE:
            return next(csv.reader([first_line.rstrip("\r\n")]))
    except csv.Error:  # a name longer than the reader takes
        pass
    raise PanelError(
        f"{part}: the first line is too long to name columns; allowed: {MAX_FIRST_LINE:,} characters, names of usual length"
    )


def read_batches(
    path: Path, *, columns: list[str] | None = None, rows: int = 65_536, as_dictionary: Sequence[str] = ()
) -> Iterator[pa.Table]:
    """Tables of at most about `rows` rows; of CSV, tables of about CSV_BLOCK_BYTES. `columns` None reads all columns.

    CSV columns come as text; the contract decides what they mean. Texts of Parquet in the columns `as_dictionary` are not
    spelled out for each row. Raises PanelError for a file that is not what its name says.
    """
    parts = parts_of(path)
    types = _shared_types(parts)
    for part in parts:
        if part.suffix.lower() == ".parquet":
            tables = _parquet_batches(part, columns=columns, rows=rows, as_dictionary=as_dictionary)
        else:
            tables = _csv_batches(part, columns=columns)
        for table in tables:
            yield _as_types(table, types)


def _shared_types(parts: list[Path]) -> dict[str, pa.DataType]:
    """For each column whose type differs between parts, a type that holds them all; text if there is none.

    An empty column of a part has no type of its own, so types differ often.
    """
    if len(parts) == 1:
        return {}
    schemas = []
    for part in parts:
        with _open_parquet(part) as file:
            schemas.append(file.schema_arrow.remove_metadata())
    types = {}
    for name in schemas[0].names:
        fields = [schema.field(name) for schema in schemas if name in schema.names]
        if len({field.type for field in fields}) > 1:
            try:
                schema = pa.unify_schemas([pa.schema([field]) for field in fields], promote_options="permissive")
                types[name] = schema.field(0).type
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                types[name] = pa.string()
    return types


def _as_types(table: pa.Table, types: dict[str, pa.DataType]) -> pa.Table:
    """The table with the columns of `types` cast. Raises PanelError for values that cannot be cast."""
    for name, common_type in types.items():
        if name in table.column_names and table.schema.field(name).type != common_type:
            try:
                column = table.column(name).cast(common_type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise PanelError(f"{name}: the parts hold different kinds of values; write all parts alike") from None
            table = table.set_column(table.column_names.index(name), name, column)
    return table


def read_table(path: Path) -> pa.Table:
    """The whole file or folder in memory. Raises PanelError for a file that is not what its name says."""
    names = column_names(path)
    refuse_too_large(_rows_told(path), len(names), path.name)
    if twice := repeated_names(names):
        faults = Faults()
        faults.add_columns(names, COLUMN_TWICE, "each column once", bad=twice)
        raise PanelError(faults.sentences(path.name))
    tables = list(read_batches(path, columns=names, rows=1 << 20, as_dictionary=IDENTIFIERS))
    return (
        pa.concat_tables(tables, promote_options="permissive")
        if tables
        else pa.table({name: pa.array([], pa.string()) for name in names})
    )


def repeated_names(names: list[str]) -> set[str]:
    """The names that stand more than once."""
    return {name for name, count in Counter(names).items() if count > 1}


def _rows_told(path: Path) -> int:
    """How many rows the footers of Parquet tell; 0 for CSV, whose size on disk is about its size in memory."""
    rows = 0
    for part in parts_of(path):
        if part.suffix.lower() == ".parquet":
            with _open_parquet(part) as file:
                rows += file.metadata.num_rows
    return rows


def _open_parquet(part: Path, as_dictionary: Sequence[str] = ()) -> pq.ParquetFile:
    """The file; `as_dictionary` names columns of text that it has."""
    try:
        return pq.ParquetFile(part, read_dictionary=list(as_dictionary))
    except (pa.ArrowInvalid, OSError) as error:
        raise PanelError(f"{part}: not a readable Parquet file ({type(error).__name__})") from None


def _parquet_batches(
    part: Path, *, columns: list[str] | None, rows: int, as_dictionary: Sequence[str]
) -> Iterator[pa.Table]:
    with _open_parquet(part) as file:
        texts = [field.name for field in file.schema_arrow if field.name in as_dictionary and field.type == pa.string()]
    with _open_parquet(part, texts) as file:
        try:
            for batch in file.iter_batches(batch_size=rows, columns=columns or _names(part)):
                yield pa.Table.from_batches([batch])
        except (pa.ArrowInvalid, OSError) as error:
            raise PanelError(f"{part}: damaged Parquet data ({type(error).__name__})") from None


def _csv_batches(part: Path, *, columns: list[str] | None) -> Iterator[pa.Table]:
    names = _names(part)
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=columns or names,
        strings_can_be_null=True,
        null_values=[""],
    )
    read = pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES)
    try:
        with pa.csv.open_csv(part, read_options=read, parse_options=QUOTED_BREAKS, convert_options=convert) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError):
        raise PanelError(_why_unreadable(part, len(names))) from None


def _why_unreadable(part: Path, width: int) -> list[str]:
    """Why a CSV file of `width` columns cannot be read. Arrow's own message quotes the row, and so a family's values."""
    try:
        with part.open(encoding="utf-8-sig", newline="") as file:
            rows = filter(None, csv.reader(file, strict=True))  # a blank line is no row
            next(rows)
            ragged = [(number, len(row)) for number, row in enumerate(rows, 1) if len(row) != width]
    except UnicodeDecodeError:
        return [f"{part.name}: not UTF-8 text; save the file as UTF-8"]
    except (csv.Error, OSError):
        ragged = []
    if not ragged:
        return [
            f"{part.name}: not a readable CSV file; look for a quotation mark that is never closed, or stands inside a value"
        ]
    more = f", and {len(ragged) - SHOWN_RAGGED_ROWS:,} more" if len(ragged) > SHOWN_RAGGED_ROWS else ""
    lengths = ", ".join(f"row {number} has {length}" for number, length in ragged[:SHOWN_RAGGED_ROWS])
    return [
        f"{part.name}: the first line names {width} columns, but {lengths}{more}; allowed: as many values as columns in every row, quoted where they hold a comma"
    ]


def replace_atomically(written: Path, target: Path) -> None:
    """Flush a finished file to disk and move it to `target`. A reader sees the old file or the new one, never half."""
    with written.open("rb") as file:
        os.fsync(file.fileno())
    written.replace(target)
