"""Files and folders of parts as one table; files that cannot be read are refused with the reason."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduasi.batch.job import Job
from graduasi.batch.score_file import score_file
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.events import NO_EVENTS
from tests.made_up.small_programme import draw_table

TABLE = draw_table(np.random.default_rng(7), households=60)


def with_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


HALVES = {
    "all empty, then whole numbers": (
        with_column(TABLE.slice(100), "members", pa.nulls(len(TABLE) - 100)),
        TABLE.slice(0, 100),
    ),
    "whole, then fractions": (
        with_column(TABLE.slice(100), "land_ha", pa.array([1] * (len(TABLE) - 100))),
        TABLE.slice(0, 100),
    ),
    "dates, then dates as text": (
        TABLE.slice(0, 100),
        with_column(TABLE.slice(100), "joined", TABLE.slice(100)["joined"].cast(pa.string())),
    ),
}


def write_parts(folder, tables):
    folder.mkdir()
    for number, table in enumerate(tables):
        pq.write_table(table, folder / f"{number}.parquet")
    return folder


@pytest.mark.parametrize("name", HALVES)
def test_parts_that_write_a_column_differently_are_read_as_one(tmp_path, name, bundle):
    panel = write_parts(tmp_path / "parts", HALVES[name])
    assert len(files.read_table(panel)) == len(TABLE)
    report = score_file(Job(panel, tmp_path / "s.parquet", bundle, NO_EVENTS))
    assert report.households == 60


def test_the_index_that_pandas_writes_is_no_column(tmp_path):
    TABLE.to_pandas().iloc[[3, 0, 1]].to_parquet(tmp_path / "panel.parquet")
    assert "__index_level_0__" in pq.read_schema(tmp_path / "panel.parquet").names
    assert files.read_table(tmp_path / "panel.parquet").column_names == TABLE.column_names


def test_parts_with_other_columns_are_refused(tmp_path):
    panel = write_parts(tmp_path / "parts", (TABLE.slice(0, 100), TABLE.slice(100).drop_columns(["land_ha"])))
    with pytest.raises(PanelError, match="do not have the same columns"):
        files.read_table(panel)


@pytest.mark.parametrize("name", ["twice.csv", "twice"])
def test_a_column_that_is_there_twice_is_refused_by_name(tmp_path, name):
    if name.endswith(".csv"):
        (tmp_path / name).write_text("household_id,as_of,as_of\nK1,2021-01-01,2021-01-01\n")
    else:
        ids = pa.array(["K1"])
        twice = pa.Table.from_arrays([ids, ids, ids], ["household_id", "as_of", "as_of"])
        write_parts(tmp_path / name, (twice, twice))
    with pytest.raises(PanelError, match=f"{name}: as_of: the column is there twice; allowed: each column once"):
        files.read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('household_id,"as_of\nK1,2021-01-01\n', "never closed"),
        ("household_id,as_of\nK1,2021-01-01\n\xe9,2021-01-01\n", "not UTF-8 text"),
    ],
)
def test_a_csv_that_cannot_be_read_says_what_to_look_for(tmp_path, content, message):
    (tmp_path / "a.csv").write_text(content, encoding="latin-1")
    with pytest.raises(PanelError, match=message):
        files.read_table(tmp_path / "a.csv")


def test_rows_of_a_wrong_length_are_counted_and_the_first_five_named(tmp_path):
    lines = ["household_id,as_of", "K1,2021-01-01", "", *(f"K{number},2021-01-01,x" for number in range(2, 9))]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(PanelError) as refusal:
        files.read_table(tmp_path / "a.csv")
    (sentence,) = refusal.value.reasons
    five = ", ".join(f"row {number} has 3" for number in range(2, 7))
    assert f"a.csv: the first line names 2 columns, but {five}, and 2 more; allowed:" in sentence


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    (tmp_path / "a.csv").write_text("household_id,as_of\nK1,2021-01-01\n", encoding="utf-8-sig")
    assert files.read_table(tmp_path / "a.csv").to_pylist() == [{"household_id": "K1", "as_of": "2021-01-01"}]


@pytest.mark.parametrize(
    "line", ['"' + "x" * 200_000 + '"', "household_id," * 200_000], ids=["one long name", "endless names"]
)
def test_a_first_line_that_cannot_name_columns_is_refused_in_a_sentence(tmp_path, line):
    (tmp_path / "panel.csv").write_text(f"{line}\nA\n")
    with pytest.raises(PanelError, match="the first line is too long to name columns"):
        files.column_names(tmp_path / "panel.csv")
