"""Does 40 % mean 40 %? Forecast and observed rate in bins, and the calibration slope overall and by group."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.judging.held_out import MIN_GROUP, HeldOut
from graduasi_training.judging.metrics import PROBABILITY_CLIP, calibration_error, log_odds
from graduasi_training.judging.resampling import NORMAL_DEVIATE, Resamples, rate
from graduasi_training.judging.slope import MIN_SLOPE, calibrate, slope_error

CALIBRATION_BINS = 10
MIN_OUTCOMES_FOR_SLOPE = 10
"""A slope from fewer families of either outcome is noise."""


def calibration_bins(probability: Array, test: HeldOut, resamples: Resamples) -> list[dict[str, Any]]:
    """Ten bins of equal size, each with its number of families, mean forecast, and observed rate with interval."""
    known = np.flatnonzero(test.labelled)
    order = known[np.argsort(probability[known], kind="stable")]
    bins = []
    for rows in np.array_split(order, min(CALIBRATION_BINS, len(order))):
        observed = rate(test.y[rows], np.ones(len(rows)), resamples.of_rows(rows))
        figures = {"n": len(rows), "score": float(probability[rows].mean()), "observed": observed.value}
        bins.append({**figures, "low": observed.low, "high": observed.high})
    return bins


def calibration_by(values: npt.NDArray[np.object_], probability: Array, test: HeldOut) -> dict[str, Any]:
    """For each group: n, base rate, ECE, and the slope with `low` and `high`.

    `values` holds each family's group, None for unknown. A group with fewer than MIN_GROUP labelled families is "too few".
    """
    figures: dict[str, Any] = {}
    for value in sorted({value for value in values if value is not None}, key=str):
        member = (values == value) & test.labelled
        if member.sum() < MIN_GROUP:
            figures[str(value)] = {"n": int(member.sum()), "note": "too few"}
            continue
        slope = slope_figures(probability, test, member)
        figures[str(value)] = {
            "n": int(member.sum()),
            "base_rate": float(test.y[member].mean()),
            "calibration_slope": slope["calibration_slope"],
            "low": slope["calibration_slope_low"],
            "high": slope["calibration_slope_high"],
            "ece": calibration_error(probability[member], test.y[member]),
        }
    return figures


def slope_figures(probability: Array, test: HeldOut, member: Mask) -> dict[str, float | None]:
    """The calibration slope among the labelled families `member`, with an interval from its clustered standard error.

    Null where the forecast is the same for all, or fewer than MIN_OUTCOMES_FOR_SLOPE families had either outcome.
    """
    families = test.only(member)
    y, forecast = families.y, probability[member]
    names = ("calibration_slope", "calibration_slope_low", "calibration_slope_high")
    if min(y.sum(), (1 - y).sum()) < MIN_OUTCOMES_FOR_SLOPE or np.ptp(forecast) <= PROBABILITY_CLIP:
        return dict.fromkeys(names)
    slope, intercept = calibrate(log_odds(forecast), y)
    half = NORMAL_DEVIATE * slope_error(log_odds(forecast), y, slope, intercept, families.cluster)
    return dict(zip(names, (slope, max(MIN_SLOPE, slope - half), slope + half), strict=True))
