"""Scoring files part by part: the same as in memory, whole or not at all, resumable."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from graduasi.batch import parts
from graduasi.batch.job import Job
from graduasi.batch.score_file import score_file
from graduasi.errors import PanelError
from graduasi.panel.events import NO_EVENTS, check_events, read_events
from graduasi.panel.table_contract import check_panel
from graduasi.scoring.cohort import cohort_of
from graduasi.scoring.scores import SCORES, score_rows, to_table
from tests.made_up.small_programme import DECLARED, RULES, SMALL, draw_table

TABLE = draw_table(np.random.default_rng(7), households=60)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Seven households a part and few rows a batch, so that sixty households make nine parts."""
    monkeypatch.setattr(parts, "PART_HOUSEHOLDS", 7)
    monkeypatch.setattr(parts, "BATCH_ROWS", 16)


@pytest.fixture
def job(tmp_path, bundle):
    pq.write_table(TABLE, tmp_path / "panel.parquet")
    return Job(tmp_path / "panel.parquet", tmp_path / "scores.parquet", bundle, NO_EVENTS)


def _in_memory(table, bundle, day=None):
    panel, _ = check_panel(table, SMALL)
    day = int(panel.known_on.max()) if day is None else day
    rows = cohort_of(panel, panel.latest_known(day), DECLARED)
    return to_table(score_rows(panel, rows, as_of=day, bundle=bundle), bundle)


def _close(found, expected):
    """Equal row by row, numbers to 1e-9 (sums over many rows may be added in another order)."""
    assert found.num_rows == expected.num_rows
    for one, other in zip(found.to_pylist(), expected.to_pylist(), strict=True):
        assert _rounded(one) == _rounded(other)


