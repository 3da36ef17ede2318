import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.made_up.learned_model import save_learned_bundle
from tests.made_up.small_programme import draw_table

COMMAND = [sys.executable, "-c", "from graduasi.commands.cli import main; main()"]
PANEL = Path("tests/data/teen_poverty")
RULES = ["--dictionary", str(PANEL / "dictionary.toml"), "--programme", str(PANEL / "programme.toml")]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env={**os.environ})


def test_a_panel_that_keeps_the_contract_is_told_so():
    done = run("check", str(PANEL / "households.csv"), *RULES)
    assert (done.returncode, "keep the contract" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"household_id,as_of,age\nA,2020-01-01,\xff\n", "UTF-8"),
        (b"household_id,as_of,age\nA,2020-01-01,many\n", "age: not of the declared type in 1 row (row 1)"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(tmp_path, content, said):
    (tmp_path / "households.csv").write_bytes(content)
    done = run("check", str(tmp_path / "households.csv"), *RULES)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_draft_that_nobody_has_completed_is_told_as_one(tmp_path):
    assert run("init", str(PANEL / "households.csv"), str(tmp_path)).returncode == 0
    drafts = ["--dictionary", str(tmp_path / "dictionary.toml"), "--programme", str(tmp_path / "programme.toml")]
    done = run("check", str(PANEL / "households.csv"), *drafts)
    assert done.returncode == 0
    assert all(f"warning: the {name} is a draft" in done.stderr for name in ("dictionary", "programme"))
    assert "draft" not in run("check", str(PANEL / "households.csv"), *RULES).stderr


def test_scoring_without_events_is_warned_of_where_families_can_leave(tmp_path):
    pq.write_table(draw_table(np.random.default_rng(0)), tmp_path / "households.parquet")
    bundle = save_learned_bundle(tmp_path / "bundle")
    target = str(tmp_path / "scores.parquet")
    done = run("score", str(tmp_path / "households.parquet"), target, "--model", str(bundle))
    assert done.returncode == 0, done.stderr
    assert "warning: without --events" in done.stderr


def test_wrong_usage_ends_with_two():
    assert run("check").returncode == 2


def test_a_place_that_cannot_be_written_to_is_named_without_a_traceback(tmp_path):
    (tmp_path / "file").touch()
    done = run("init", str(PANEL / "households.csv"), str(tmp_path / "file" / "drafts"))
    assert done.returncode == 1
    assert "drafts" in done.stderr
    assert "Traceback" not in done.stderr
