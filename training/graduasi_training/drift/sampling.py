"""Whom to look at: the cohort's latest snapshots that are not stale, with category values that nobody declared."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.bundle.reference import SMALLEST
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.panel import columns
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on, households_out


def watched_rows(panel: Panel, events: Events, *, day: int, declarations: Declarations) -> npt.NDArray[np.intp]:
    """The cohort as `score` sees it on `day`, without stale snapshots: those tell of another time, and propose nobody.

    So households that ended long ago hardly matter where no events are given.
    """
    rows = cohort_on(panel, day, declarations, out=households_out(events, declarations.programme, day=day))
    return rows[day - panel.as_of[rows] <= declarations.max_data_age_days]


def last_day(panel: Panel, events: Events, declarations: Declarations) -> int:
    """The latest day on which a snapshot became known, as in `score`; the latest as-of date where that shows more.

    One row that reached the register a year late would otherwise make every other one stale.
    """
    days = (int(panel.known_on.max()), int(panel.as_of.max()))
    return max(days, key=lambda day: len(watched_rows(panel, events, day=day, declarations=declarations)))


def columns_with_undeclared(dictionary: Dictionary) -> list[str]:
    """Category features whose unlisted values are taken as unknown; all others refuse them when the panel is read."""
    return [
        field.name for field in dictionary.features if field.type == "category" and field.unknown_category == "missing"
    ]


def with_undeclared(panel: Panel, table: pa.Table, dictionary: Dictionary) -> tuple[Panel, dict[str, tuple[str, ...]]]:
    """The panel with unlisted values as codes after the listed ones, and what they are by field.

    `table` is what the panel was read from. A value in fewer than SMALLEST rows stays unknown.
    """
    extra = {
        name: found
        for name in columns_with_undeclared(dictionary)
        if name in table.column_names and (found := _undeclared(table.column(name), dictionary.fields[name].categories))
    }
    if not extra:
        return panel, {}
    again, _ = check_panel(table.select(["household_id", "as_of", *extra]), _widened(dictionary, extra))
    values = panel.values.copy()
    for name in extra:
        place = dictionary.column(name)
        values[:, place] = again.values[:, place]
    return replace(panel, values=values), extra


def _undeclared(column: pa.ChunkedArray, categories: tuple[str, ...]) -> tuple[str, ...]:
    texts = columns.texts(column).drop_null()
    unlisted = texts.filter(pc.invert(pc.is_in(texts, pa.array(categories, pa.string()))))
    counts = unlisted.value_counts().to_pylist()
    return tuple(sorted(entry["values"] for entry in counts if entry["counts"] >= SMALLEST))


def _widened(dictionary: Dictionary, extra: dict[str, tuple[str, ...]]) -> Dictionary:
    fields = {
        name: field.model_copy(update={"categories": (*field.categories, *extra.get(name, ()))})
        for name, field in dictionary.fields.items()
    }
    return Dictionary(header=dictionary.header, fields=fields, text=dictionary.text)
