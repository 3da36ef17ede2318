"""Have scores come true? Labels that matured after training against the scores the model gives those snapshots."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit

from graduasi.bundle import Bundle
from graduasi.dates import to_day
from graduasi.errors import TrainingError
from graduasi.events import Events
from graduasi.features import build_features
from graduasi.panel import Panel
from graduasi.watching import Reference
from graduasi_training.drift.alarms import NOTHING, Check, Found, not_enough
from graduasi_training.fitting import Array, calibrate
from graduasi_training.labels import label
from graduasi_training.observations import as_of_grid, observe

INTERVAL = 1.959963984540054


def compare_matured(panel: Panel, events: Events, *, day: int, bundle: Bundle, reference: Reference) -> Found:
    """Observed against mean score, and the slope, with intervals that resample nothing but count households once."""
    through = to_day(reference.calibration.labels_known_through)
    programme, dictionary = bundle.programme, bundle.dictionary
    known = panel.take(panel.known_on <= day)
    try:
        grid = as_of_grid(known, programme)
        observations = observe(known, events.known_by(day), grid, programme=programme, dictionary=dictionary)
    except (TrainingError, ValueError) as error:
        return not_enough(f"not enough data: {error}")
    labels = label(observations, programme.target, panel=known, events=events.known_by(day), dictionary=dictionary)
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
        dictionary=dictionary,
        max_age_days=programme.max_data_age_days,
    ).values
    return judge_calibration(bundle.model.explain(values).margin, y, household, bundle)


def judge_calibration(margin: Array, y: Array, household: npt.NDArray[np.int32], bundle: Bundle) -> Found:
    """Figures and tests for labelled rows; `household` says which rows are not independent."""
    limits = bundle.programme.drift
    gap, gap_error = float((y - expit(margin)).mean()), _gap_error(y - expit(margin), household)
    slope, intercept = calibrate(margin, y) if np.ptp(margin) > 1e-9 else (None, None)
    figures: dict[str, Any] = {
        "status": "ok", "n": len(y), "households": len(np.unique(household)), "observed": float(y.mean()),
        "mean_score": float(expit(margin).mean()), "gap": gap, "gap_low": gap - INTERVAL * gap_error, "gap_high": gap + INTERVAL * gap_error,
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
        error = _slope_error(margin, y, household, slope, intercept)
        figures |= {"slope_low": slope - INTERVAL * error, "slope_high": slope + INTERVAL * error}
        outside = not limits.calibration_slope <= slope <= 1 / limits.calibration_slope
        sentence = (
            f"calibration: slope {slope:.2f} on {len(y):,} labels matured since training "
            f"(limits {limits.calibration_slope:g} and {1 / limits.calibration_slope:.2f}; 1 is right)"
        )
        tests.append(Check("calibration", outside, _two_sided(slope - 1, error), sentence))
    return figures, tests


def _gap_error(difference: Array, household: npt.NDArray[np.int32]) -> float:
    """The standard error of a mean whose rows come in households."""
    groups = np.unique(household, return_inverse=True)[1]
    return float(np.sqrt((np.bincount(groups, weights=difference - difference.mean()) ** 2).sum()) / len(difference))


def _slope_error(margin: Array, y: Array, household: npt.NDArray[np.int32], slope: float, intercept: float) -> float:
    """The sandwich standard error of a logistic slope, rows clustered by household."""
    fitted = expit(slope * margin + intercept)
    design = np.column_stack([margin, np.ones(len(margin))])
    bread = np.linalg.pinv((design * (fitted * (1 - fitted))[:, None]).T @ design)
    groups = np.unique(household, return_inverse=True)[1]
    scores = np.column_stack([np.bincount(groups, weights=(y - fitted) * column) for column in design.T])
    return float(np.sqrt((bread @ (scores.T @ scores) @ bread)[0, 0]))


def _two_sided(distance: float, error: float) -> float:
    return float(2 * stats.norm.sf(abs(distance) / error)) if error > 0 else 1.0
