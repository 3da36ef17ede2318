"""The commands of the guide for data scientists are run, and print what the guide shows."""

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
pytestmark = pytest.mark.timeout(700)  # the first test waits for all commands
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class GuideRun:
    """For each block of commands what the guide shows and what was printed here; and the folder they ran in."""

    shown: list[str]
    printed: list[str]
    folder: Path


@pytest.fixture(scope="module")
def guide_run(tmp_path_factory: pytest.TempPathFactory) -> GuideRun:
    folder = tmp_path_factory.mktemp("guide")
    (folder / "tests").symlink_to(ROOT / "tests")
    steps = STEP.findall(GUIDE.read_text(encoding="utf-8"))
    script = "set -eu\n" + f"\necho '{MARK}'\n".join(commands for commands, _ in steps)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    completed = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return GuideRun([shown for _, shown in steps], completed.stdout.split(MARK), folder)


def words(text: str) -> str:
    """The text without its numbers, and without the digest that a version ends in."""
    return " ".join(NUMBER.sub("#", re.sub(r"-[0-9a-f]{12}\b", "", text)).split())


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in NUMBER.findall(re.sub(r"-[0-9a-f]{12}\b", "", text))]


def test_every_block_prints_the_words_that_the_guide_shows(guide_run: GuideRun) -> None:
    assert sum(bool(shown) for shown in guide_run.shown) >= 5
    for shown, printed in zip(guide_run.shown, guide_run.printed, strict=True):
        assert not shown or words(printed) == words(shown)


def test_every_block_prints_the_figures_that_the_guide_shows(guide_run: GuideRun) -> None:
    # Another processor may round differently, so a figure may differ a little; a figure that is out of date differs more.
    for shown, printed in zip(guide_run.shown, guide_run.printed, strict=True):
        assert not shown or numbers(printed) == pytest.approx(numbers(shown), rel=0.1, abs=0.02)


def test_scores_have_intervals_and_what_this_panel_cannot_support_is_null_with_a_note(guide_run: GuideRun) -> None:
    scores = pq.read_table(guide_run.folder / "models/artifacts/scores.parquet")
    evaluation = json.loads((guide_run.folder / "models/artifacts/teen/evaluation.json").read_text())
    assert evaluation["intervals"]["shown"]
    low, score, high = (scores.column(name).to_numpy() for name in ("score_low", "score", "score_high"))
    assert ((low <= score) & (score <= high)).all()
    for column in ("relapse_risk", "relapse_low", "relapse_high"):  # the panel has no events
        assert scores.column(column).null_count == len(scores)
    assert any("no relapse risk" in note["text"] for note in evaluation["notes"])


def test_the_folders_hold_what_the_guide_says(guide_run: GuideRun) -> None:
    names = {path.name for path in (guide_run.folder / "models/artifacts/teen").iterdir()}
    assert names == {"bundle", "evaluation.json", "report.html", "card.md"}
    assert {path.name for path in (guide_run.folder / "models/artifacts/draft").iterdir()} == {
        "dictionary.toml",
        "programme.toml",
    }