def _rounded(value):
    """Every number in it to nine decimals."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 9) + 0.0 if isinstance(value, float) else value


def test_a_file_scored_in_parts_equals_the_same_panel_scored_in_memory(job, bundle):
    report = score_file(job)
    found = pq.read_table(job.target)
    assert (report.scored, report.households) == (len(found), 60)
    assert found.schema.equals(SCORES)
    assert found["household_id"].to_pylist() == sorted(found["household_id"].to_pylist())
    _close(found, _in_memory(TABLE, bundle))


def test_margin_is_base_and_reasons_and_the_rest_and_the_score_its_logistic(job):
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


def test_batches_in_order_that_are_out_of_order_among_themselves_give_the_same_scores(job):
    score_file(job)
    expected = pq.read_table(job.target)
    start = len(TABLE) - 8 * parts.BATCH_ROWS
    pq.write_table(pa.concat_tables([TABLE.slice(start), TABLE.slice(0, start)]), job.panel)
    score_file(job)
    assert pq.read_table(job.target).equals(expected)


def test_the_same_work_gives_the_same_bytes(job):
    score_file(job)
    expected = job.target.read_bytes()
    score_file(job)
    assert job.target.read_bytes() == expected


def test_a_warning_about_the_first_part_is_told(job):
    work = TABLE["work"].to_pylist()
    work[0] = "diver"
    pq.write_table(TABLE.set_column(TABLE.column_names.index("work"), "work", pa.array(work)), job.panel)
    assert any("work" in warning for warning in score_file(job).warnings)


def test_fields_that_the_file_lacks_are_told(job):
    pq.write_table(TABLE.drop_columns(["land_ha"]), job.panel)
    assert any("land_ha" in warning for warning in score_file(job).warnings)


@pytest.mark.parametrize("form", ["csv", "folder"])
def test_csv_and_a_folder_of_parts_give_the_same_scores(job, tmp_path, form):
    score_file(job)
    other = tmp_path / ("panel.csv" if form == "csv" else "panel")
    if form == "csv":
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


def test_what_an_earlier_version_scored_is_not_resumed(job, monkeypatch):
    with monkeypatch.context() as earlier:
        older = pa.schema([field for field in SCORES if field.name != "unknown_rules"])
        earlier.setattr("graduasi.batch.job.SCORES", older)
        earlier.setattr("graduasi.batch.finished_parts.SCORES", older)
        earlier.setattr("graduasi.scoring.scores.SCORES", older)
        score_file(job)
    assert score_file(replace(job, resume=True)).resumed == 0
    assert pq.read_schema(job.target).names == SCORES.names


class _Killed(Exception):
    """Stands for a kill signal: nothing is tidied up."""


def _kill_after(job, count):
    def progress(done, total):
        if done >= count:
            raise _Killed

    with pytest.raises(_Killed):
        score_file(job, progress=progress)


@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "in any order"])
@pytest.mark.parametrize("killed_after", [7, 28, 60])
def test_resume_keeps_finished_parts_and_ends_with_the_same_bytes(job, killed_after, shuffled):
    order = np.random.default_rng(1).permutation(len(TABLE)) if shuffled else np.arange(len(TABLE))
    pq.write_table(TABLE.take(order), job.panel)
    score_file(job)
    expected = job.target.read_bytes()
    job.target.unlink()
    _kill_after(job, killed_after)
    assert not job.target.exists()
    report = score_file(replace(job, resume=True))
    assert report.resumed == killed_after
    assert job.target.read_bytes() == expected
    assert not list(job.target.parent.glob("*.parts"))


def test_resume_of_work_that_is_done_does_nothing_again(job):
    first = score_file(job)
    again = score_file(replace(job, resume=True))
    assert (again.resumed, again.scored, again.bands) == (60, first.scored, first.bands)


def test_a_kill_while_the_file_is_being_sorted_loses_nobody(job, monkeypatch):
    pq.write_table(TABLE.take(np.arange(len(TABLE))[::-1]), job.panel)
    score_file(job)
    expected = job.target.read_bytes()
    job.target.unlink()
    numbered = parts._numbered_batches

    def killed(path):
        yield next(numbered(path))
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(parts, "_numbered_batches", killed)
        with pytest.raises(_Killed):
            score_file(job)
    score_file(replace(job, resume=True))
    assert job.target.read_bytes() == expected


def test_a_kill_while_the_work_is_being_written_down_is_no_obstacle(job):
    _kill_after(job, 7)
    state = job.target.with_name("scores.parquet.parts") / "state.json"
    state.write_text(state.read_text()[:20])
    assert score_file(replace(job, resume=True)).resumed == 0


def test_without_resume_nothing_is_kept(job):
    _kill_after(job, 28)
    assert score_file(job).resumed == 0


def _other_panel(job):
    pq.write_table(TABLE.slice(0, len(TABLE) - 1), job.panel)
    return job


def _with_events(job):
    file = job.panel.with_name("events.csv")
    file.write_text("household_id,event,event_date\nK00001,graduated,2020-02-01\n")
    return replace(job, events=read_events(file, RULES), events_file=file)


@pytest.mark.parametrize(
    "changed",
    [
        _other_panel,
        _with_events,
        lambda job: replace(job, as_of=18_800),
        lambda job: replace(job, reasons=3),
        lambda job: replace(job, bundle=replace(job.bundle, digest="f" * 64)),
    ],
    ids=["panel", "events", "as-of date", "reasons", "bundle"],
)
@pytest.mark.parametrize("is_done", [False, True], ids=["killed", "done"])
def test_resume_discards_what_another_input_gave(job, changed, is_done):
    _kill_after(job, 28)
    if is_done:
        score_file(job)
    assert score_file(changed(replace(job, resume=True))).resumed == 0


def test_resume_discards_what_a_folder_gave_of_which_one_part_changed(job, tmp_path):
    folder = tmp_path / "panel"
    folder.mkdir()
    for name, start in (("1.parquet", 0), ("2.parquet", 100)):
        pq.write_table(TABLE.slice(start, 100), folder / name)
    job = replace(job, panel=folder)
    _kill_after(job, 28)
    pq.write_table(TABLE.slice(100, 99), folder / "2.parquet")
    assert score_file(replace(job, resume=True)).resumed == 0


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
def test_faults_of_all_parts_are_told_together_by_row(job, step):
    members = TABLE["members"].to_pylist()
    members[0] = members[-1] = 99
    table = TABLE.set_column(TABLE.column_names.index("members"), "members", pa.array(members))
    pq.write_table(table.take(np.arange(len(TABLE))[::step]), job.panel)
    with pytest.raises(PanelError, match=rf"in 2 rows \(rows 1, {len(TABLE)}\)"):
        score_file(job)


def test_a_row_that_stands_twice_far_apart_is_found(job):
    pq.write_table(pa.concat_tables([TABLE, TABLE.slice(0, 1)]), job.panel)
    with pytest.raises(PanelError, match=rf"more than once in 2 rows \(rows 1, {len(TABLE) + 1}\)"):
        score_file(job)


def test_the_day_is_the_latest_known_on_unless_told_otherwise(job, bundle):
    latest = check_panel(TABLE, SMALL)[0].known_on.max()
    assert score_file(job).as_of == latest
    assert score_file(replace(job, as_of=18_600)).as_of == 18_600
    _close(pq.read_table(job.target), _in_memory(TABLE, bundle, day=18_600))


def test_households_that_have_left_are_not_scored(job):
    score_file(job)
    here = pq.read_table(job.target)["household_id"].to_pylist()
    gone = pa.table(
        {"household_id": here[:2], "event": ["graduated", "moved_or_died"], "event_date": ["2020-06-01"] * 2}
    )
    events = check_events(gone, RULES)
    score_file(replace(job, events=events))
    assert pq.read_table(job.target)["household_id"].to_pylist() == here[2:]
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
    ("name", "content", "said"),
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
def test_a_file_that_is_no_panel_is_refused(job, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PanelError, match=said):
        score_file(replace(job, panel=tmp_path / name))


def test_a_damaged_parquet_file_is_refused(job):
    content = bytearray(job.panel.read_bytes())
    content[40:4000] = b"\0" * 3960
    job.panel.write_bytes(content)
    with pytest.raises(PanelError, match="Parquet"):
        score_file(job)


def test_a_row_with_too_many_values_is_told_by_its_number_and_never_by_its_values(job, tmp_path):
    rows = "".join(f"K{number},2021-01-01\n" for number in range(1, 7))
    (tmp_path / "a.csv").write_text("household_id,as_of\n" + rows + "KPM-1,2021-01-01,412345\n" * 7)
    with pytest.raises(PanelError) as refused:
        score_file(replace(job, panel=tmp_path / "a.csv"))
    assert "row 7 has 3, row 8 has 3, row 9 has 3, row 10 has 3, row 11 has 3, and 2 more" in str(refused.value)
    assert "412345" not in str(refused.value)
    assert "KPM-1" not in str(refused.value)


@pytest.mark.parametrize("read", ["panel", "events_file"])
def test_scores_never_take_the_place_of_what_they_are_made_from(job, tmp_path, read):
    events = tmp_path / "events.parquet"
    pq.write_table(pa.table({"household_id": ["A"]}), events)
    job = replace(job, events_file=events)
    before = getattr(job, read).read_bytes()
    with pytest.raises(PanelError, match="write them to another file"):
        score_file(replace(job, target=getattr(job, read).parent / "." / getattr(job, read).name))
    assert getattr(job, read).read_bytes() == before


def test_scores_are_not_written_among_the_parts_of_the_panel(job, tmp_path):
    (tmp_path / "parts").mkdir()
    job.panel.rename(tmp_path / "parts" / "0.parquet")
    inside = replace(job, panel=tmp_path / "parts", target=tmp_path / "parts" / "scores.parquet")
    with pytest.raises(PanelError, match="write them to another file"):
        score_file(inside)


def test_warnings_are_told_again_when_work_is_resumed_or_was_done(job):
    pq.write_table(pq.read_table(job.panel).drop_columns(["land_ha"]), job.panel)
    first = score_file(job).warnings
    assert "land_ha" in first[0]
    assert score_file(replace(job, resume=True)).warnings == first


def test_a_resumed_run_tells_the_warnings_of_the_parts_it_kept(job):
    table = pq.read_table(job.panel)
    work = table["work"].to_pylist()
    work[0] = "diver"  # a category that the dictionary lets pass, in the first part only
    pq.write_table(table.set_column(table.column_names.index("work"), "work", pa.array(work)), job.panel)
    _kill_after(job, 28)
    assert "work" in score_file(replace(job, resume=True)).warnings[-1]
