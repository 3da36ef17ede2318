"""Panels as pandas frames are held to the same contract as files."""

import pandas as pd
import pytest

from graduasi.errors import PanelError
from graduasi_training.panel_frames import panel_from_frame
from tests.made_up.small_programme import SMALL, household


@pytest.mark.parametrize("name", ["income_idr", "household_id"])
def test_a_column_that_stands_twice_is_refused_by_its_name(name):
    frame = pd.DataFrame([household()])
    with pytest.raises(PanelError, match=f"frame: {name}: the column is there twice; allowed: each column once"):
        panel_from_frame(pd.concat([frame, frame[[name]]], axis=1), SMALL)


def test_a_frame_is_read_as_a_file_is():
    panel = panel_from_frame(pd.DataFrame([household(), household("K2", income_idr=None)]), SMALL)
    assert panel.household_id.to_pylist() == ["K1", "K2"]
    assert panel.values[0, SMALL.column("income_idr")] == 3_000_000


def test_a_column_of_mixed_types_is_refused_by_row():
    frame = pd.DataFrame([household(), household("K2", income_idr="much")])
    with pytest.raises(PanelError, match=r"income_idr: not of the declared type in 1 row \(row 2\)"):
        panel_from_frame(frame, SMALL)
