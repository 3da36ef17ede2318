"""Scoring files part by part: the same scores as in memory, all or none."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from graduasi.batch import parts
from graduasi.batch.score_file import score_file
from graduasi.errors import PanelError
from graduasi.panel.events import check_events
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_of
from graduasi.scoring.scores import SCORES, score_rows, to_table
from tests.made_up.small_programme import DECLARED, RULES, SMALL
from tests.models.batch.conftest import TABLE

pytestmark = pytest.mark.usefixtures("small_parts")


def _in_memory(table, bundle, day=None):
    panel, _ = check_panel(table, SMALL)
    day = int(panel.known_on.max()) if day is None else day
    rows = cohort_of(panel, panel.latest_known(day), DECLARED)
    return to_table(score_rows(panel, rows, as_of=day, bundle=bundle), bundle)


def _assert_close(scores, expected):
    """Equal row by row, numbers to 1e-9 (sums over many rows may be added in another order)."""
    assert scores.num_rows == expected.num_rows
    for row, expected_row in zip(scores.to_pylist(), expected.to_pylist(), strict=True):
        assert _rounded(row) == _rounded(expected_row)


def _rounded(value):
    """The value with every number in it rounded to nine decimals."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 9) + 0.0 if isinstance(value, float) else value


def test_a_file_scored_in_parts_equals_the_same_panel_scored_in_memory(job, bundle):
    report = score_file(job)
    scores = pq.read_table(job.target)
    assert (report.scored, report.households) == (len(scores), 60)
    assert scores.schema.equals(SCORES)
    assert scores["household_id"].to_pylist() == sorted(scores["household_id"].to_pylist())
    _assert_close(scores, _in_memory(TABLE, bundle))


def test_base_reasons_and_the_rest_add_up_to_the_margin_and_the_score_is_its_logistic(job):
    score_file(replace(job, reasons=2))
    for row in pq.read_table(job.target).to_pylist():
        total = (
            row["base_margin"] + sum(reason["contribution"] for reason in row["reasons"]) + row["other_contribution"]
        )
        assert total == pytest.approx(row["margin"], abs=1e-9)
        assert row["score"] == pytest.approx(1 / (1 + np.exp(-row["margin"])), abs=1e-12)
        assert len(row["reasons"]) <= 2


def test_rows_in_any_order_give_the_same_scores(job):
    score_file(job)
    expected = pq.read_table(job.target)
    pq.write_table(TABLE.take(np.random.default_rng(1).permutation(len(TABLE))), job.panel)
    score_file(job)
    assert pq.read_table(job.target).equals(expected)


def test_batches_that_are_in_order_inside_but_not_among_themselves_give_the_same_scores(job):
    score_file(job)
    expected = pq.read_table(job.target)
    start = len(TABLE) - 8 * parts.BATCH_ROWS
    pq.write_table(pa.concat_tables([TABLE.slice(start), TABLE.slice(0, start)]), job.panel)
    score_file(job)
    assert pq.read_table(job.target).equals(expected)


def test_the_same_job_gives_the_same_bytes(job):
    score_file(job)
    expected = job.target.read_bytes()
    score_file(job)
    assert job.target.read_bytes() == expected


def test_a_warning_about_the_first_part_is_reported(job):
    work = TABLE["work"].to_pylist()
    work[0] = "diver"
    pq.write_table(TABLE.set_column(TABLE.column_names.index("work"), "work", pa.array(work)), job.panel)
    assert any("work" in warning for warning in score_file(job).warnings)


def test_fields_that_the_file_lacks_are_reported(job):
    pq.write_table(TABLE.drop_columns(["land_ha"]), job.panel)
    assert any("land_ha" in warning for warning in score_file(job).warnings)


@pytest.mark.parametrize("kind", ["csv", "folder"])
def test_csv_and_a_folder_of_parts_give_the_same_scores(job, tmp_path, kind):
    score_file(job)
    other = tmp_path / ("panel.csv" if kind == "csv" else "panel")
    if kind == "csv":
        pa.csv.write_csv(TABLE, other)
    else:
        other.mkdir()
        for number, start in enumerate(range(0, len(TABLE), 50)):
            pq.write_table(TABLE.slice(start, 50), other / f"{number:03}.parquet")
    score_file(replace(job, panel=other, target=tmp_path / "other.parquet"))
    assert pq.read_table(tmp_path / "other.parquet").equals(pq.read_table(job.target))


def test_a_csv_target_holds_the_same_rows_with_json_in_nested_columns(job, tmp_path):
    score_file(job)
    score_file(replace(job, target=tmp_path / "scores.csv"))
    rows = pa.csv.read_csv(tmp_path / "scores.csv").to_pylist()
    expected = pq.read_table(job.target).to_pylist()
    assert [row["margin"] for row in rows] == [row["margin"] for row in expected]
    assert [json.loads(row["reasons"]) for row in rows] == [row["reasons"] for row in expected]


def _broken_last_row():
    members = TABLE["members"].to_pylist()
    members[-1] = 99
    return TABLE.set_column(TABLE.column_names.index("members"), "members", pa.array(members))


def test_a_faulty_row_in_the_last_part_means_that_nothing_is_written(job):
    pq.write_table(_broken_last_row(), job.panel)
    with pytest.raises(PanelError, match=rf"members: above the maximum in 1 row \(row {len(TABLE)}\)"):
        score_file(job)
    assert [path.name for path in job.panel.parent.iterdir()] == ["panel.parquet"]


