"""The guide for data scientists is run, and what it shows is what comes out."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "data-scientist.md"
MARK = "=== block ==="
STEP = re.compile(r"^```sh\n(.*?)^```$(?:\s*^```text\n(.*?)^```$)?", flags=re.S | re.M)
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Ran:
    """What each block of commands shows in the guide and said here, and the folder it ran in."""

    shown: list[str]
    said: list[str]
    folder: Path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("guide")
    (folder / "tests").symlink_to(ROOT / "tests")
    steps = STEP.findall(GUIDE.read_text(encoding="utf-8"))
    script = "set -eu\n" + f"\necho '{MARK}'\n".join(commands for commands, _ in steps)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return Ran([shown for _, shown in steps], done.stdout.split(MARK), folder)


def words(text: str) -> str:
    """The text without its numbers, and without the digest that a version ends in."""
    return " ".join(NUMBER.sub("#", re.sub(r"-[0-9a-f]{12}\b", "", text)).split())


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(re.sub(r"-[0-9a-f]{12}\b", "", text))]


def test_every_block_that_shows_an_answer_gets_it(ran: Ran) -> None:
    assert sum(bool(shown) for shown in ran.shown) >= 5
    for shown, said in zip(ran.shown, ran.said, strict=True):
        assert not shown or words(said) == words(shown)


def test_the_figures_shown_are_those_that_come_out(ran: Ran) -> None:
    # Another processor may round otherwise, so a figure may differ a little; a stale one differs more.
    for shown, said in zip(ran.shown, ran.said, strict=True):
        assert not shown or numbers(said) == pytest.approx(numbers(shown), rel=0.1, abs=0.02)


def test_scores_have_intervals_and_what_this_panel_cannot_support_is_null_with_a_note(ran: Ran) -> None:
    scores = pq.read_table(ran.folder / "models/artifacts/scores.parquet")
    evaluation = json.loads((ran.folder / "models/artifacts/teen/evaluation.json").read_text())
    assert evaluation["intervals"]["shown"]
    low, score, high = (scores.column(name).to_numpy() for name in ("score_low", "score", "score_high"))
    assert ((low <= score) & (score <= high)).all()
    for column in ("relapse_risk", "relapse_low", "relapse_high"):  # the panel has no events
        assert scores.column(column).null_count == len(scores)
    assert any("no relapse risk" in note for note in evaluation["notes"])


def test_what_comes_out_is_what_the_guide_says_lies_there(ran: Ran) -> None:
    left = {path.name for path in (ran.folder / "models/artifacts/teen").iterdir()}
    assert left == {"bundle", "evaluation.json", "report.html", "card.md"}
    assert {path.name for path in (ran.folder / "models/artifacts/draft").iterdir()} == {
        "dictionary.toml",
        "programme.toml",
    }
