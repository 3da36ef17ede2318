"""Panels as pandas frames: for notebooks and the MLflow pyfunc."""

from typing import Any

import pandas as pd
import pyarrow as pa

from graduasi.bundle import Bundle
from graduasi.dictionary import Dictionary
from graduasi.frames import read_table
from graduasi.panel import Panel
from graduasi.scoring import cohort_of, score_rows, to_table


def panel_from_frame(frame: pd.DataFrame, dictionary: Dictionary) -> Panel:
    """The frame as a checked panel. Raises PanelError with every fault."""
    columns = {str(name): _column(frame[name]) for name in frame.columns}
    return read_table(pa.table(columns), dictionary, file="frame")[0]


def score_frame(frame: pd.DataFrame, bundle: Bundle) -> pd.DataFrame:
    """The scores frame of a panel frame, as of the latest day on which anything in it became known."""
    panel = panel_from_frame(frame, bundle.dictionary)
    day = int(panel.known_on.max())
    rows = cohort_of(panel, panel.latest_known(day), programme=bundle.programme, dictionary=bundle.dictionary)
    return to_table(score_rows(panel, rows, as_of=day, bundle=bundle), bundle).to_pandas()


def _column(series: "pd.Series[Any]") -> pa.Array:
    """The series as Arrow; a column of mixed types becomes text, so that the contract can say which rows are wrong."""
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if pd.isna(value) else str(value) for value in series.astype(object)], pa.string())
