"""Have scores come true? Labels that matured after training against the scores the model gives those snapshots."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit

from graduasi.arrays import Array
from graduasi.bundle import Bundle
from graduasi.bundle.reference import Reference
from graduasi.dates import to_day
from graduasi.errors import TrainingError
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi.readiness.features import build_features
from graduasi_training.drift.alarms import NOTHING, Check, Found, not_enough
from graduasi_training.judging.resampling import NORMAL, mean_by_household, sum_by
from graduasi_training.judging.slope import calibrate, slope_error
from graduasi_training.study.labels import label
from graduasi_training.study.observations import as_of_grid, observe


def compare_matured(panel: Panel, events: Events, *, day: int, bundle: Bundle, reference: Reference) -> Found:
    """Observed against mean score, and the slope, with intervals that resample nothing but count households once."""
    through = to_day(reference.calibration.labels_known_through)
    declarations, programme = bundle.declarations, bundle.programme
    known = panel.take(panel.known_on <= day)
    try:
        grid = as_of_grid(known, programme)
        observations = observe(known, events.known_by(day), grid, declarations)
    except (TrainingError, ValueError) as error:
        return not_enough(f"not enough data: {error}")
    labels = label(
        observations, programme.target, panel=known, events=events.known_by(day), dictionary=bundle.dictionary
    )
    places = np.flatnonzero(observations.is_first & labels.is_labelled & (labels.known_on > through))
    y = labels.value[places]
    least = programme.drift.min_rows
    if not len(places):
        return not_enough(NOTHING)
    household = known.household[observations.snapshot[places]]
    if len(np.unique(household)) < least or not 0 < y.mean() < 1:
        return not_enough(
            f"not enough data: labels of {len(np.unique(household)):,} households have matured since training; {least} of both outcomes are needed"
        )
    values = build_features(
        known,
        observations.snapshot[places],
        as_of=observations.day[places],
        declarations=declarations,
    ).values
    return judge_calibration(bundle.model.explain(values).margin, y, household, bundle)


def judge_calibration(margin: Array, y: Array, household: npt.NDArray[np.int32], bundle: Bundle) -> Found:
    """Figures and tests for labelled rows; `household` says which rows are not independent."""
    limits = bundle.programme.drift
    group = np.unique(household, return_inverse=True)[1]
    gap, gap_error = mean_by_household(sum_by(group, y - expit(margin)), np.bincount(group))
    slope, intercept = calibrate(margin, y) if np.ptp(margin) > 1e-9 else (None, None)
    figures: dict[str, Any] = {
        "status": "ok", "n": len(y), "households": len(np.unique(household)), "observed": float(y.mean()),
        "mean_score": float(expit(margin).mean()), "gap": gap, "gap_low": gap - NORMAL * gap_error, "gap_high": gap + NORMAL * gap_error,
        "slope": slope, "slope_low": None, "slope_high": None, "intercept": intercept,
    }  # fmt: skip
    tests = [
        Check(
            "calibration",
            abs(gap) >= limits.calibration_gap,
            _two_sided(gap, gap_error),
            f"calibration: {figures['observed']:.1%} became ready where scores said {figures['mean_score']:.1%}, "
            f"among {len(y):,} labels matured since training (limit: {limits.calibration_gap:.0%} apart)",
        )
    ]
    if slope is not None and intercept is not None:
        error = slope_error(margin, y, slope, intercept, household)
        figures |= {"slope_low": slope - NORMAL * error, "slope_high": slope + NORMAL * error}
        outside = not limits.calibration_slope <= slope <= 1 / limits.calibration_slope
        sentence = (
            f"calibration: slope {slope:.2f} on {len(y):,} labels matured since training "
            f"(limits {limits.calibration_slope:g} and {1 / limits.calibration_slope:.2f}; 1 is right)"
        )
        tests.append(Check("calibration", outside, _two_sided(slope - 1, error), sentence))
    return figures, tests


def _two_sided(distance: float, error: float) -> float:
    return float(2 * stats.norm.sf(abs(distance) / error)) if error > 0 else 1.0
