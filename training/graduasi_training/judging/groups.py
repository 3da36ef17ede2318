"""Fairness by group: are its ready families found as often, and does a score mean the same for them?"""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.judging.calibration import slope_figures
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import MIN_GROUP, HeldOut
from graduasi_training.judging.jackknife import rate
from graduasi_training.judging.lists import listed
from graduasi_training.judging.metrics import calibration_error


def judge_groups(
    probability: Array, test: HeldOut, groups: dict[str, npt.NDArray[np.object_]], clusters: Clusters
) -> dict[str, Any]:
    """Recall, precision and calibration by group, on the mentors' lists (without mentors, on the top tenth).

    `groups` maps the name of a field to each family's group by it, None for unknown.
    """
    share = listed(probability, test)
    return {
        name: {
            str(value): _group_figures(probability, share, test, values == value, clusters)
            for value in sorted({value for value in values if value is not None}, key=str)
        }
        for name, values in groups.items()
    }


def _group_figures(probability: Array, share: Array, test: HeldOut, member: Mask, clusters: Clusters) -> dict[str, Any]:
    """One group's figures. Its mentors are the independent units, however few: one mentor alone gives no narrower interval than 0 to 1."""
    known = member & test.labelled
    count = int(known.sum())
    if count < MIN_GROUP:
        return {"n": count, "note": "too few"}
    y, places = test.y[known], share[known]
    own_clusters = clusters.of_rows(known)
    return {
        "n": count,
        "base_rate": float(y.mean()),
        "ready": int(y.sum()),
        "listed_labelled": round(float(places.sum())),
        **rate(places * y, places, own_clusters).figures("precision_at_quota"),
        **rate(places * y, y, own_clusters).figures("recall_at_quota"),
        "ece": calibration_error(probability[known], y),
        **slope_figures(probability, test, known, clusters),
    }
