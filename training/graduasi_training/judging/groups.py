"""Are ready families of every group found as often, and does a score mean the same for them?"""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi_training.judging.calibration import slope_figures
from graduasi_training.judging.held_out import MIN_CLUSTERS, MIN_GROUP, HeldOut, Mask
from graduasi_training.judging.lists import listed
from graduasi_training.judging.metrics import calibration_error
from graduasi_training.judging.resampling import Resamples, rate


def judge_groups(
    probability: Array, test: HeldOut, groups: dict[str, npt.NDArray[np.object_]], resamples: Resamples
) -> dict[str, Any]:
    """Recall, precision and calibration by group; where there are no mentors, at the top tenth instead of the quota."""
    share = listed(probability, test)
    return {
        name: {
            str(value): _group(probability, share, test, values == value, resamples)
            for value in sorted({v for v in values if v is not None}, key=str)
        }
        for name, values in groups.items()
    }


def _group(probability: Array, share: Array, test: HeldOut, member: Mask, resamples: Resamples) -> dict[str, Any]:
    """One group. With a handful of mentors in it, as in most areas, its families are taken as independent."""
    known = member & test.labelled
    count = int(known.sum())
    if count < MIN_GROUP:
        return {"n": count, "note": "too few"}
    y, places = test.y[known], share[known]
    drawn = resamples.of_rows(known) if len(np.unique(resamples.cluster[known])) >= MIN_CLUSTERS else None
    return {
        "n": count,
        "base_rate": float(y.mean()),
        "ready": int(y.sum()),
        "listed_labelled": round(float(places.sum())),
        **rate(places * y, places, drawn).figures("precision_at_quota"),
        **rate(places * y, y, drawn).figures("recall_at_quota"),
        "ece": calibration_error(probability[known], y),
        **slope_figures(probability, test, known),
    }
