"""Are the two real panels and a simulated one judged no worse than at commit 7946491?

The simulation is synthetic; it is drawn as it was then, and learned with the label of that day, which counted visits.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.simulation import simulate
from tools.claims.claim import Claim

REAL = Path(__file__).parents[2] / "tests" / "data"
SIMULATED, HOUSEHOLDS, QUARTERS, SEED = "simulated PKH, 4,000 × 20 (synthetic)", 4000, 20, 1
COUNTED = {"after": 4, "hold": 4, "within_months": 30}
BEFORE = {
    ("teen_poverty", "1981-12-31"): (0.740, 0.223, 0.98, None),
    ("teen_poverty", "1982-12-31"): (0.701, 0.224, 0.65, None),
    ("graduation_pakistan", "2010-12-01"): (0.568, 0.152, 0.57, None),
    (SIMULATED, "2024-09-30"): (0.743, 0.125, 1.13, 0.512),
    (SIMULATED, "2024-12-31"): (0.734, 0.128, 1.09, 0.564),
    (SIMULATED, "2025-03-31"): (0.722, 0.128, 1.00, 0.571),
}
"""By panel and test date: AUC, Brier score, calibration slope, and precision at quota, as `graduasi train` gave them then."""


def claims(seeds: int) -> Iterator[Claim]:
    """One row for each test date. The panels are what they are, so `seeds` plays no part."""
    for name in ("teen_poverty", "graduation_pakistan"):
        folder = REAL / name
        yield from _judged(
            name, Inputs(folder / "households.csv", None, folder / "dictionary.toml", folder / "programme.toml")
        )
    with tempfile.TemporaryDirectory(prefix="graduasi-claims-") as temporary:
        folder = Path(temporary)
        simulate(folder, households=HOUSEHOLDS, quarters=QUARTERS, seed=SEED)
        _count_visits(folder / "programme.toml")
        files = ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")
        yield from _judged(SIMULATED, Inputs(*(folder / file for file in files)))


def _judged(name: str, inputs: Inputs) -> Iterator[Claim]:
    study, _ = read_study(inputs)
    for fold in evaluate(study, settings=Settings(), tell=lambda line: None)["folds"]:
        before, figures = BEFORE[name, fold["test_as_of"]], fold["candidates"]["champion"]
        today = (figures["auc"], figures["brier"], figures["calibration_slope"], figures["precision_at_quota"])
        filled = figures.get("quota_filled")
        yield Claim(
            f"{name}, {fold['test_as_of']} ({fold['chosen']}): AUC, Brier, slope, precision at quota",
            _text(before),
            _text(today) + ("" if filled is None else f" (lists filled {filled:.0%})"),
            "the AUC of before within today's interval or below it, and the Brier score likewise",
            before[0] <= figures["auc_high"] and before[1] >= figures["brier_low"],
        )


def _text(figures: tuple[float | None, ...]) -> str:
    return " · ".join("–" if figure is None else f"{figure:.3f}" for figure in figures)


def _count_visits(programme: Path) -> None:
    """Put the label of before into a programme: the first label's times become counts of visits."""
    text = programme.read_text(encoding="utf-8")
    lines: list[Any] = []
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        if key == "after_months":
            lines += [f"{name} = {count}" for name, count in COUNTED.items()]
        elif key not in ("hold_months", "tolerance_months"):
            lines.append(line)
    programme.write_text("\n".join(lines) + "\n", encoding="utf-8")
