"""Are corrected estimates of selective labels closer to the truth than naive ones? Makes the table of docs/selective-labels.md.

    python -m tools.selective_study [--seeds 5] [--households 20000]

For each seed it simulates a programme and evaluates it. All families are simulated: how close an estimate comes here is
no evidence about a real register, where mentors may choose by what nobody wrote down.
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
LIST_LENGTHS = (1, 5)
"""In quotas: the list at the quota, and one five times as long, on which more graduates are seen."""
HEADER = "| list | label | seed | seen of listed | naive | weighted | bounds | truth | truth of the seen | nearer |"
HEADER_RULE = "|" + " --- |" * 10


def run_seed(seed: int, households: int) -> Iterator[dict[str, Any]]:
    """Simulate and evaluate one programme: a row for each label and length of list."""
    with tempfile.TemporaryDirectory(prefix="graduasi-selective-") as temporary:
        folder = Path(temporary)
        simulate(folder, households=households, quarters=QUARTERS, seed=seed)
        files = (
            folder / file for file in ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")
        )
        study, _ = read_study(Inputs(*files))
        truth = read_truth(folder / "truth.parquet")
    folds = judge_folds(study, settings=Settings(seed=seed), tell=lambda text: None)
    for quotas in LIST_LENGTHS:
        estimates, _ = selective_labels(study, folds, truth, quotas=quotas)
        for label, row in (estimates["by_label"] if estimates else {}).items():
            yield {"seed": seed, "label": label, **row}


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The rows as a Markdown table; below the seeds of each metric and label, their mean where an estimate could be made."""
    lines = [HEADER, HEADER_RULE]
    by_metric_and_label: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        by_metric_and_label.setdefault((row["metric"], row["label"]), []).append(row)
    for seed_rows in by_metric_and_label.values():
        lines += [_seed_line(row) for row in seed_rows]
        estimated = [row for row in seed_rows if row["naive"] is not None]
        if estimated:
            lines.append(_mean_line(estimated))
    return "\n".join(lines)


def _seed_line(row: dict[str, Any]) -> str:
    low, high = row["bounds"] or (None, None)
    cells = [
        row["metric"], row["label"], str(row["seed"]), f"{row['n']} of {row['listed']}", *map(_figure, (row["naive"], row["weighted"])),
        f"{_figure(low)} to {_figure(high)}", _figure(row["truth"]), _figure(row["truth_observed"]), row["closest"] or "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _mean_line(rows: list[dict[str, Any]]) -> str:
    """Means over seeds, and how far the naive and the weighted estimate are from the truth on average."""
    means = {name: _average(row[name] for row in rows) for name in ("naive", "weighted", "truth", "truth_observed")}
    nearer = "–"
    if means["truth"] is not None:
        errors = {name: _average(abs(row[name] - row["truth"]) for row in rows) for name in ("naive", "weighted")}
        wins = sum(row["closest"] == "weighted" for row in rows)
        nearer = f"weighted in {wins} of {len(rows)}; off by {_figure(errors['naive'])} naive, {_figure(errors['weighted'])} weighted"
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
    """Print the table; progress goes to standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from 1")
    parser.add_argument("--households", type=int, default=20_000)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for seed in range(1, arguments.seeds + 1):
        sys.stderr.write(f"seed {seed} of {arguments.seeds}\n")
        rows += run_seed(seed, arguments.households)
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
