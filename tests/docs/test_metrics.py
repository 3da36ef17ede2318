"""docs/metrics.md: its examples come out as shown, and every figure of an evaluation has its paragraph."""

import doctest
from pathlib import Path

import numpy as np
import pytest

from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.held_out import HeldOut

METRICS = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


def test_the_worked_examples_come_out_as_shown() -> None:
    result = doctest.testfile(str(METRICS), module_relative=False, encoding="utf-8")
    assert result.attempted > 20
    assert result.failed == 0


def figures() -> list[str]:
    rows = np.arange(40)
    cohort = HeldOut(
        y=(rows % 3 == 0).astype(float),
        harm=np.zeros(40),
        mentor=rows // 20,
        household=rows,
        eligible=rows >= 0,
        quota=5,
    )
    return list(judge_on(np.linspace(0.1, 0.9, 40), cohort, cohort.clusters).figures)


@pytest.mark.parametrize("figure", figures())
def test_every_figure_of_a_candidate_is_explained(figure: str) -> None:
    text = METRICS.read_text(encoding="utf-8")
    headings = [word for line in text.splitlines() if line.startswith("### ") for word in line[4:].split(", ")]
    assert figure in headings or f"`{figure}`" in text
