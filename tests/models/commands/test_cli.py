"""The command as a person runs it: what it prints, where, and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from graduasi.batch.score_file import Report
from graduasi.commands.score import _age_warnings
from tests.made_up.learned_model import save_learned_bundle
from tests.made_up.small_programme import draw_table

COMMAND = [sys.executable, "-c", "from graduasi.commands.cli import main; main()"]
PANEL = Path("tests/data/teen_poverty")
RULES = ["--dictionary", str(PANEL / "dictionary.toml"), "--programme", str(PANEL / "programme.toml")]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env={**os.environ})


def test_of_a_panel_that_keeps_the_contract_check_says_so():
    done = run("check", str(PANEL / "households.csv"), *RULES)
    assert (done.returncode, "keep the contract" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"household_id,as_of,age\nA,2020-01-01,\xff\n", "UTF-8"),
        (b"household_id,as_of,age\nA,2020-01-01,many\n", "age: not of the declared type in 1 row (row 1)"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(tmp_path, content, message):
    (tmp_path / "households.csv").write_bytes(content)
    done = run("check", str(tmp_path / "households.csv"), *RULES)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_every_reason_of_a_refusal_is_printed(tmp_path):
    (tmp_path / "households.csv").write_text("household_id,as_of,age\nA,2020-01-01,many\n")
    (tmp_path / "events.csv").write_text("household_id,event,event_date\nA,flew_away,2020-01-01\n")
    done = run("check", str(tmp_path / "households.csv"), *RULES, "--events", str(tmp_path / "events.csv"))
    assert done.returncode == 1
    assert "age: not of the declared type" in done.stderr
    assert "event: not an event of the programme" in done.stderr


@pytest.mark.parametrize(("stale", "warnings"), [(50, 0), (51, 1)])
def test_score_warns_if_more_than_half_of_the_households_are_stale(stale, warnings):
    report = Report(20_000, 100, scored=100, resumed=0, bands={"stale": stale, "ready": 100 - stale}, warnings=())
    assert len(_age_warnings(report, today=20_000)) == warnings


@pytest.mark.parametrize(("days_ago", "warnings"), [(180, 0), (181, 1)])
def test_score_warns_of_an_as_of_date_more_than_180_days_ago(days_ago, warnings):
    report = Report(20_000, 100, scored=100, resumed=0, bands={"ready": 100}, warnings=())
    assert len(_age_warnings(report, today=20_000 + days_ago)) == warnings


def test_check_warns_of_drafts_that_nobody_has_completed(tmp_path):
    assert run("init", str(PANEL / "households.csv"), str(tmp_path)).returncode == 0
    drafts = ["--dictionary", str(tmp_path / "dictionary.toml"), "--programme", str(tmp_path / "programme.toml")]
    done = run("check", str(PANEL / "households.csv"), *drafts)
    assert done.returncode == 0
    assert all(f"warning: the {name} is a draft" in done.stderr for name in ("dictionary", "programme"))
    assert "draft" not in run("check", str(PANEL / "households.csv"), *RULES).stderr


def test_check_as_json_has_counts_and_findings_and_what_the_programme_muted(tmp_path):
    assert run("init", str(PANEL / "households.csv"), str(tmp_path)).returncode == 0
    programme = tmp_path / "programme.toml"
    programme.write_text(f'{programme.read_text()}\n[[muted]]\ncode = "GRD002"\nreason = "to be completed in May"\n')
    drafts = ["--dictionary", str(tmp_path / "dictionary.toml"), "--programme", str(programme)]
    done = run("check", str(PANEL / "households.csv"), *drafts, "--json")
    told = json.loads(done.stdout)
    assert (told["snapshots"], told["households"], told["events"]) == (5755, 1151, 0)
    assert [finding["code"] for finding in told["findings"]] == ["GRD001"]
    assert [(muted["code"], muted["reason"]) for muted in told["muted"]] == [("GRD002", "to be completed in May")]
    assert "muted: GRD002: to be completed in May" in done.stderr


def test_check_names_a_field_that_holds_the_outcome(tmp_path):
    text = (PANEL / "households.csv").read_text(encoding="utf-8").splitlines()
    head, *rows = (line.split(",") for line in text)
    place = {name: index for index, name in enumerate(head)}
    is_poor = {(row[place["household_id"]], row[place["as_of"]][:4]): row[place["in_poverty"]] for row in rows}
    for row in rows:
        next_year = str(int(row[place["as_of"]][:4]) + 1)
        row[place["age"]] = "15" if is_poor.get((row[place["household_id"]], next_year)) == "true" else "17"
    (tmp_path / "households.csv").write_text("\n".join(map(",".join, [head, *rows])), encoding="utf-8")
    done = run("check", str(tmp_path / "households.csv"), *RULES)
    assert done.returncode == 0
    assert "warning: age alone ranks families by the outcome with an AUC of 1.000" in done.stderr


def test_score_warns_if_families_can_leave_and_no_events_are_given(tmp_path):
    pq.write_table(draw_table(np.random.default_rng(0)), tmp_path / "households.parquet")
    bundle = save_learned_bundle(tmp_path / "bundle")
    target = str(tmp_path / "scores.parquet")
    done = run("score", str(tmp_path / "households.parquet"), target, "--model", str(bundle))
    assert done.returncode == 0, done.stderr
    assert "warning: without --events" in done.stderr


def test_wrong_usage_ends_with_two():
    assert run("check").returncode == 2


def test_a_folder_that_cannot_be_written_to_is_named_without_a_traceback(tmp_path):
    (tmp_path / "file").touch()
    done = run("init", str(PANEL / "households.csv"), str(tmp_path / "file" / "drafts"))
    assert done.returncode == 1
    assert "drafts" in done.stderr
    assert "Traceback" not in done.stderr
