"""`python -m tools.selective_study`: do corrected estimates of selective labels come closer to the truth?

Simulates, evaluates and tabulates, seed by seed, in the form that docs/selective-labels.md shows. Simulated families only:
how close an estimate comes here is no evidence about a real register, where mentors may choose by what nobody wrote down.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.selective.estimates import selective_labels
from graduasi_training.evaluation.selective.truth import read_truth
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.simulation import simulate

QUARTERS = 20
LENGTHS = (1, 5)
"""The list at the quota, and one five times as long, on which more graduates are seen."""
HEAD = "| list | label | seed | seen of listed | naive | weighted | bounds | truth | truth of the seen | nearer |"
RULE = "|" + " --- |" * 10


def run_seed(seed: int, households: int) -> Iterator[dict[str, Any]]:
    """One simulated programme: a row for each label and length of list."""
    with tempfile.TemporaryDirectory(prefix="graduasi-selective-") as name:
        folder = Path(name)
        simulate(folder, households=households, quarters=QUARTERS, seed=seed)
        files = (
            folder / file for file in ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")
        )
        study, _ = read_study(Inputs(*files))
        truth = read_truth(folder / "truth.parquet")
    folds = judge_folds(study, settings=Settings(seed=seed), tell=lambda text: None)
    for quotas in LENGTHS:
        found, _ = selective_labels(study, folds, truth, quotas=quotas)
        for label, row in (found or {"by_label": {}})["by_label"].items():
            yield {"seed": seed, "label": label, **row}


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The rows as a Markdown table, and below each label and length the mean over seeds where all could be estimated."""
    lines, kept = [HEAD, RULE], list(rows)
    for metric, label in dict.fromkeys((row["metric"], row["label"]) for row in kept):
        part = [row for row in kept if (row["metric"], row["label"]) == (metric, label)]
        lines += [_line(row) for row in part]
        told = [row for row in part if row["naive"] is not None]
        if told:
            lines.append(_mean(told))
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    low, high = row["bounds"] or (None, None)
    cells = [
        row["metric"], row["label"], str(row["seed"]), f"{row['n']} of {row['listed']}", *map(_figure, (row["naive"], row["weighted"])),
        f"{_figure(low)} to {_figure(high)}", _figure(row["truth"]), _figure(row["truth_observed"]), row["closest"] or "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _mean(rows: list[dict[str, Any]]) -> str:
    """Means over seeds, and the mean distance from the truth of naive and of weighted."""
    means = {name: _average(row[name] for row in rows) for name in ("naive", "weighted", "truth", "truth_observed")}
    nearer = "–"
    if means["truth"] is not None:
        off = {name: _average(abs(row[name] - row["truth"]) for row in rows) for name in ("naive", "weighted")}
        wins = sum(row["closest"] == "weighted" for row in rows)
        nearer = f"weighted in {wins} of {len(rows)}; off by {_figure(off['naive'])} naive, {_figure(off['weighted'])} weighted"
    seen, listed = (sum(row[name] for row in rows) for name in ("n", "listed"))
    figures = [_figure(means[name]) for name in ("naive", "weighted", "truth", "truth_observed")]
    cells = [
        rows[0]["metric"], rows[0]["label"], "**mean**", f"{seen} of {listed}", *figures[:2], "", *figures[2:], nearer,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _average(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main() -> None:
    """Print the table; what is being done goes to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to so many")
    parser.add_argument("--households", type=int, default=20_000)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for seed in range(1, arguments.seeds + 1):
        sys.stderr.write(f"seed {seed} of {arguments.seeds}\n")
        rows += run_seed(seed, arguments.households)
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
