"""From arrays to the Parquet files of a simulation, in household order, marked synthetic."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.declarations.dictionary import Dictionary, Field
from graduasi_training.simulation.chance import Integers
from graduasi_training.simulation.district import DistrictHistory, QuarterRows
from graduasi_training.simulation.lives.places import District
from graduasi_training.simulation.records.exits import EVENTS

SYNTHETIC_METADATA = {"synthetic": "true", "source": "graduasi simulate; made up, no evidence about real families"}
ROW_GROUP_ROWS = 100_000
ARROW_TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "category": pa.string(),
    "date": pa.date32(),
}
KEYS = [
    ("household_id", pa.string()),
    ("as_of", pa.date32()),
    ("known_on", pa.date32()),
    ("mentor_id", pa.string()),
    ("area_code", pa.string()),
]
EVENT_SCHEMA = pa.schema(
    [("household_id", pa.string()), ("event", pa.string()), ("event_date", pa.date32()), ("known_on", pa.date32())],
    metadata=SYNTHETIC_METADATA,
)
TRUTH_SCHEMA = pa.schema(
    [
        ("household_id", pa.string()),
        ("as_of", pa.date32()),
        ("log_welfare", pa.float64()),
        ("permanent_welfare", pa.float64()),
        ("income_excl_aid_pc_idr", pa.float64()),
        ("would_sustain", pa.bool_()),
        ("relapse_propensity", pa.float64()),
        ("would_stay_out", pa.bool_()),
        ("mentor_strictness", pa.float64()),
        ("reporting_style", pa.float64()),
    ],
    metadata=SYNTHETIC_METADATA,
)


def panel_schema(dictionary: Dictionary) -> pa.Schema:
    """The columns of households.parquet: the keys, then every field in the dictionary's order."""
    fields = [(field.name, ARROW_TYPES[field.type]) for field in dictionary.fields.values()]
    return pa.schema([*KEYS, *fields], metadata=SYNTHETIC_METADATA)


@dataclass(frozen=True)
class Identifiers:
    """Turns indexes of families, mentors and areas of a district into identifiers. Region 99 does not exist."""

    district: District
    first_household: int

    def households(self, family: Integers) -> pa.Array:
        return _numbered("SYN-{:07d}", family, self.first_household)

    def mentors(self, mentor: Integers) -> pa.Array:
        return _numbered("M-{:04d}", mentor, self.district.first_mentor)

    def areas(self, area: Integers) -> pa.Array:
        return _numbered(f"99.{self.district.number:02d}." + "{:02d}", area, 1)


def _numbered(pattern: str, indexes: Integers, first_number: int) -> pa.Array:
    """For each index the pattern, filled in with the index plus `first_number`."""
    if len(indexes) == 0:
        return pa.array([], pa.string())
    texts = pa.array([pattern.format(first_number + index) for index in range(int(indexes.max()) + 1)], pa.string())
    return texts.take(pa.array(indexes))


