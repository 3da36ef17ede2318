"""From arrays to the Parquet files of a simulation, in household order, marked synthetic."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.declarations.dictionary import Dictionary, Field
from graduasi_training.simulation.chance import Integers
from graduasi_training.simulation.district import Lived, Visited
from graduasi_training.simulation.lives.places import District
from graduasi_training.simulation.records.exits import EVENTS

MARK = {"synthetic": "true", "source": "graduasi simulate; made up, no evidence about real families"}
ROW_GROUP_ROWS = 100_000
ARROW_TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "category": pa.string(),
    "date": pa.date32(),
}

EVENT_SCHEMA = pa.schema(
    [("household_id", pa.string()), ("event", pa.string()), ("event_date", pa.date32()), ("known_on", pa.date32())],
    metadata=MARK,
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
    metadata=MARK,
)


def panel_schema(dictionary: Dictionary) -> pa.Schema:
    """The columns of households.parquet: the keys, then every field in the dictionary's order."""
    keys = [
        ("household_id", pa.string()),
        ("as_of", pa.date32()),
        ("known_on", pa.date32()),
        ("mentor_id", pa.string()),
    ]
    fields = [(field.name, ARROW_TYPES[field.type]) for field in dictionary.fields.values()]
    return pa.schema([*keys, ("area_code", pa.string()), *fields], metadata=MARK)


@dataclass(frozen=True)
class Numbering:
    """How the families, mentors and areas of a district are called; region 99 does not exist."""

    first_household: int
    district: District

    def households(self, family: Integers) -> pa.Array:
        return _named("SYN-{:07d}", family, self.first_household)

    def mentors(self, mentor: Integers) -> pa.Array:
        return _named("M-{:04d}", mentor, self.district.first_mentor)

    def areas(self, area: Integers) -> pa.Array:
        return _named(f"99.{self.district.number:02d}." + "{:02d}", area, 1)


def _named(pattern: str, places: Integers, first: int) -> pa.Array:
    if len(places) == 0:
        return pa.array([], pa.string())
    names = pa.array([pattern.format(first + place) for place in range(int(places.max()) + 1)], pa.string())
    return names.take(pa.array(places))


class Files:
    """The three Parquet files, open for appending a district at a time."""

    def __init__(self, out: Path, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
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

    def append(self, lived: Lived, *, numbering: Numbering, last_known_day: int) -> None:
        """One district's rows, as far as they are known by the day of the extract."""
        panel, order = _panel_table(lived, self._dictionary, numbering=numbering, last_known_day=last_known_day)
        self._panel.write_table(panel, row_group_size=ROW_GROUP_ROWS)
        self._truth.write_table(_truth_table(lived, panel, order), row_group_size=ROW_GROUP_ROWS)
        self._events.write_table(_event_table(lived, numbering=numbering, last_known_day=last_known_day))


@dataclass(frozen=True)
class _Order:
    """For each row of the panel, in household order: its family and quarter, and where it stood before sorting."""

    family: Integers
    quarter: Integers
    place: Integers


def _panel_table(
    lived: Lived, dictionary: Dictionary, *, numbering: Numbering, last_known_day: int
) -> tuple[pa.Table, _Order]:
    family = np.concatenate([rows.family for rows in lived.visited])
    quarter = np.concatenate([np.full(len(rows.family), rows.quarter) for rows in lived.visited])
    known = np.concatenate([rows.known_on_day for rows in lived.visited])
    as_of = np.concatenate([np.full(len(rows.family), rows.as_of_day) for rows in lived.visited])
    place = np.argsort(family, kind="stable")
    place = place[known[place] <= last_known_day]
    order = _Order(family=family[place], quarter=quarter[place], place=place)
    mentor = lived.mentor[order.family]
    keys = [
        numbering.households(order.family),
        _days(as_of[place]),
        _days(known[place]),
        numbering.mentors(mentor),
        numbering.areas(lived.places.mentor_area[mentor]),
    ]
    fields = [_field_column(field, lived.visited, place) for field in dictionary.fields.values()]
    return pa.Table.from_arrays([*keys, *fields], schema=panel_schema(dictionary)), order


def _field_column(field: Field, visited: Iterable[Visited], place: Integers) -> pa.Array:
    rows = tuple(visited)
    values = np.concatenate([quarter.columns[field.name] for quarter in rows])[place]
    none = [np.zeros(len(quarter.family), dtype=bool) for quarter in rows]
    blank = np.concatenate([quarter.blanks.get(field.name, empty) for quarter, empty in zip(rows, none, strict=True)])[
        place
    ]
    if field.type == "category":
        codes = pa.array(values.astype(np.int32), mask=blank)
        return pa.DictionaryArray.from_arrays(codes, pa.array(field.categories)).cast(pa.string())
    # A form takes nothing outside the declared range; the rare tail is written down as its limit.
    values = np.clip(values, field.min, field.max) if field.type in ("number", "integer") else values
    if field.type == "number":
        blank = blank | np.isnan(values.astype(np.float64))
    return pa.array(values, type=ARROW_TYPES[field.type], mask=blank, safe=False)


def _truth_table(lived: Lived, panel: pa.Table, order: _Order) -> pa.Table:
    at = (order.family, order.quarter)
    truth, mentor = lived.truth, lived.mentor[order.family]
    line = np.concatenate([rows.columns["poverty_line_idr"] for rows in lived.visited])[order.place]
    columns = [
        panel["household_id"].combine_chunks(),
        panel["as_of"].combine_chunks(),
        truth.log_welfare[at],
        lived.permanent[at],
        np.exp(truth.log_welfare[at]) * line,
        truth.would_sustain[at],
        truth.relapse_propensity[at],
        truth.would_stay_out[at],
        lived.places.mentor_strictness[mentor],
        lived.reporting_style[order.family],
    ]
    return pa.Table.from_arrays(
        [pa.array(column) if isinstance(column, np.ndarray) else column for column in columns], schema=TRUTH_SCHEMA
    )


def _event_table(lived: Lived, *, numbering: Numbering, last_known_day: int) -> pa.Table:
    family, event, day, known = (
        np.concatenate([getattr(happened, name) for happened in lived.happened])
        for name in ("family", "event", "event_day", "known_on_day")
    )
    place = np.lexsort((day, family))
    place = place[known[place] <= last_known_day]
    names = pa.array(EVENTS).take(pa.array(event[place]))
    return pa.Table.from_arrays(
        [numbering.households(family[place]), names, _days(day[place]), _days(known[place])], schema=EVENT_SCHEMA
    )


def _days(days: Integers) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())
