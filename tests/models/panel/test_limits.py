"""What no panel may hold, however small its file is: it is refused before it fills the memory."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.errors import PanelError
from graduasi.panel import files, limits
from graduasi.panel.limits import MAX_SNAPSHOTS, SnapshotCounts, refuse_long_identifiers, refuse_too_large

TWO_GIB = 2 << 30
SURVEY = (
    "import resource, sys; from pathlib import Path\n"
    "from graduasi.batch.parts import survey_panel; from graduasi.errors import PanelError\n"
    f"resource.setrlimit(resource.RLIMIT_AS, ({TWO_GIB}, {TWO_GIB}))\n"
    "try:\n    survey_panel(Path(sys.argv[1]))\nexcept PanelError as refusal:\n    print(refusal)"
)


def _survey_in_two_gib(path):
    run = subprocess.run([sys.executable, "-c", SURVEY, str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-500:]
    return run.stdout


def test_one_household_in_millions_of_rows_is_refused_in_little_memory(tmp_path):
    rows = 4_000_000
    days = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array(["2026-01-31"]))
    ids = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array(["A"]))
    pq.write_table(pa.table({"household_id": ids, "as_of": days}), tmp_path / "many.parquet")
    assert (tmp_path / "many.parquet").stat().st_size < 100_000
    assert "more than 200 snapshots of one household, in 1 of 1" in _survey_in_two_gib(tmp_path / "many.parquet")


def test_a_long_identifier_is_refused_before_it_is_spelled_out_for_each_row(tmp_path):
    ids = pa.DictionaryArray.from_arrays(pa.array(np.zeros(400, np.int8)), pa.array(["x" * (5 << 20)]))
    table = pa.table({"household_id": ids, "as_of": pa.array(["2026-01-31"] * 400)})
    pq.write_table(table, tmp_path / "long.parquet", compression="zstd")
    assert "an identifier is too long" in _survey_in_two_gib(tmp_path / "long.parquet")


@pytest.mark.parametrize("name", limits.IDENTIFIERS)
@pytest.mark.parametrize(("length", "is_refused"), [(100, False), (101, True)])
def test_identifiers_have_at_most_a_hundred_characters(name, length, is_refused):
    table = pa.table({name: pa.array(["é" * length, None])})
    if is_refused:
        with pytest.raises(PanelError, match=f"p.csv: {name}: an identifier is too long"):
            refuse_long_identifiers(table, "p.csv")
    else:
        refuse_long_identifiers(table, "p.csv")


@pytest.mark.parametrize(("rows", "is_refused"), [(MAX_SNAPSHOTS, False), (MAX_SNAPSHOTS + 1, True)])
def test_snapshots_of_a_household_are_counted_over_all_batches(rows, is_refused):
    counts = SnapshotCounts()
    for start in range(0, rows, 7):
        counts.add(pa.array(["A"] * min(7, rows - start) + ["B"]))
    assert counts.households().to_pylist() == ["A", "B"]
    if is_refused:
        with pytest.raises(PanelError, match=r"in 1 of 2 households \(the most: 201\)"):
            counts.refuse_too_many("p.csv")
    else:
        counts.refuse_too_many("p.csv")


def test_the_footer_tells_what_is_too_large_to_be_read_at_once(tmp_path, monkeypatch):
    pq.write_table(pa.table({"household_id": ["A", "B", "C"], "as_of": ["2026-01-31"] * 3}), tmp_path / "p.parquet")
    monkeypatch.setattr(limits, "MAX_VALUES", 5)
    with pytest.raises(PanelError, match=r"p.parquet: 3 rows of 2 columns are too many"):
        files.read_table(tmp_path / "p.parquet")
    refuse_too_large(1, 5, "p.parquet")