class ParquetFiles:
    """households.parquet, events.parquet and truth.parquet in a folder, written a district at a time.

    What is known only after `extract_day` is left out.
    """

    def __init__(self, out: Path, dictionary: Dictionary, *, extract_day: int) -> None:
        self._dictionary = dictionary
        self._extract_day = extract_day
        self._panel = pq.ParquetWriter(out / "households.parquet", panel_schema(dictionary), compression="zstd")
        self._events = pq.ParquetWriter(out / "events.parquet", EVENT_SCHEMA, compression="zstd")
        self._truth = pq.ParquetWriter(out / "truth.parquet", TRUTH_SCHEMA, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in (self._panel, self._events, self._truth):
            writer.close()

    def append(self, history: DistrictHistory, *, district: District, first_household: int) -> None:
        """Write a district's rows; its families are numbered from `first_household`."""
        identifiers = Identifiers(district, first_household)
        order = _panel_order(history, self._extract_day)
        panel = _panel_table(history, self._dictionary, order=order, identifiers=identifiers)
        events = _event_table(history, identifiers=identifiers, extract_day=self._extract_day)
        self._panel.write_table(panel, row_group_size=ROW_GROUP_ROWS)
        self._truth.write_table(_truth_table(history, identifiers), row_group_size=ROW_GROUP_ROWS)
        self._events.write_table(events)


@dataclass(frozen=True)
class _PanelOrder:
    """For each row of the panel, by household and date: its family, its quarter, and its index among all rows.

    The index is that of the row when the rows of all quarters stand one after another.
    """

    family: Integers
    quarter: Integers
    row_index: Integers


def _panel_order(history: DistrictHistory, extract_day: int) -> _PanelOrder:
    family = np.concatenate([rows.family for rows in history.rows])
    quarter = np.concatenate([np.full(len(rows.family), rows.quarter) for rows in history.rows])
    known_on_day = np.concatenate([rows.known_on_day for rows in history.rows])
    by_household = np.argsort(family, kind="stable")
    row_index = by_household[known_on_day[by_household] <= extract_day]
    return _PanelOrder(family=family[row_index], quarter=quarter[row_index], row_index=row_index)


def _panel_table(
    history: DistrictHistory, dictionary: Dictionary, *, order: _PanelOrder, identifiers: Identifiers
) -> pa.Table:
    as_of_day = np.array([rows.as_of_day for rows in history.rows])[order.quarter]
    known_on_day = np.concatenate([rows.known_on_day for rows in history.rows])[order.row_index]
    mentor = history.mentor[order.family]
    keys = [
        identifiers.households(order.family),
        _date_column(as_of_day),
        _date_column(known_on_day),
        identifiers.mentors(mentor),
        identifiers.areas(history.places.mentor_area[mentor]),
    ]
    fields = [_field_column(field, history.rows, order.row_index) for field in dictionary.fields.values()]
    return pa.Table.from_arrays([*keys, *fields], schema=panel_schema(dictionary))


def _field_column(field: Field, all_rows: tuple[QuarterRows, ...], row_index: Integers) -> pa.Array:
    values = np.concatenate([rows.columns[field.name] for rows in all_rows])[row_index]
    blanks = [rows.blanks.get(field.name, np.zeros(len(rows.family), dtype=bool)) for rows in all_rows]
    is_blank = np.concatenate(blanks)[row_index]
    if field.type == "category":
        codes = pa.array(values.astype(np.int32), mask=is_blank)
        return pa.DictionaryArray.from_arrays(codes, pa.array(field.categories)).cast(pa.string())
    if field.type in ("number", "integer"):
        # A form takes nothing outside the declared range; the rare values beyond it are written down as its limit.
        values = np.clip(values, field.min, field.max)
    if field.type == "number":
        is_blank = is_blank | np.isnan(values.astype(np.float64))
    return pa.array(values, type=ARROW_TYPES[field.type], mask=is_blank, safe=False)


def _truth_table(history: DistrictHistory, identifiers: Identifiers) -> pa.Table:
    """A row for each quarter in which a family received aid, by household and date."""
    everyone = np.concatenate([in_aid.family for in_aid in history.in_aid])
    sizes = [len(in_aid.family) for in_aid in history.in_aid]
    by_household = np.argsort(everyone, kind="stable")
    family = everyone[by_household]
    quarter = np.repeat([in_aid.quarter for in_aid in history.in_aid], sizes)[by_household]
    as_of_day = np.repeat([in_aid.as_of_day for in_aid in history.in_aid], sizes)[by_household]
    poverty_line = np.concatenate([in_aid.poverty_line_idr for in_aid in history.in_aid])[by_household]
    truth, family_and_quarter = history.truth, (family, quarter)
    log_welfare = truth.log_welfare[family_and_quarter]
    columns = [
        log_welfare,
        history.permanent_welfare[family_and_quarter],
        np.exp(log_welfare) * poverty_line,
        truth.would_sustain[family_and_quarter],
        truth.relapse_propensity[family_and_quarter],
        truth.would_stay_out[family_and_quarter],
        history.places.mentor_strictness[history.mentor[family]],
        history.reporting_style[family],
    ]
    keys = [identifiers.households(family), _date_column(as_of_day)]
    return pa.Table.from_arrays([*keys, *map(pa.array, columns)], schema=TRUTH_SCHEMA)


def _event_table(history: DistrictHistory, *, identifiers: Identifiers, extract_day: int) -> pa.Table:
    family, event, event_day, known_on_day = (
        np.concatenate([getattr(events, name) for events in history.events])
        for name in ("family", "event", "event_day", "known_on_day")
    )
    by_household = np.lexsort((event_day, family))
    rows = by_household[known_on_day[by_household] <= extract_day]
    columns = [
        identifiers.households(family[rows]),
        pa.array(EVENTS).take(pa.array(event[rows])),
        _date_column(event_day[rows]),
        _date_column(known_on_day[rows]),
    ]
    return pa.Table.from_arrays(columns, schema=EVENT_SCHEMA)


def _date_column(days: Integers) -> pa.Array:
    """Days since 1970-01-01 as Arrow dates."""
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())
