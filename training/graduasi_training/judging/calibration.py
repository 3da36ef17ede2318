"""Does 40 % mean 40 %? Forecast and observed rate in bins, and the slope of calibration by area."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi_training.judging.held_out import MIN_GROUP, HeldOut, Mask
from graduasi_training.judging.metrics import CLIP, calibration_error, log_odds
from graduasi_training.judging.resampling import NORMAL, Resamples, rate
from graduasi_training.judging.slope import MIN_SLOPE, calibrate, slope_error

BINS = 10
MIN_OUTCOMES = 10
"""A slope from fewer families of either outcome is noise."""


def calibration_bins(probability: Array, test: HeldOut, resamples: Resamples) -> list[dict[str, Any]]:
    """Ten bins of equal mass: how many, the mean forecast, and the observed rate with its interval."""
    known = np.flatnonzero(test.labelled)
    order = known[np.argsort(probability[known], kind="stable")]
    found = []
    for part in np.array_split(order, min(BINS, len(order))):
        observed = rate(test.y[part], np.ones(len(part)), resamples.of_rows(part))
        row = {"n": len(part), "score": float(probability[part].mean()), "observed": observed.value}
        found.append({**row, "low": observed.low, "high": observed.high})
    return found


def calibration_by(values: npt.NDArray[np.object_], probability: Array, test: HeldOut) -> dict[str, Any]:
    """By group: n, base rate, ECE and slope with `low` and `high` of the slope; few families are called too few."""
    found: dict[str, Any] = {}
    for value in sorted({value for value in values if value is not None}, key=str):
        member = (values == value) & test.labelled
        if member.sum() < MIN_GROUP:
            found[str(value)] = {"n": int(member.sum()), "note": "too few"}
        else:
            slope = slope_figures(probability, test, member)
            ends = {"low": slope["calibration_slope_low"], "high": slope["calibration_slope_high"]}
            found[str(value)] = {
                "n": int(member.sum()),
                "base_rate": float(test.y[member].mean()),
                "calibration_slope": slope["calibration_slope"],
                **ends,
                "ece": calibration_error(probability[member], test.y[member]),
            }
    return found


def slope_figures(probability: Array, test: HeldOut, member: Mask) -> dict[str, float | None]:
    """The calibration slope among labelled `member`, with an interval from its clustered standard error.

    Null where the forecast is the same for all, or where fewer than MIN_OUTCOMES families had either outcome.
    """
    part = test.only(member)
    y, forecast = part.y, probability[member]
    names = ("calibration_slope", "calibration_slope_low", "calibration_slope_high")
    if min(y.sum(), (1 - y).sum()) < MIN_OUTCOMES or np.ptp(forecast) <= CLIP:
        return dict.fromkeys(names)
    slope, intercept = calibrate(log_odds(forecast), y)
    error = slope_error(log_odds(forecast), y, slope, intercept, part.cluster)
    return dict(zip(names, (slope, max(MIN_SLOPE, slope - NORMAL * error), slope + NORMAL * error), strict=True))
