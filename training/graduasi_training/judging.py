"""Judging candidates on one temporal fold: metrics with intervals, the mentors' lists, groups, paired differences."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi_training import resampling
from graduasi_training.fitting import Array
from graduasi_training.metrics import calibration_error, included, summary

MIN_CLUSTERS = 20
"""Resampling a handful of clusters gives intervals that are too narrow, so that noise can look like skill."""
HEADLINES = (
    "auc", "average_precision", "precision_at_10pct", "precision_at_quota", "harm_at_quota", "brier", "log_loss", "ece", "calibration_slope",
)  # fmt: skip
"""The figures of a candidate that reports and MLflow show, in this order."""
MIN_GROUP = 30
"""A rate among fewer families says nothing; it is called too few."""


@dataclass(frozen=True)
class HeldOut:
    """The cohort on a test day. `y` is NaN for the unlabelled; `mentor` is -1 throughout where there are no mentors."""

    y: Array
    harm: Array
    mentor: npt.NDArray[np.intp]
    household: npt.NDArray[np.intp]
    eligible: npt.NDArray[np.bool_]
    quota: int

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.y)

    @property
    def has_mentors(self) -> bool:
        return bool((self.mentor >= 0).any())

    @property
    def cluster(self) -> npt.NDArray[np.intp]:
        """What is resampled: mentors, or households where mentors are none or too few."""
        few = len(np.unique(self.mentor)) < MIN_CLUSTERS
        return self.household if few else self.mentor


@dataclass(frozen=True)
class Judged:
    """One candidate's figures, and its replicates for paired comparison by metric name."""

    figures: dict[str, Any]
    replicates: dict[str, Array]


def judge_candidate(probability: Array, test: HeldOut, *, rng: np.random.Generator) -> Judged:
    """All figures of one candidate; the same `rng` state gives the same resamples."""
    known = test.labelled
    figures: dict[str, Any] = summary(probability[known], test.y[known])
    resamples = resampling.resample(test.cluster[known], rng=rng)
    replicates = {"auc": resampling.auc_replicates(probability[known], test.y[known], resamples)}
    figures["auc_low"], figures["auc_high"] = resampling.interval(replicates["auc"])
    top = included(
        np.zeros(int(known.sum()), dtype=np.intp),
        probability[known],
        quota=max(1, round(0.1 * known.sum())),
        eligible=np.ones(int(known.sum()), dtype=bool),
    )
    replicates["precision_at_10pct"] = resampling.ratio_replicates(top * test.y[known], top, resamples)
    figures["precision_at_10pct_low"], figures["precision_at_10pct_high"] = resampling.interval(
        replicates["precision_at_10pct"]
    )
    figures |= list_figures(probability, test)
    if test.has_mentors:
        share = _listed(probability, test)[known]
        replicates["precision_at_quota"] = resampling.ratio_replicates(share * test.y[known], share, resamples)
        figures["precision_at_quota_low"], figures["precision_at_quota_high"] = resampling.interval(
            replicates["precision_at_quota"]
        )
    return Judged(figures, replicates)


def _listed(probability: Array, test: HeldOut) -> Array:
    return included(test.mentor, probability, quota=test.quota, eligible=test.eligible)


def list_figures(probability: Array, test: HeldOut) -> dict[str, Any]:
    """What the mentors' lists would have held: precision and harm at quota, and bounds for what nobody observed."""
    if not test.has_mentors:
        return {
            "precision_at_quota": None,
            "harm_at_quota": None,
            "listed": None,
            "listed_labelled": None,
            "precision_at_quota_bounds": None,
        }
    share = _listed(probability, test)
    known, harm_known = test.labelled, ~np.isnan(test.harm)
    ready, labelled, listed = (
        float((share * np.nan_to_num(test.y)).sum()),
        float(share[known].sum()),
        float(share.sum()),
    )
    harm = float((share * harm_known).sum())
    return {
        "precision_at_quota": ready / labelled if labelled else None,
        "harm_at_quota": float((share * np.nan_to_num(test.harm)).sum()) / harm if harm else None,
        "listed": round(listed),
        "listed_labelled": round(labelled),
        "precision_at_quota_bounds": [ready / listed, (ready + listed - labelled) / listed] if listed else None,
    }


def compare(champion: Judged, others: dict[str, Judged], metric: str) -> list[dict[str, Any]]:
    """The paired difference champion − other in `metric`, with its interval and the verdict it allows."""
    rows = []
    for name, other in others.items():
        difference = champion.figures[metric] - other.figures[metric]
        low, high = resampling.interval(champion.replicates[metric] - other.replicates[metric])
        if low is None or high is None:
            continue
        low, high = min(low, difference), max(high, difference)
        rows.append(
            {
                "against": name,
                "metric": metric,
                "difference": difference,
                "low": low,
                "high": high,
                "verdict": resampling.verdict(low, high),
            }
        )
    return rows


def judge_groups(probability: Array, test: HeldOut, groups: dict[str, npt.NDArray[np.object_]]) -> dict[str, Any]:
    """Recall, precision and calibration by group; where there are no mentors, at the top tenth instead of the quota."""
    everyone = np.zeros(len(probability), dtype=np.intp)
    share = (
        _listed(probability, test)
        if test.has_mentors
        else included(everyone, probability, quota=max(1, round(0.1 * len(everyone))), eligible=test.eligible)
    )
    found: dict[str, Any] = {}
    for name, values in groups.items():
        found[name] = {
            str(value): _group(probability, share, test, values == value)
            for value in sorted({v for v in values if v is not None}, key=str)
        }
    return found


def _group(probability: Array, share: Array, test: HeldOut, member: npt.NDArray[np.bool_]) -> dict[str, Any]:
    known = member & test.labelled
    count = int(known.sum())
    if count < MIN_GROUP:
        return {"n": count, "note": "too few"}
    y, listed = test.y[known], share[known]
    return {
        "n": count,
        "base_rate": float(y.mean()),
        "precision_at_quota": float((listed * y).sum() / listed.sum()) if listed.sum() > 0 else None,
        "recall_at_quota": float((listed * y).sum() / y.sum()) if y.sum() > 0 else None,
        "ece": calibration_error(probability[known], y),
    }
