"""How much moves when nothing should: lists from one period to the next, first reasons, and scores over time."""

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import ks_2samp

from graduasi.arrays import Array, Matrix
from graduasi.readiness.model import ReadinessModel
from graduasi.scoring.reasons import strongest
from graduasi_training.drift.distances import PSI_BINS, psi
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.jackknife import ratio_estimate
from graduasi_training.judging.lists import listed


def list_overlap(first: Array, second: Array, before: HeldOut, after: HeldOut) -> float | None:
    """How much two lists share: families on both, of families on either (Jaccard), as the mean over mentors.

    `first` is the forecast for the cohort `before`, `second` the one for `after`. None where nobody is on a list.
    """
    shares: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for side, (probability, test) in enumerate(((first, before), (second, after))):
        share = listed(probability, test)
        for row in np.flatnonzero(share > 0):
            shares[int(test.mentor[row])][int(test.household[row])][side] = float(share[row])
    overlaps = []
    for families in shares.values():
        pairs = np.array(list(families.values()))
        overlaps.append(pairs.min(axis=1).sum() / pairs.max(axis=1).sum())
    return float(np.mean(overlaps)) if overlaps else None


def reason_flips(one: ReadinessModel, other: ReadinessModel, values: Matrix) -> float:
    """The share of families whose strongest reason is about another field when another model explains them."""
    return float((first_reasons(one, values) != first_reasons(other, values)).mean())


def first_reasons(model: ReadinessModel, values: Matrix) -> npt.NDArray[np.str_]:
    """The name of the field behind each family's strongest contribution."""
    names = np.array([feature.field.name for feature in model.features])
    return names[strongest(model.explain(values).contributions, 1)[:, 0]]


def score_drift(before: Array, after: Array) -> dict[str, Any]:
    """How far the scores of one model moved from one cohort to another: PSI over tenths of `before`, and KS distance."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, PSI_BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, scores), minlength=len(edges) + 1).astype(np.int64)
        for scores in (before, after)
    ]
    ks = float(ks_2samp(before, after).statistic)
    return {"psi": psi(*counts), "ks": ks, "n_from": len(before), "n_to": len(after)}


def base_rate_drift(before: HeldOut, after: HeldOut, first: Clusters, second: Clusters) -> dict[str, Any]:
    """How far the share of ready families moved, with an interval paired by mentor or household."""
    earlier, later = (
        ratio_estimate(np.nan_to_num(test.y), test.labelled.astype(float), clusters)
        for test, clusters in ((before, first), (after, second))
    )
    change = later - earlier
    low, high = change.interval()
    return {
        "base_rate_from": earlier.value,
        "base_rate_to": later.value,
        "base_rate_change": change.value,
        "base_rate_change_low": low,
        "base_rate_change_high": high,
    }
