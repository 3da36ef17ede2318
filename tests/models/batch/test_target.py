"""The target of a run: one run at a time, told beforehand if it cannot be written, and nobody else's files touched."""

import fcntl
import os
import subprocess
import sys
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from graduasi.batch import finished_parts
from graduasi.batch.score_file import score_file
from graduasi.batch.target import held
from graduasi.errors import Refused
from tests.models.batch.conftest import TABLE

pytestmark = pytest.mark.usefixtures("small_parts")

HOLD = "import sys, time; from pathlib import Path; from graduasi.batch.target import held\nwith held(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"


@pytest.fixture
def other_run(job):
    """Another process that holds the job's target."""
    command = [sys.executable, "-c", HOLD, str(job.target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("resume", [False, True])
def test_a_second_run_on_one_target_is_refused_naming_the_first(job, other_run, resume):
    with pytest.raises(Refused, match=rf"process {other_run.pid} on .+ has been writing it since 20"):
        score_file(replace(job, resume=resume))
    assert not job.target.exists()


def test_the_lock_of_a_run_that_died_keeps_nobody_out(job, other_run):
    other_run.kill()
    other_run.wait()
    assert score_file(job).scored
    assert not list(job.target.parent.glob("*.lock"))


def test_a_lock_file_that_was_deleted_while_waiting_is_taken_anew(job, monkeypatch):
    lock, flock, taken = job.target.with_name(job.target.name + ".lock"), fcntl.flock, []

    def first_run_ends_meanwhile(file, operation):
        if not taken:
            lock.unlink()
        taken.append(file)
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", first_run_ends_meanwhile)
    with held(job.target):
        assert lock.exists()
    assert len(taken) == 2


def test_a_folder_that_somebody_else_made_is_refused_and_kept(job):
    folder = job.target.with_name(job.target.name + ".parts")
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(Refused, match="was not made by `graduasi score`"):
        score_file(job)
    assert (folder / "thesis.txt").read_text() == "mine"


def test_what_somebody_put_among_the_finished_parts_is_neither_read_nor_deleted(job):
    _stop_after_first_part(job)
    folder = job.target.with_name(job.target.name + ".parts")
    pq.write_table(TABLE, folder / "mine.parquet")
    report = score_file(replace(job, resume=True))
    assert report.scored == len(pq.read_table(job.target))
    assert [path.name for path in folder.iterdir()] == ["mine.parquet"]


def _stop_after_first_part(job):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_file(job, progress=stop)


def _remove(folder):
    (folder / "00003.parquet").unlink()


def _double(folder):
    (folder / "00003.parquet").write_bytes((folder / "00002.parquet").read_bytes())


def _add(folder):
    (folder / "00099.parquet").write_bytes((folder / "00002.parquet").read_bytes())


@pytest.mark.parametrize("damage", [_remove, _double, _add])
def test_nothing_is_moved_where_the_parts_are_not_those_of_one_whole_run(job, monkeypatch, damage):
    job.target.write_bytes(b"earlier scores")
    merge = finished_parts.FinishedParts.merge

    def damaged(self):
        damage(self.folder)
        return merge(self)

    monkeypatch.setattr(finished_parts.FinishedParts, "merge", damaged)
    with pytest.raises(Refused, match="nothing was written; run the command again"):
        score_file(job)
    assert job.target.read_bytes() == b"earlier scores"


def test_a_link_stays_one_and_the_file_that_it_leads_to_is_written(job, tmp_path):
    (tmp_path / "out").mkdir()
    file = tmp_path / "out" / "2026-11.parquet"
    job.target.symlink_to(file)
    report = score_file(job)
    assert job.target.is_symlink()
    assert len(pq.read_table(file)) == report.scored


def _folder(target):
    target.mkdir()


def _below_a_file(target):
    target.write_text("")


def _link_to_another_kind(target):
    target.symlink_to(target.with_suffix(".csv"))


@pytest.mark.parametrize(
    ("arrange", "name", "message"),
    [
        (_folder, "scores.parquet", "is a folder"),
        (_below_a_file, "scores.parquet/below.parquet", "is not a folder"),
        (_link_to_another_kind, "scores.parquet", "is a link to a file of another kind"),
    ],
)
def test_a_target_that_cannot_be_written_is_told_before_the_work(job, tmp_path, monkeypatch, arrange, name, message):
    arrange(job.target)
    monkeypatch.setattr("graduasi.batch.parts.survey_panel", lambda path: pytest.fail("the work had begun"))
    with pytest.raises(Refused, match=message):
        score_file(replace(job, target=tmp_path / name))
    assert not list(tmp_path.glob("*.parts"))


def test_two_runs_started_together_give_the_scores_of_one_and_a_refusal(job):
    script = (
        "import sys; from pathlib import Path; from graduasi.batch.target import held\n"
        "from graduasi.errors import Refused\nimport time\n"
        "try:\n    with held(Path(sys.argv[1])): time.sleep(2)\nexcept Refused: sys.exit(1)"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, str(job.target)], env=dict(os.environ)) for _ in range(3)]
    assert sorted(run.wait() for run in runs) == [0, 1, 1]
