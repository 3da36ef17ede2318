"""Resuming: what an earlier run finished is kept if it is of the same work, and a kill at any point loses nobody."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from graduasi.batch import parts
from graduasi.batch.score_file import score_file
from graduasi.panel.events import read_events
from graduasi.scoring.scores import SCORES
from tests.made_up.small_programme import RULES
from tests.models.batch.conftest import TABLE

pytestmark = pytest.mark.usefixtures("small_parts")


def test_what_an_earlier_version_scored_is_not_resumed(job, monkeypatch):
    with monkeypatch.context() as earlier_version:
        columns = pa.schema([field for field in SCORES if field.name != "unknown_rules"])
        for module in ("batch.job", "batch.finished_parts", "scoring.scores"):
            earlier_version.setattr(f"graduasi.{module}.SCORES", columns)
        score_file(job)
    assert score_file(replace(job, resume=True)).resumed == 0
    assert pq.read_schema(job.target).names == SCORES.names


class _Killed(Exception):
    """Stands for a kill signal: nothing is tidied up."""


def _kill_after(job, count):
    """Run the job until so many households are done."""

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


def test_resume_of_a_job_that_is_done_does_nothing_again(job):
    first = score_file(job)
    again = score_file(replace(job, resume=True))
    assert (again.resumed, again.scored, again.bands) == (60, first.scored, first.bands)


def test_a_kill_while_the_file_is_being_sorted_loses_nobody(job, monkeypatch):
    pq.write_table(TABLE.take(np.arange(len(TABLE))[::-1]), job.panel)
    score_file(job)
    expected = job.target.read_bytes()
    job.target.unlink()
    numbered_batches = parts._numbered_batches

    def killed(path):
        yield next(numbered_batches(path))
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(parts, "_numbered_batches", killed)
        with pytest.raises(_Killed):
            score_file(job)
    score_file(replace(job, resume=True))
    assert job.target.read_bytes() == expected


def test_a_kill_while_a_part_is_written_loses_nobody(job, monkeypatch):
    score_file(job)
    expected = job.target.read_bytes()
    job.target.unlink()
    write_table = pq.write_table

    def killed_in_the_third_part(table, path, **options):
        if len(list(path.parent.glob("*.parquet"))) < 2:
            write_table(table, path, **options)
        else:
            path.write_bytes(b"PAR1")
            raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(pq, "write_table", killed_in_the_third_part)
        with pytest.raises(_Killed):
            score_file(job)
    assert score_file(replace(job, resume=True)).resumed == 14
    assert job.target.read_bytes() == expected


def test_a_damaged_target_is_no_finished_job(job):
    score_file(job)
    expected = job.target.read_bytes()
    job.target.write_bytes(expected[: len(expected) // 2])
    assert score_file(replace(job, resume=True)).resumed == 0
    assert job.target.read_bytes() == expected


def test_a_panel_never_has_more_than_the_most_parts(job, monkeypatch):
    monkeypatch.setattr(parts, "PART_HOUSEHOLDS", 1)
    monkeypatch.setattr(parts, "MAX_PARTS", 7)
    survey = parts.survey_panel(job.panel)
    numbers = [number for number, _ in parts.read_parts(job.panel, survey, sort_folder=job.panel.parent / "unsorted")]
    assert survey.households_per_part == 9
    assert numbers == list(range(7))


def test_a_job_that_was_killed_while_it_wrote_its_fingerprint_starts_anew(job):
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
def test_resume_discards_parts_of_other_inputs(job, changed, is_done):
    _kill_after(job, 28)
    if is_done:
        score_file(job)
    assert score_file(changed(replace(job, resume=True))).resumed == 0


def test_resume_discards_parts_of_a_folder_in_which_one_file_changed(job, tmp_path):
    folder = tmp_path / "panel"
    folder.mkdir()
    for name, start in (("1.parquet", 0), ("2.parquet", 100)):
        pq.write_table(TABLE.slice(start, 100), folder / name)
    job = replace(job, panel=folder)
    _kill_after(job, 28)
    pq.write_table(TABLE.slice(100, 99), folder / "2.parquet")
    assert score_file(replace(job, resume=True)).resumed == 0


def test_a_job_that_is_done_gives_its_warnings_again(job):
    pq.write_table(pq.read_table(job.panel).drop_columns(["land_ha"]), job.panel)
    first = score_file(job).warnings
    assert "land_ha" in first[0]
    assert score_file(replace(job, resume=True)).warnings == first


def test_a_resumed_job_gives_the_warnings_of_the_parts_it_kept(job):
    table = pq.read_table(job.panel)
    work = table["work"].to_pylist()
    work[0] = "diver"  # a category that the dictionary lets pass, in the first part only
    pq.write_table(table.set_column(table.column_names.index("work"), "work", pa.array(work)), job.panel)
    _kill_after(job, 28)
    assert "work" in score_file(replace(job, resume=True)).warnings[-1]
