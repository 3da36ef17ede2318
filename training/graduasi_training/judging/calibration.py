"""Does 40 % mean 40 %? Forecast and observed rate in bins, and the calibration slope overall and by group."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.equal_mass_bins import equal_mass_bins
from graduasi_training.judging.held_out import MIN_GROUP, HeldOut
from graduasi_training.judging.jackknife import rate
from graduasi_training.judging.metrics import PROBABILITY_CLIP, calibration_error, log_odds
from graduasi_training.judging.slope import MIN_SLOPE, calibrate, slope_estimate

CALIBRATION_BINS = 10
MIN_OUTCOMES_FOR_SLOPE = 10
"""A slope from fewer families of either outcome is noise."""


def calibration_bins(probability: Array, test: HeldOut, clusters: Clusters) -> list[dict[str, Any]]:
    """Ten bins of equal size, each with its number of families, mean forecast, and observed rate with interval.

    Families with equal forecasts are shared out over the bins that they lie in.
    """
    known = test.labelled
    forecast, y, clusters_known = probability[known], test.y[known], clusters.of_rows(known)
    bins = []
    for share in equal_mass_bins(forecast, CALIBRATION_BINS):
        observed = rate(share * y, share, clusters_known)
        size = float(share.sum())
        figures = {"n": round(size), "score": float(share @ forecast) / size, "observed": observed.value}
        bins.append({**figures, "low": observed.low, "high": observed.high})
    return bins


def calibration_by(
    values: npt.NDArray[np.object_], probability: Array, test: HeldOut, clusters: Clusters
) -> dict[str, Any]:
    """For each group: n, base rate, ECE, and the slope with `low` and `high`.

    `values` holds each family's group, None for unknown. A group with fewer than MIN_GROUP labelled families is "too few".
    """
    figures: dict[str, Any] = {}
    for value in sorted({value for value in values if value is not None}, key=str):
        member = (values == value) & test.labelled
        if member.sum() < MIN_GROUP:
            figures[str(value)] = {"n": int(member.sum()), "note": "too few"}
            continue
        slope = slope_figures(probability, test, member, clusters)
        figures[str(value)] = {
            "n": int(member.sum()),
            "base_rate": float(test.y[member].mean()),
            "calibration_slope": slope["calibration_slope"],
            "low": slope["calibration_slope_low"],
            "high": slope["calibration_slope_high"],
            "ece": calibration_error(probability[member], test.y[member]),
        }
    return figures


def slope_figures(probability: Array, test: HeldOut, member: Mask, clusters: Clusters) -> dict[str, float | None]:
    """The calibration slope among the labelled families `member`, with its interval.

    Null where the forecast is the same for all, or fewer than MIN_OUTCOMES_FOR_SLOPE families had either outcome. The
    ends alone are null where without one of the clusters there would be no slope.
    """
    y, forecast = test.y[member], probability[member]
    names = ("calibration_slope", "calibration_slope_low", "calibration_slope_high")
    if min(y.sum(), (1 - y).sum()) < MIN_OUTCOMES_FOR_SLOPE or np.ptp(forecast) <= PROBABILITY_CLIP:
        return dict.fromkeys(names)
    slope, intercept = calibrate(log_odds(forecast), y)
    low, high = slope_estimate(log_odds(forecast), y, (slope, intercept), clusters.of_rows(member)).interval()
    return dict(zip(names, (slope, None if low is None else max(MIN_SLOPE, low), high), strict=True))
