"""Every notebook runs from top to bottom."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))


@pytest.fixture
def no_windows() -> Iterator[None]:
    before = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.mark.usefixtures("no_windows")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path) -> None:
    names = runpy.run_path(str(notebook))
    assert set(names["comparison"]["verdict"]) <= {"better", "indistinguishable", "worse"}
    assert len(names["reasons"]) == 5


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
