"""Is the champion better than the others? Differences paired by mentor or household, and the verdict that they allow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graduasi_training.judging.candidate import LOWER_IS_BETTER, Judged
from graduasi_training.judging.jackknife import Estimate, mean_of

UNBOUNDED = ("log_loss",)
"""Metrics that may differ by more than 1."""

Rows = list[dict[str, Any]]
Evaluation = dict[str, Any]


def compare(champion: Judged, others: Mapping[str, Judged], metric: str) -> Rows:
    """How much better the champion is than each of the others in `metric`, with interval and verdict.

    A difference above zero always favours the champion: it is champion − other, or other − champion for a metric of
    which less is better. A model without the metric has no row.
    """
    rows: Rows = []
    for name, other in others.items():
        gain = _gain(champion.figures, other.figures, metric)
        if gain is not None:
            rows += _row(name, metric, gain, _paired(champion, other, metric))
    return rows


def compare_pooled(folds: Sequence[Mapping[str, Judged]], metric: str) -> Rows:
    """The same over all folds: the mean of the folds' differences.

    Each fold maps a model's name to its figures, "champion" among them. All must be judged on the same clusters.
    """
    rows: Rows = []
    for name in (name for name in folds[-1] if name != "champion"):
        pairs = [(fold["champion"], fold[name]) for fold in folds if name in fold]
        gains = [_gain(champion.figures, other.figures, metric) for champion, other in pairs]
        known = [gain for gain in gains if gain is not None]
        if len(known) == len(pairs):
            gain = mean_of([_paired(champion, other, metric) for champion, other in pairs])
            rows += [{**row, "folds": len(pairs)} for row in _row(name, metric, float(np.mean(known)), gain)]
    return rows


def _gain(champion: Mapping[str, Any], other: Mapping[str, Any], metric: str) -> float | None:
    if champion[metric] is None or other[metric] is None:
        return None
    return _sign(metric) * float(champion[metric] - other[metric]) + 0.0  # no minus before a zero


def _paired(champion: Judged, other: Judged, metric: str) -> Estimate:
    return (champion.estimates[metric] - other.estimates[metric]).times(_sign(metric))


def _sign(metric: str) -> float:
    return -1.0 if metric in LOWER_IS_BETTER else 1.0


def _row(name: str, metric: str, difference: float, estimate: Estimate) -> Rows:
    """A list of one row, or an empty list where the difference has no standard error."""
    low, high = estimate.interval()
    if low is None or high is None:
        return []
    if metric not in UNBOUNDED:
        low, high = max(low, -1.0), min(high, 1.0)
    return [
        {
            "against": name,
            "metric": metric,
            "difference": difference,
            "low": low,
            "high": high,
            "verdict": verdict(low, high),
        }
    ]


def verdict(low: float, high: float) -> str:
    """What the interval of a paired difference allows to say: "better", "worse" or "indistinguishable"."""
    return "better" if low > 0 else "worse" if high < 0 else "indistinguishable"


def comparisons_with_others(evaluation: Evaluation, which: str) -> Rows:
    """The rows of the section `which` ("comparison" or "comparison_pooled") without those that say nothing.

    Where the champion is one of the candidates on every fold in question, comparing it with that candidate says nothing.
    """
    folds = evaluation["folds"] if which == "comparison_pooled" else evaluation["folds"][-1:]
    return [row for row in evaluation.get(which) or [] if {fold["chosen"] for fold in folds} != {row["against"]}]
