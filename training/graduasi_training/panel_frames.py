"""Panels and scores as pandas frames, for notebooks and for models in MLflow.

Models are logged to MLflow as code that imports `score_frame` and `without_nan` from here: this path stays for good.
"""

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from graduasi.bundle import Bundle
from graduasi.dates import to_day
from graduasi.declarations.dictionary import Dictionary
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_on
from graduasi.scoring.scores import score_rows, to_table


def panel_from_frame(frame: pd.DataFrame, dictionary: Dictionary) -> Panel:
    """The frame as a checked panel. Raises PanelError with every fault."""
    columns = [_arrow(frame.iloc[:, number]) for number in range(frame.shape[1])]  # by number: two may have one name
    table = pa.table(columns, names=[str(name) for name in frame.columns])
    return check_panel(table, dictionary, file="frame")[0]


def score_frame(frame: pd.DataFrame, bundle: Bundle, *, as_of: date | None = None, reasons: int = 5) -> pd.DataFrame:
    """The scores of a panel frame as a frame with the columns of a scores file.

    `as_of` is the day to score for, by default the latest known-on date in the frame; `reasons` is how many of each
    household's reasons it has. Raises PanelError with every fault of the frame.
    """
    panel = panel_from_frame(frame, bundle.dictionary)
    day = int(panel.known_on.max()) if as_of is None else to_day(as_of)
    rows = cohort_on(panel, day, bundle.declarations, out=frozenset())
    return to_table(score_rows(panel, rows, as_of=day, bundle=bundle), bundle, reasons=reasons).to_pandas()


def without_nan(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with None in place of NaN, which would make JSON that strict readers refuse."""
    columns = [name for name in frame.columns if frame[name].isna().any()]
    return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), None) for name in columns})


def _arrow(series: "pd.Series[Any]") -> pa.Array:
    """The series as an Arrow array. One of mixed types becomes text, so that the contract can name the rows that are wrong."""
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if pd.isna(value) else str(value) for value in series.astype(object)], pa.string())
