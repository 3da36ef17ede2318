"""The panel contract for a file's table: every column is checked against the dictionary, and all faults are collected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Matrix
from graduasi.dates import EARLIEST_DAY, LATEST_DAY, Days, from_day
from graduasi.declarations.dictionary import KEY_COLUMNS, Dictionary
from graduasi.declarations.findings import Finding, core_catalogue
from graduasi.errors import PanelError
from graduasi.panel import columns
from graduasi.panel.duplicates import repeated_households
from graduasi.panel.faults import Faults
from graduasi.panel.files import COLUMN_TWICE, repeated_names
from graduasi.panel.identifiers import MAYBE_IDENTITY_NUMBER_IN_ARROW, holds_identity_number
from graduasi.panel.limits import IDENTIFIERS, SnapshotCounts, refuse_long_identifiers
from graduasi.panel.missing_codes import count_codes
from graduasi.panel.record import Panel, ordered

REQUIRED = ("household_id", "as_of")

AFTER_AS_OF = "after as_of"
"""A date that lies ahead of its row: a model that reads it reads the future."""
AFTER_TODAY = "after today"
"""A typing error of one row: with it as the latest day, everybody else would count as not seen for years."""


@dataclass
class Notes:
    """What the user should know about a panel that is accepted."""

    absent_fields: tuple[str, ...] = ()
    """Declared fields for which there is no column."""
    unseen_categories: tuple[str, ...] = ()
    """Fields with a value that is not among their categories."""
    identity_numbers: Mapping[str, int] = with_default(default_factory=dict)
    """How many rows hold what may be an identity number, by column."""
    missing_codes: Mapping[str, int] = with_default(default_factory=dict)
    """How many rows hold a code for a missing value, by column of identifiers."""
    repeated_households: int = 0
    """How many households repeat the whole history of another one."""

    def joined(self, other: "Notes") -> "Notes":
        """The notes of both of two parts of one file."""
        return Notes(
            absent_fields=tuple(self.absent_fields or other.absent_fields),  # all parts have the same columns
            unseen_categories=tuple(sorted({*self.unseen_categories, *other.unseen_categories})),
            identity_numbers=dict(Counter(self.identity_numbers) + Counter(other.identity_numbers)),
            missing_codes=dict(Counter(self.missing_codes) + Counter(other.missing_codes)),
            repeated_households=self.repeated_households + other.repeated_households,
        )

    def findings(self) -> list[Finding]:
        """One finding for each kind of note there is."""
        finding, found = core_catalogue().finding, []
        if self.absent_fields:
            found.append(finding("absent_fields", count=len(self.absent_fields), fields=", ".join(self.absent_fields)))
        if self.unseen_categories:
            found.append(finding("unseen_categories", fields=", ".join(self.unseen_categories)))
        found += identity_number_findings(self.identity_numbers)
        codes = self.missing_codes.items()
        found += [finding("missing_codes", column=column, count=f"{count:,}") for column, count in codes]
        if self.repeated_households:
            found.append(finding("repeated_households", count=f"{self.repeated_households:,}"))
        return found

    def sentences(self) -> list[str]:
        """The findings in English."""
        return [finding["text"] for finding in self.findings()]


def identity_number_findings(counts: Mapping[str, int]) -> list[Finding]:
    """One finding for each column of identifiers that holds identity numbers, in so many rows."""
    finding = core_catalogue().finding
    return [finding("identity_numbers", column=column, count=f"{count:,}") for column, count in counts.items()]


def missing_columns(names: list[str]) -> Faults:
    """A fault for each column of REQUIRED that is not among `names`."""
    faults = Faults()
    allowed = "every panel has household_id and as_of; rename the columns that hold them"
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        allowed = "columns separated by commas; the first line holds none"
    for column in REQUIRED:
        if column not in names:
            faults.add(column, "the column is missing", allowed)
    return faults


def header_faults(names: list[str], dictionary: Dictionary) -> Faults:
    """A fault for each column that is missing, undeclared or there twice."""
    faults = missing_columns(names)
    faults.add_columns(names, COLUMN_TWICE, "each column once", bad=repeated_names(names))
    faults.add_columns(
        names,
        "not a field of the dictionary",
        "declare it, correct its name, or list it under ignore in [dictionary]",
        bad=set(names).difference(KEY_COLUMNS, dictionary.fields, dictionary.header.ignore),
    )
    return faults


def check_table(
    table: pa.Table,
    dictionary: Dictionary,
    *,
    faults: Faults,
    row_numbers: npt.NDArray[np.int64] | None = None,
    today: int | None = None,
) -> tuple[Panel, Notes]:
    """The table as an ordered panel. Faults are added to `faults`; if there are any, the panel must not be used.

    `row_numbers` are the numbers of the table's rows in their file; None for 1, 2, 3 and so on. Rows of days after `today`
    are faults; None allows any day.
    """
    if row_numbers is None:
        row_numbers = np.arange(1, 1 + len(table), dtype=np.int64)
    values = np.full((len(table), len(dictionary.fields)), np.nan)
    notes = Notes(absent_fields=tuple(name for name in dictionary.fields if name not in table.column_names))
    for index, (name, field) in enumerate(dictionary.fields.items()):
        if name not in table.column_names:
            continue
        column = columns.parse(table.column(name), field)
        values[:, index] = column.values
        for rule, bad in column.broken.items():
            faults.add_rows(name, rule, field.describe(), bad=bad, row_numbers=row_numbers)
        if any(unlisted.any() for unlisted in column.warnings.values()):
            notes.unseen_categories += (name,)
    as_of = check_days(table, "as_of", row_numbers=row_numbers, faults=faults, today=today)
    known_on = check_days(table, "known_on", row_numbers=row_numbers, faults=faults, default=as_of, today=today)
    _check_dates_of_fields(table, values, dictionary, as_of=as_of, row_numbers=row_numbers, faults=faults)
    too_early = known_on < as_of
    faults.add_rows("known_on", "before as_of", "the day of the visit or later", bad=too_early, row_numbers=row_numbers)
    panel = Panel(
        household_id=_identifiers(table, "household_id", row_numbers=row_numbers, faults=faults),
        household=np.zeros(0, dtype=np.int32),
        as_of=as_of,
        known_on=known_on,
        mentor_id=_texts(table, "mentor_id"),
        area_code=_texts(table, "area_code"),
        values=values,
    )
    identifiers = (panel.household_id, panel.mentor_id, panel.area_code)
    notes.identity_numbers = identity_numbers(*identifiers)
    notes.missing_codes = count_codes(IDENTIFIERS, identifiers)
    panel = ordered(panel)
    _check_unique(panel, table, row_numbers=row_numbers, faults=faults)
    return panel, notes


def identity_numbers(*columns_of_identifiers: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    """How many rows hold what may be an identity number, for each of IDENTIFIERS, given as text, where any does."""
    counts = {}
    for name, column in zip(IDENTIFIERS, columns_of_identifiers, strict=True):
        texts = column.unique()  # identifiers repeat in a panel, and this takes less time than to look at each
        suspects = texts.filter(pc.match_substring_regex(texts, MAYBE_IDENTITY_NUMBER_IN_ARROW)).to_pylist()
        if numbers := [text for text in suspects if holds_identity_number(text)]:
            counts[name] = int(pc.sum(pc.is_in(column, value_set=pa.array(numbers, pa.string()))).as_py())
    return counts


def check_panel(
    table: pa.Table, dictionary: Dictionary, *, file: str = "panel", today: int | None = None
) -> tuple[Panel, Notes]:
    """The table as an ordered panel. Raises PanelError with every fault, among them rows of days after `today`, if given."""
    faults = header_faults(table.column_names, dictionary)
    if not faults and not len(table):
        faults.add("household_id", "the file has no rows", "at least one household")
    if faults:
        raise PanelError(faults.sentences(file))
    refuse_long_identifiers(table, file)
    counts = SnapshotCounts()
    counts.add(columns.texts(table.column("household_id")))
    counts.refuse_too_many(file)
    panel, notes = check_table(table, dictionary, faults=faults, today=today)
    if faults:
        raise PanelError(faults.sentences(file))
    notes.repeated_households = repeated_households(panel)
    return panel, notes


def check_days(
    table: pa.Table,
    name: str,
    *,
    row_numbers: npt.NDArray[np.int64],
    faults: Faults,
    default: Days | None = None,
    today: int | None = None,
) -> Days:
    """A column of dates as days since 1970; faults are added to `faults`.

    `default` are the days to use where the column is absent or empty; without it, both are faults. So are days after `today`.
    """
    if name not in table.column_names and default is not None:
        return default
    column = columns.dates(table.column(name))
    allowed = f"a date as YYYY-MM-DD from {from_day(EARLIEST_DAY)} to {from_day(LATEST_DAY)}"
    unknown, reported = np.isnan(column.values), np.zeros(len(table), dtype=bool)
    for rule, bad in column.broken.items():
        faults.add_rows(name, rule, allowed, bad=bad, row_numbers=row_numbers)
        reported |= bad
    if default is None:
        faults.add_rows(name, "empty", allowed, bad=unknown & ~reported, row_numbers=row_numbers)
    days = np.where(unknown, 0 if default is None else default, column.values).astype(np.int32)
    out_of_range = ~unknown & ((days < EARLIEST_DAY) | (days > LATEST_DAY))
    faults.add_rows(name, columns.DAY_OUT_OF_RANGE, allowed, bad=out_of_range, row_numbers=row_numbers)
    if today is not None:
        to_come = ~unknown & ~out_of_range & (days > today)
        up_to_today = f"a day up to today, {from_day(today)}; nobody knows a later one"
        faults.add_rows(name, AFTER_TODAY, up_to_today, bad=to_come, row_numbers=row_numbers)
    return days


def _check_dates_of_fields(
    table: pa.Table,
    values: Matrix,
    dictionary: Dictionary,
    *,
    as_of: Days,
    row_numbers: npt.NDArray[np.int64],
    faults: Faults,
) -> None:
    """Add the rows to `faults` in which a date lies after the row's as-of date; only outcomes are known afterwards."""
    for index, (name, field) in enumerate(dictionary.fields.items()):
        if field.type != "date" or field.kind == "outcome":
            continue
        bad = values[:, index] > as_of
        if bad.any() and "as_of" in table.column_names:
            # An as_of, or a date, that is no day has a fault of its own, and the two cannot be compared.
            no_day = np.isnan(columns.dates(table.column("as_of")).values) | (as_of < EARLIEST_DAY)
            bad &= ~no_day & (values[:, index] <= LATEST_DAY)
        faults.add_rows(name, AFTER_AS_OF, field.describe(), bad=bad, row_numbers=row_numbers)


