"""Is the champion better? Paired differences on the same resamples, and the verdict they allow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi_training.judging.candidate import LOWER_IS_BETTER, Judged
from graduasi_training.judging.resampling import interval, verdict

Rows = list[dict[str, Any]]
Evaluation = dict[str, Any]


def compare(champion: Judged, others: Mapping[str, Judged], metric: str) -> list[dict[str, Any]]:
    """How much better the champion is than each other in `metric`, with the interval and the verdict it allows.

    A difference above zero always favours the champion: champion − other, or other − champion where less is better.
    """
    rows: list[dict[str, Any]] = []
    for name, other in others.items():
        gain = _gain(champion.figures, other.figures, metric)
        if gain is not None:
            rows += _row(name, metric, gain, _replicates(champion, other, metric))
    return rows


def compare_pooled(folds: Sequence[Mapping[str, Judged]], metric: str) -> list[dict[str, Any]]:
    """The same over all folds: the mean of the folds' differences. Every fold must be judged on the same resamples."""
    rows: list[dict[str, Any]] = []
    for name in (name for name in folds[-1] if name != "champion"):
        pairs = [(fold["champion"], fold[name]) for fold in folds if name in fold]
        gains = [_gain(champion.figures, other.figures, metric) for champion, other in pairs]
        known = [gain for gain in gains if gain is not None]
        if len(known) == len(pairs):
            replicates = np.mean([_replicates(champion, other, metric) for champion, other in pairs], axis=0)
            rows += [{**row, "folds": len(pairs)} for row in _row(name, metric, float(np.mean(known)), replicates)]
    return rows


def _gain(champion: Mapping[str, Any], other: Mapping[str, Any], metric: str) -> float | None:
    if champion[metric] is None or other[metric] is None:
        return None
    return _sign(metric) * float(champion[metric] - other[metric]) + 0.0  # no minus before a zero


def _replicates(champion: Judged, other: Judged, metric: str) -> Array:
    return _sign(metric) * (champion.replicates[metric] - other.replicates[metric]) + 0.0


def _sign(metric: str) -> float:
    return -1.0 if metric in LOWER_IS_BETTER else 1.0


def _row(name: str, metric: str, difference: float, replicates: Array) -> list[dict[str, Any]]:
    """One row, or none where no replicate is defined."""
    low, high = interval(replicates)
    if low is None or high is None:
        return []
    low, high = min(low, difference), max(high, difference)
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


def others(evaluation: Evaluation, which: str) -> Rows:
    """The comparisons with any other model: one with itself, where the champion is one of the candidates, says nothing."""
    folds = evaluation["folds"] if which == "comparison_pooled" else evaluation["folds"][-1:]
    return [row for row in evaluation.get(which) or [] if {fold["chosen"] for fold in folds} != {row["against"]}]
