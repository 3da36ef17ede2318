"""The panel contract on a table: every column checked against the dictionary, all faults collected."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.dates import EARLIEST, LATEST, Days, from_day
from graduasi.declarations.dictionary import KEY_COLUMNS, Dictionary
from graduasi.errors import PanelError
from graduasi.panel import columns
from graduasi.panel.faults import Faults
from graduasi.panel.files import TWICE
from graduasi.panel.record import Panel, ordered

REQUIRED = ("household_id", "as_of")


@dataclass
class Notes:
    """What a reader should know although nothing is refused."""

    absent_fields: tuple[str, ...] = ()
    unseen_categories: tuple[str, ...] = ()
    identity_numbers: int = 0
    """Rows whose household_id looks like one."""

    def joined(self, other: "Notes") -> "Notes":
        """The notes of two parts of one file."""
        both = {*self.unseen_categories, *other.unseen_categories}
        alike = self.identity_numbers + other.identity_numbers
        return Notes(tuple(self.absent_fields or other.absent_fields), tuple(sorted(both)), alike)

    def sentences(self) -> list[str]:
        """One warning a kind."""
        found = []
        if self.absent_fields:
            found.append(
                f"the file lacks {len(self.absent_fields)} declared fields, taken as unknown: {', '.join(self.absent_fields)}"
            )
        if self.unseen_categories:
            found.append(
                f"categories that the dictionary does not list were taken as unknown in: {', '.join(self.unseen_categories)}"
            )
        if self.identity_numbers:
            found.append(
                f"household_id: 16 digits one after another, as identity numbers (NIK) have, in {self.identity_numbers:,} row{'s' * (self.identity_numbers > 1)}; use opaque identifiers, as such ones are neither published nor scored over HTTP"
            )
        return found


def missing_columns(names: list[str]) -> Faults:
    """The columns that no panel can do without."""
    faults = Faults()
    allowed = "every panel has household_id and as_of; rename the columns that hold them"
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        allowed = "columns separated by commas; the first line holds none"
    for column in REQUIRED:
        if column not in names:
            faults.add(column, "the column is missing", allowed)
    return faults


def header_faults(names: list[str], dictionary: Dictionary) -> Faults:
    """Columns that are missing, undeclared or there twice."""
    faults = missing_columns(names)
    for column in dict.fromkeys(names):
        if names.count(column) > 1:
            faults.add(column, TWICE, "each column once")
        if column not in KEY_COLUMNS and column not in dictionary.fields and column not in dictionary.header.ignore:
            faults.add(
                column,
                "not a field of the dictionary",
                "declare it, correct its name, or list it under ignore in [dictionary]",
            )
    return faults


def check_table(
    table: pa.Table, dictionary: Dictionary, *, faults: Faults, first_row: int | npt.NDArray[np.int64] = 1
) -> tuple[Panel, Notes]:
    """The table as an ordered panel; faults are added to `faults`, and the panel must not be used if there are any.

    `first_row` is the number of the table's first row in its file, or the number of each row.
    """
    numbers = (
        first_row if isinstance(first_row, np.ndarray) else np.arange(first_row, first_row + len(table), dtype=np.int64)
    )
    values = np.full((len(table), len(dictionary.fields)), np.nan)
    notes = Notes(absent_fields=tuple(name for name in dictionary.fields if name not in table.column_names))
    for place, (name, field) in enumerate(dictionary.fields.items()):
        if name not in table.column_names:
            continue
        column = columns.parse(table.column(name), field)
        values[:, place] = column.values
        for rule, bad in column.broken.items():
            faults.add_rows(name, rule, field.describe(), bad=bad, numbers=numbers)
        if any(unseen.any() for unseen in column.warnings.values()):
            notes.unseen_categories += (name,)
    as_of = check_days(table, "as_of", numbers=numbers, faults=faults)
    known_on = check_days(table, "known_on", numbers=numbers, faults=faults, default=as_of)
    faults.add_rows("known_on", "before as_of", "the day of the visit or later", bad=known_on < as_of, numbers=numbers)
    panel = Panel(
        household_id=_identifiers(table, "household_id", numbers=numbers, faults=faults),
        household=np.zeros(0, dtype=np.int32),
        as_of=as_of,
        known_on=known_on,
        mentor_id=_texts(table, "mentor_id"),
        area_code=_texts(table, "area_code"),
        values=values,
    )
    alike = pc.match_substring_regex(panel.household_id, "[0-9]{16}")
    notes.identity_numbers = int(pc.sum(alike).as_py() or 0)
    panel = ordered(panel)
    _check_unique(panel, table, numbers=numbers, faults=faults)
    return panel, notes


def check_panel(table: pa.Table, dictionary: Dictionary, *, file: str = "panel") -> tuple[Panel, Notes]:
    """The table as an ordered panel. Raises PanelError with every fault."""
    faults = header_faults(table.column_names, dictionary)
    if not faults and not len(table):
        faults.add("household_id", "the file has no rows", "at least one household")
    if faults:
        raise PanelError(faults.sentences(file))
    panel, notes = check_table(table, dictionary, faults=faults)
    if faults:
        raise PanelError(faults.sentences(file))
    return panel, notes


def check_days(
    table: pa.Table, name: str, *, numbers: npt.NDArray[np.int64], faults: Faults, default: Days | None = None
) -> Days:
    """A column of dates as days since 1970; faults are added to `faults`. Only with a `default` may it be absent or empty."""
    if name not in table.column_names and default is not None:
        return default
    column = columns.dates(table.column(name))
    allowed = f"a date as YYYY-MM-DD from {from_day(EARLIEST)} to {from_day(LATEST)}"
    unknown, told = np.isnan(column.values), np.zeros(len(table), dtype=bool)
    for rule, bad in column.broken.items():
        faults.add_rows(name, rule, allowed, bad=bad, numbers=numbers)
        told |= bad
    if default is None:
        faults.add_rows(name, "empty", allowed, bad=unknown & ~told, numbers=numbers)
    days = np.where(unknown, 0 if default is None else default, column.values).astype(np.int32)
    odd = ~unknown & ((days < EARLIEST) | (days > LATEST))
    faults.add_rows(name, columns.OUT_OF_RANGE, allowed, bad=odd, numbers=numbers)
    return days


def _texts(table: pa.Table, name: str) -> pa.Array:
    return columns.texts(table.column(name)) if name in table.column_names else pa.nulls(len(table), pa.string())


def _identifiers(table: pa.Table, name: str, *, numbers: npt.NDArray[np.int64], faults: Faults) -> pa.Array:
    identifiers = _texts(table, name)
    empty = identifiers.is_null().to_numpy(zero_copy_only=False)
    faults.add_rows(name, "empty", "an identifier in every row", bad=np.asarray(empty), numbers=numbers)
    return identifiers.fill_null("")


def _check_unique(panel: Panel, table: pa.Table, *, numbers: npt.NDArray[np.int64], faults: Faults) -> None:
    again = np.append((np.diff(panel.household) == 0) & (np.diff(panel.as_of) == 0), False)
    if not again.any():
        return
    repeated = panel.take(again)
    pairs = set(zip(repeated.household_id.to_pylist(), repeated.as_of.tolist(), strict=True))
    # The panel is ordered by household; the file's own order says which of its rows these are.
    identifiers, days = _texts(table, "household_id").to_pylist(), columns.dates(table.column("as_of")).values
    bad = np.array([pair in pairs for pair in zip(identifiers, days, strict=True)])
    faults.add_rows(
        "household_id",
        "the same household and as_of stand more than once",
        "one row per household and as-of date",
        bad=bad,
        numbers=numbers,
    )
