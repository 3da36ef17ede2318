"""Which snapshots drift looks at: the cohort's latest ones that are not stale, with the category values that nobody declared."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.bundle.reference import SMALLEST_CELL
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.panel import columns
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on, households_out


def watched_rows(panel: Panel, events: Events, *, day: int, declarations: Declarations) -> npt.NDArray[np.intp]:
    """The rows of the panel that `graduasi score` would score on `day`, without stale snapshots.

    A stale snapshot tells of another time, and nobody is proposed because of it. So households that left long ago hardly
    matter where no events are given.
    """
    rows = cohort_on(panel, day, declarations, out=households_out(events, declarations.programme, day=day))
    return rows[day - panel.as_of[rows] <= declarations.max_data_age_days]


def last_day(panel: Panel, events: Events, declarations: Declarations) -> int:
    """The day to look at the panel: the latest known-on date, as in `graduasi score`, or the latest as-of date where that shows more.

    One row that reached the register a year late would otherwise make every other row stale.
    """
    days = (int(panel.known_on.max()), int(panel.as_of.max()))
    return max(days, key=lambda day: len(watched_rows(panel, events, day=day, declarations=declarations)))


def columns_with_undeclared(dictionary: Dictionary) -> list[str]:
    """The category features whose unlisted values are read as unknown. In any other, reading the panel refuses them."""
    return [
        field.name for field in dictionary.features if field.type == "category" and field.unknown_category == "missing"
    ]


def with_undeclared(panel: Panel, table: pa.Table, dictionary: Dictionary) -> tuple[Panel, dict[str, tuple[str, ...]]]:
    """The panel with codes for unlisted category values, after those of the listed ones, and the unlisted values by field.

    `table` is what the panel was read from. A value in fewer than SMALLEST_CELL rows stays unknown.
    """
    extra = {
        name: unlisted
        for name in columns_with_undeclared(dictionary)
        if name in table.column_names
        and (unlisted := _unlisted(table.column(name), dictionary.fields[name].categories))
    }
    if not extra:
        return panel, {}
    reread, _ = check_panel(table.select(["household_id", "as_of", *extra]), _with_categories(dictionary, extra))
    values = panel.values.copy()
    for name in extra:
        column = dictionary.column(name)
        values[:, column] = reread.values[:, column]
    return replace(panel, values=values), extra


def _unlisted(column: pa.ChunkedArray, categories: tuple[str, ...]) -> tuple[str, ...]:
    """The values that are not in `categories` and stand in at least SMALLEST_CELL rows."""
    texts = columns.texts(column).drop_null()
    unlisted = texts.filter(pc.invert(pc.is_in(texts, pa.array(categories, pa.string()))))
    counts = unlisted.value_counts().to_pylist()
    return tuple(sorted(entry["values"] for entry in counts if entry["counts"] >= SMALLEST_CELL))


def _with_categories(dictionary: Dictionary, extra: dict[str, tuple[str, ...]]) -> Dictionary:
    fields = {
        name: field.model_copy(update={"categories": (*field.categories, *extra.get(name, ()))})
        for name, field in dictionary.fields.items()
    }
    return Dictionary(header=dictionary.header, fields=fields, text=dictionary.text)
