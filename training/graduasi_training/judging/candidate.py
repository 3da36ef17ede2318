"""Judging one candidate on one temporal fold: metrics with intervals, and the mentors' lists."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi.lists.places import share_of_places
from graduasi_training.judging.calibration import slope_figures
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.jackknife import Estimate, auc_estimate, auc_interval, rate, ratio_estimate
from graduasi_training.judging.lists import TOP_SHARE, list_figures, listed
from graduasi_training.judging.metrics import log_losses, summary

HEADLINES = (
    "auc", "average_precision", "precision_at_10pct", "precision_at_quota", "recall_at_quota", "harm_at_quota", "brier", "log_loss", "ece",
    "calibration_slope", "calibration_intercept",
)  # fmt: skip
"""The figures of a candidate that reports and MLflow show, in this order."""
LOWER_IS_BETTER = ("brier", "log_loss", "harm_at_quota")


@dataclass(frozen=True)
class Judged:
    """One candidate's figures, and for paired comparison some of them as estimates, by the name of the metric."""

    figures: dict[str, Any]
    estimates: dict[str, Estimate]


def judge_on(probability: Array, test: HeldOut, clusters: Clusters) -> Judged:
    """All figures of one candidate; `clusters` are those of the whole cohort, which other candidates and test dates share."""
    known = test.labelled
    y, forecast, clusters_known = test.y[known], probability[known], clusters.of_rows(known)
    figures: dict[str, Any] = {**slope_figures(probability, test, known, clusters), **summary(forecast, y)}
    ones = np.ones(len(y))
    estimates = {
        "auc": auc_estimate(forecast, y, clusters_known),
        "brier": ratio_estimate((forecast - y) ** 2, ones, clusters_known),
        "log_loss": ratio_estimate(log_losses(forecast, y), ones, clusters_known),
    }
    figures["auc_low"], figures["auc_high"] = auc_interval(estimates["auc"], forecast, y)
    for name in ("brier", "log_loss"):
        figures[f"{name}_low"], figures[f"{name}_high"] = _loss_interval(estimates[name])
    top = _top_tenth(forecast)
    precision = rate(top * y, top, clusters_known)
    figures |= precision.figures("precision_at_10pct")
    estimates["precision_at_10pct"] = precision.estimate
    figures |= list_figures(probability, test, clusters)
    if test.has_mentors:
        share = listed(probability, test)
        ready = np.nan_to_num(test.y)
        estimates["precision_at_quota"] = ratio_estimate(share * ready, share * known, clusters)
    return Judged(figures, estimates)


def _loss_interval(estimate: Estimate) -> tuple[float, float] | tuple[None, None]:
    """The interval of a mean loss, which is never below zero."""
    low, high = estimate.interval()
    return (None, None) if low is None or high is None else (max(low, 0.0), high)


def _top_tenth(forecast: Array) -> Array:
    """Each labelled family's share of a place in the top tenth of the labelled families."""
    everyone = np.zeros(len(forecast), dtype=np.intp)
    quota = max(1, round(TOP_SHARE * len(forecast)))
    return share_of_places(everyone, forecast, quota=quota, eligible=np.ones(len(forecast), dtype=bool))
