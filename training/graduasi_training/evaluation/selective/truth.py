"""What a simulation knows of each household and nobody observes (`truth.parquet`): read only to be compared with estimates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Array
from graduasi.dates import Days
from graduasi.declarations.programme import Label, Programme, SnapshotsLabel
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.record import Panel
from graduasi_training.study.observations import Observations
from graduasi_training.study.splits import RowIndex

KEY_COLUMNS: Final = ("household_id", "as_of")
SUSTAINS, STAYS_OUT = "would_sustain", "would_stay_out"
"""The columns of true outcomes: whether welfare would hold without aid, and whether no aid would be needed again."""
TRUE_INCOME_FIELD = "income_excl_aid_pc_idr"
"""The simulator knows whether true income would meet the first label; of other fields it keeps no truth."""


@dataclass(frozen=True)
class Truth:
    """One row a household and as-of date.

    `row_of` finds the row by household and as-of day; `columns` holds true outcomes: 1.0, 0.0, or NaN for unknown.
    """

    row_of: dict[tuple[str, int], int]
    columns: dict[str, Array]

    def values_at(self, panel: Panel, snapshots: RowIndex, days: Days, column: str) -> Array:
        """The true outcome of the households of the given snapshots, as of `days`; NaN where the truth has no such row."""
        households = panel.household_id.take(pa.array(snapshots, pa.int64())).to_pylist()
        keys = zip(households, days.tolist(), strict=True)
        rows = np.array([self.row_of.get(key, -1) for key in keys], dtype=np.intp)
        return np.append(self.columns[column], np.nan)[rows]  # -1 takes the NaN


def truth_column(definition: Label, programme: Programme) -> str | None:
    """The column of the truth that a label tries to observe; None where the truth has none for it."""
    if definition.kind == "event":
        return STAYS_OUT
    on_income = definition.kind == "snapshots" and [rule.field for rule in definition.rules] == [TRUE_INCOME_FIELD]
    return SUSTAINS if on_income and definition == programme.target else None


def looks_from(definition: Label, observations: Observations, panel: Panel) -> Days:
    """For each observation the day from which the label looks ahead, and on which its truth is to be read.

    A label that counts visits looks from the household's own visit, which on the as-of date may be a quarter old.
    """
    return panel.as_of[observations.snapshot] if isinstance(definition, SnapshotsLabel) else observations.day


def read_truth(path: Path) -> Truth:
    """Read `truth.parquet` (or .csv). Raises PanelError that names every column that is lacking or unreadable."""
    table = files.read_table(path)
    lacking = [name for name in (*KEY_COLUMNS, SUSTAINS, STAYS_OUT) if name not in table.column_names]
    if lacking:
        raise PanelError(
            f"{path.name}: lacks {', '.join(lacking)}; a truth file is the truth.parquet that `graduasi simulate` wrote beside the panel"
        )
    days = _days(table["as_of"], path)
    keys = list(zip(table["household_id"].cast(pa.string()).to_pylist(), days.tolist(), strict=True))
    row_of = {key: row for row, key in enumerate(keys)}
    if len(row_of) < len(keys):
        raise PanelError(
            f"{path.name}: {len(keys) - len(row_of)} rows repeat a household_id and as_of; each may stand once"
        )
    return Truth(row_of, {name: _boolean(table[name], name, path) for name in (SUSTAINS, STAYS_OUT)})


def _days(column: pa.ChunkedArray, path: Path) -> Days:
    try:
        dates = column.cast(pa.string()).cast(pa.date32()) if pa.types.is_string(column.type) else column.cast("date32")
    except pa.ArrowInvalid:
        raise PanelError(f"{path.name}: as_of holds something that is no date; write dates as 2026-09-30") from None
    if dates.null_count:
        raise PanelError(f"{path.name}: as_of is empty in {dates.null_count} rows; each row needs its date")
    return np.asarray(dates.cast(pa.int32()).to_numpy()).astype(np.int32)


def _boolean(column: pa.ChunkedArray, name: str, path: Path) -> Array:
    """True as 1.0, false as 0.0, null as NaN."""
    try:
        return np.asarray(pc.cast(column, pa.bool_()).cast(pa.float64()).to_numpy()).astype(np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise PanelError(f"{path.name}: {name} holds something else than true and false") from None