def test_a_refused_run_leaves_the_scores_of_an_earlier_one(job):
    score_file(job)
    earlier = job.target.read_bytes()
    pq.write_table(_broken_last_row(), job.panel)
    with pytest.raises(PanelError):
        score_file(job)
    assert job.target.read_bytes() == earlier


def test_faults_of_an_unsorted_file_name_the_rows_of_the_file(job):
    pq.write_table(_broken_last_row().take(np.arange(len(TABLE))[::-1]), job.panel)
    with pytest.raises(PanelError, match=r"\(row 1\)"):
        score_file(job)


@pytest.mark.parametrize("step", [1, -1], ids=["in order", "backwards"])
def test_faults_of_all_parts_are_reported_together_by_row(job, step):
    members = TABLE["members"].to_pylist()
    members[0] = members[-1] = 99
    table = TABLE.set_column(TABLE.column_names.index("members"), "members", pa.array(members))
    pq.write_table(table.take(np.arange(len(TABLE))[::step]), job.panel)
    with pytest.raises(PanelError, match=rf"in 2 rows \(rows 1, {len(TABLE)}\)"):
        score_file(job)


def test_a_row_that_stands_twice_is_found_although_the_two_are_far_apart(job):
    pq.write_table(pa.concat_tables([TABLE, TABLE.slice(0, 1)]), job.panel)
    with pytest.raises(PanelError, match=rf"more than once in 2 rows \(rows 1, {len(TABLE) + 1}\)"):
        score_file(job)


def test_the_as_of_date_is_the_latest_known_on_unless_another_is_given(job, bundle):
    latest = check_panel(TABLE, SMALL)[0].known_on.max()
    assert score_file(job).as_of == latest
    assert score_file(replace(job, as_of=18_600)).as_of == 18_600
    _assert_close(pq.read_table(job.target), _in_memory(TABLE, bundle, day=18_600))


def test_households_that_have_left_are_not_scored(job):
    score_file(job)
    households = pq.read_table(job.target)["household_id"].to_pylist()
    exits = pa.table(
        {"household_id": households[:2], "event": ["graduated", "moved_or_died"], "event_date": ["2020-06-01"] * 2}
    )
    events = check_events(exits, RULES)
    score_file(replace(job, events=events))
    assert pq.read_table(job.target)["household_id"].to_pylist() == households[2:]
    day = int(events.event_date[0])
    scored = [score_file(replace(job, as_of=when, events=events)).scored for when in (day - 1, day)]
    assert scored == [score_file(replace(job, as_of=when)).scored - left for when, left in ((day - 1, 0), (day, 2))]


def test_nobody_in_the_cohort_is_refused_and_nothing_written(job):
    with pytest.raises(PanelError, match="nobody is in the cohort"):
        score_file(replace(job, as_of=10_000))
    assert not job.target.exists()


@pytest.mark.parametrize("name", ["scores.txt", "scores", "scores.json"])
def test_a_target_of_another_kind_is_refused_before_any_work(job, tmp_path, name):
    with pytest.raises(PanelError, match=r"\.parquet or \.csv"):
        score_file(replace(job, target=tmp_path / name))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"PAR1 not really", "not a readable Parquet file"),
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"household_id,as_of\n", "no rows"),
        ("a.csv", b"household_id,as_of\n\xff,2021-01-01\n", "UTF"),
        ("a.csv", b"household_id,as_of\nK1,2021-01-01,3\n", "names 2 columns, but row 1 has 3; allowed"),
        ("a.csv", b"household_id,as_of,income\nK1,2021-01-01,3\n", "income: not a field"),
        ("a.xlsx", b"x", "a panel is a .csv or .parquet file"),
    ],
)
def test_a_file_that_is_no_panel_is_refused(job, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PanelError, match=message):
        score_file(replace(job, panel=tmp_path / name))


def test_a_damaged_parquet_file_is_refused(job):
    content = bytearray(job.panel.read_bytes())
    content[40:4000] = b"\0" * 3960
    job.panel.write_bytes(content)
    with pytest.raises(PanelError, match="Parquet"):
        score_file(job)


def test_a_row_with_too_many_values_is_named_by_its_number_and_never_by_its_values(job, tmp_path):
    rows = "".join(f"K{number},2021-01-01\n" for number in range(1, 7))
    (tmp_path / "a.csv").write_text("household_id,as_of\n" + rows + "KPM-1,2021-01-01,412345\n" * 7)
    with pytest.raises(PanelError) as refused:
        score_file(replace(job, panel=tmp_path / "a.csv"))
    assert "row 7 has 3, row 8 has 3, row 9 has 3, row 10 has 3, row 11 has 3, and 2 more" in str(refused.value)
    assert "412345" not in str(refused.value)
    assert "KPM-1" not in str(refused.value)


@pytest.mark.parametrize("name", ["panel", "events_file"])
def test_scores_never_overwrite_what_they_are_made_from(job, tmp_path, name):
    events = tmp_path / "events.parquet"
    pq.write_table(pa.table({"household_id": ["A"]}), events)
    job = replace(job, events_file=events)
    input_file = getattr(job, name)
    before = input_file.read_bytes()
    with pytest.raises(PanelError, match="write them to another file"):
        score_file(replace(job, target=input_file.parent / "." / input_file.name))
    assert input_file.read_bytes() == before


def test_scores_are_not_written_among_the_parts_of_the_panel(job, tmp_path):
    (tmp_path / "parts").mkdir()
    job.panel.rename(tmp_path / "parts" / "0.parquet")
    inside = replace(job, panel=tmp_path / "parts", target=tmp_path / "parts" / "scores.parquet")
    with pytest.raises(PanelError, match="write them to another file"):
        score_file(inside)
