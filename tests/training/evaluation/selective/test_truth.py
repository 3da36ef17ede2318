"""What a simulation knows, joined to the snapshots it belongs to."""

import math
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from graduasi.dates import to_day
from graduasi.declarations.conditions import Condition
from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import PeriodLabel, SnapshotsLabel, read_programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi.errors import PanelError
from graduasi_training.evaluation.selective.truth import looks_from, read_truth, truth_column
from graduasi_training.study.observations import Observations
from tests.made_up.small_programme import household, panel_of

RULE = Condition(field="income_idr", op=">=", value=0)
ROWS = {
    "household_id": ["A", "A", "B"],
    "as_of": ["2021-01-01", "2021-07-01", "2021-01-01"],
    "would_sustain": [True, False, None],
    "would_stay_out": [False, True, True],
}


def _written(tmp_path, **changes):
    rows = {name: values for name, values in {**ROWS, **changes}.items() if values is not None}
    table = pa.table(rows)
    table = table.set_column(1, "as_of", table["as_of"].cast(pa.date32()))
    pq.write_table(table, tmp_path / "truth.parquet")
    return tmp_path / "truth.parquet"


def test_a_true_outcome_is_that_of_the_same_household_on_the_same_day(tmp_path):
    panel = panel_of(household("A", "2021-07-01"), household("B", "2021-01-01"), household("C", "2021-01-01"))
    truth = read_truth(_written(tmp_path))
    rows = np.array([2, 1, 0])
    days = panel.as_of[rows]
    np.testing.assert_array_equal(truth.values_at(panel, rows, days, "would_stay_out"), [math.nan, 1.0, 1.0])
    np.testing.assert_array_equal(truth.values_at(panel, rows, days, "would_sustain"), [math.nan, math.nan, 0.0])


def test_truth_is_read_on_the_day_from_which_the_label_looks_ahead(tmp_path):
    """By time it looks from the as-of date, counted from the household's last visit, which was half a year earlier."""
    panel, truth = panel_of(household("A", "2021-01-01")), read_truth(_written(tmp_path))
    observations = Observations(np.array([0]), np.array([to_day(date(2021, 7, 1))], dtype=np.int32), np.array([True]))
    counted = SnapshotsLabel(kind="snapshots", name="x", after=1, hold=1, rules=(RULE,))
    by_time = PeriodLabel(kind="snapshots", name="x", after_months=12, hold_months=0, tolerance_months=3, rules=(RULE,))
    sustains = {
        definition: truth.values_at(panel, observations.snapshot, looks_from(definition, observations, panel), "would_sustain").item()
        for definition in (counted, by_time)
    }  # fmt: skip
    assert sustains == {counted: 1.0, by_time: 0.0}


def test_a_truth_in_csv_reads_the_same(tmp_path):
    pa.csv.write_csv(pa.table(ROWS), tmp_path / "truth.csv")
    panel = panel_of(household("A", "2021-07-01"))
    assert read_truth(tmp_path / "truth.csv").values_at(
        panel, np.array([0]), panel.as_of, "would_stay_out"
    ).tolist() == [1.0]


@pytest.mark.parametrize("name", ["would_sustain", "would_stay_out"])
def test_a_file_without_a_column_of_outcomes_is_refused_with_the_column_s_name(tmp_path, name):
    with pytest.raises(PanelError, match=f"lacks {name}"):
        read_truth(_written(tmp_path, **{name: None}))


def test_a_repeated_row_is_refused(tmp_path):
    with pytest.raises(PanelError, match="1 rows repeat"):
        read_truth(_written(tmp_path, household_id=["A", "A", "A"], as_of=["2021-01-01", "2021-07-01", "2021-01-01"]))


def test_an_outcome_that_is_neither_true_nor_false_is_refused(tmp_path):
    with pytest.raises(PanelError, match="would_sustain holds something else"):
        read_truth(_written(tmp_path, would_sustain=["maybe", "no", "yes"]))


def test_the_truth_has_a_column_for_the_graduation_and_the_target_and_none_for_spending():
    programme = read_programme(default_programme(), read_dictionary(default_dictionary()))
    columns = {definition.name: truth_column(definition, programme) for definition in programme.labels}
    assert columns == {
        "sustained": "would_sustain",
        "graduated_and_stayed_out": "would_stay_out",
        "welfare_held": None,
    }
    longer = programme.target.model_copy(update={"hold_months": programme.target.hold_months + 3})
    assert truth_column(longer, programme) is None
