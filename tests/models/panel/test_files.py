import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.batch.finished_parts import Job
from graduasi.batch.score_file import score_file
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.events import NO_EVENTS
from tests.made_up.small_programme import draw_table

TABLE = draw_table(np.random.default_rng(7), households=60)


def put(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


HALVES = {
    "all empty, then whole numbers": (
        put(TABLE.slice(100), "members", pa.nulls(len(TABLE) - 100)),
        TABLE.slice(0, 100),
    ),
    "whole, then fractions": (
        put(TABLE.slice(100), "land_ha", pa.array([1] * (len(TABLE) - 100))),
        TABLE.slice(0, 100),
    ),
    "dates, then dates as text": (
        TABLE.slice(0, 100),
        put(TABLE.slice(100), "joined", TABLE.slice(100)["joined"].cast(pa.string())),
    ),
}


def write(folder, halves):
    folder.mkdir()
    for place, half in enumerate(halves):
        pq.write_table(half, folder / f"{place}.parquet")
    return folder


@pytest.mark.parametrize("name", HALVES)
def test_parts_that_write_a_column_differently_are_read_as_one(tmp_path, name, bundle):
    panel = write(tmp_path / "parts", HALVES[name])
    assert len(files.read_table(panel)) == len(TABLE)
    report = score_file(Job(panel, tmp_path / "s.parquet", bundle, NO_EVENTS))
    assert report.households == 60


def test_the_index_that_pandas_writes_is_no_column(tmp_path):
    TABLE.to_pandas().iloc[[3, 0, 1]].to_parquet(tmp_path / "panel.parquet")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "panel.parquet").names
    assert files.read_table(tmp_path / "panel.parquet").column_names == TABLE.column_names


def test_parts_with_other_columns_are_refused(tmp_path):
    panel = write(tmp_path / "parts", (TABLE.slice(0, 100), TABLE.slice(100).drop_columns(["land_ha"])))
    with pytest.raises(PanelError, match="do not have the same columns"):
        files.read_table(panel)


@pytest.mark.parametrize("name", ["twice.csv", "twice"])
def test_a_column_that_stands_twice_is_told_by_its_name(tmp_path, name):
    if name.endswith(".csv"):
        (tmp_path / name).write_text("household_id,as_of,as_of\nK1,2021-01-01,2021-01-01\n")
    else:
        ids = pa.array(["K1"])
        twice = pa.Table.from_arrays([ids, ids, ids], ["household_id", "as_of", "as_of"])
        write(tmp_path / name, (twice, twice))
    with pytest.raises(PanelError, match=f"{name}: as_of: the column is there twice; allowed: each column once"):
        files.read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('household_id,"as_of\nK1,2021-01-01\n', "never closed"),
        ("household_id,as_of\nK1,2021-01-01\n\xe9,2021-01-01\n", "not UTF-8 text"),
    ],
)
def test_a_csv_that_cannot_be_read_says_what_to_look_for(tmp_path, content, said):
    (tmp_path / "a.csv").write_text(content, encoding="latin-1")
    with pytest.raises(PanelError, match=said):
        files.read_table(tmp_path / "a.csv")
