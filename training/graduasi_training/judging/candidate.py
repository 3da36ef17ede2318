"""Judging one candidate on one temporal fold: metrics with intervals, and the mentors' lists."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi_training.judging.calibration import slope_figures
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.lists import TOP_SHARE, list_figures, listed
from graduasi_training.judging.metrics import log_losses, share_of_places, summary
from graduasi_training.judging.resampling import Resamples, auc_replicates, interval, rate, ratio_replicates, resample

HEADLINES = (
    "auc", "average_precision", "precision_at_10pct", "precision_at_quota", "recall_at_quota", "harm_at_quota", "brier", "log_loss", "ece",
    "calibration_slope", "calibration_intercept",
)  # fmt: skip
"""The figures of a candidate that reports and MLflow show, in this order."""
LOWER_IS_BETTER = ("brier", "log_loss", "harm_at_quota")


@dataclass(frozen=True)
class Judged:
    """One candidate's figures, and for paired comparison its replicates by the name of the metric."""

    figures: dict[str, Any]
    replicates: dict[str, Array]


def judge_candidate(probability: Array, test: HeldOut, *, rng: np.random.Generator) -> Judged:
    """All figures of one candidate; the same `rng` state gives the same resamples."""
    return judge_on(probability, test, resample(test.cluster, rng=rng))


def judge_on(probability: Array, test: HeldOut, resamples: Resamples) -> Judged:
    """All figures of one candidate, on resamples of the whole cohort that other candidates share."""
    known = test.labelled
    y, forecast, known_resamples = test.y[known], probability[known], resamples.of_rows(known)
    figures: dict[str, Any] = {**slope_figures(probability, test, known), **summary(forecast, y)}
    ones = np.ones(len(y))
    replicates = {
        "auc": auc_replicates(forecast, y, known_resamples),
        "brier": ratio_replicates((forecast - y) ** 2, ones, known_resamples),
        "log_loss": ratio_replicates(log_losses(forecast, y), ones, known_resamples),
    }
    for name in replicates:
        figures[f"{name}_low"], figures[f"{name}_high"] = interval(replicates[name])
    top = _top_tenth(forecast)
    precision = rate(top * y, top, known_resamples)
    figures |= precision.figures("precision_at_10pct")
    replicates["precision_at_10pct"] = precision.replicates
    figures |= list_figures(probability, test, resamples)
    if test.has_mentors:
        share = listed(probability, test)
        ready = np.nan_to_num(test.y)
        replicates["precision_at_quota"] = ratio_replicates(share * ready, share * known, resamples)
    return Judged(figures, replicates)


def _top_tenth(forecast: Array) -> Array:
    """Each labelled family's share of a place in the top tenth of the labelled families."""
    everyone = np.zeros(len(forecast), dtype=np.intp)
    quota = max(1, round(TOP_SHARE * len(forecast)))
    return share_of_places(everyone, forecast, quota=quota, eligible=np.ones(len(forecast), dtype=bool))