def _texts(table: pa.Table, name: str) -> pa.Array:
    """A column as text, all null if it is absent."""
    return columns.texts(table.column(name)) if name in table.column_names else pa.nulls(len(table), pa.string())


def _identifiers(table: pa.Table, name: str, *, row_numbers: npt.NDArray[np.int64], faults: Faults) -> pa.Array:
    """A column that must have a text in every row; empty ones are added to `faults`."""
    identifiers = _texts(table, name)
    empty = np.asarray(identifiers.is_null().to_numpy(zero_copy_only=False))
    faults.add_rows(name, "empty", "an identifier in every row", bad=empty, row_numbers=row_numbers)
    return identifiers.fill_null("")


def _check_unique(panel: Panel, table: pa.Table, *, row_numbers: npt.NDArray[np.int64], faults: Faults) -> None:
    """Add every row to `faults` whose household and as-of date another row has too. `panel` is the ordered table."""
    equals_next = np.append((np.diff(panel.household) == 0) & (np.diff(panel.as_of) == 0), False)
    if not equals_next.any():
        return
    repeated = panel.take(equals_next)
    pairs = set(zip(repeated.household_id.to_pylist(), repeated.as_of.tolist(), strict=True))
    # Row numbers are in the order of the file, from which the panel's order differs.
    identifiers, days = _texts(table, "household_id").to_pylist(), columns.dates(table.column("as_of")).values
    bad = np.array([pair in pairs for pair in zip(identifiers, days, strict=True)])
    faults.add_rows(
        "household_id",
        "the same household and as_of stand more than once",
        "one row per household and as-of date",
        bad=bad,
        row_numbers=row_numbers,
    )
