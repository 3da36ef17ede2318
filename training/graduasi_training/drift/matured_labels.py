"""Whether scores came true: labels that matured after training against the scores that the model gives those snapshots."""

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
from graduasi.panel.record import Panel, number_mentors
from graduasi.scoring.scores import features_as_read
from graduasi_training.drift.alarms import NOTHING_MATURED, Check, Comparison, not_enough_data
from graduasi_training.judging.clusters import Clusters, clusters_of_rows
from graduasi_training.judging.jackknife import Estimate, ratio_estimate
from graduasi_training.judging.slope import calibrate, slope_estimate
from graduasi_training.study.labels import label
from graduasi_training.study.observations import as_of_grid, observe


def compare_matured(panel: Panel, events: Events, *, day: int, bundle: Bundle, reference: Reference) -> Comparison:
    """The observed rate against the mean score, and the calibration slope, of labels that became known after training.

    `day` is the last day whose facts are used.
    """
    through = to_day(reference.calibration.labels_known_through)
    declarations, programme = bundle.declarations, bundle.programme
    known_panel = panel.take(panel.known_on <= day)
    try:
        grid = as_of_grid(known_panel, programme)
        observations = observe(known_panel, events.known_by(day), grid, declarations)
        labels = label(
            observations, programme.target, panel=known_panel, events=events.known_by(day), dictionary=bundle.dictionary
        )
    except (TrainingError, ValueError) as error:
        return not_enough_data(f"not enough data: {error}")
    rows = np.flatnonzero(observations.is_first & labels.is_labelled & (labels.known_on > through))
    y = labels.value[rows]
    min_households = programme.drift.min_rows
    if not len(rows):
        return not_enough_data(NOTHING_MATURED)
    household = known_panel.household[observations.snapshot[rows]]
    if len(np.unique(household)) < min_households or not 0 < y.mean() < 1:
        return not_enough_data(
            f"not enough data: labels of {len(np.unique(household)):,} households have matured since training; {min_households} of both outcomes are needed"
        )
    features = features_as_read(known_panel, observations.snapshot[rows], as_of=observations.day[rows], bundle=bundle)
    mentor = number_mentors(known_panel.mentor_id)[observations.snapshot[rows]]
    margin = bundle.model.explain(features.values).margin
    return judge_calibration(margin, y, household, bundle, clusters=clusters_of_rows(mentor, household))


def judge_calibration(
    margin: Array, y: Array, household: npt.NDArray[np.int32], bundle: Bundle, *, clusters: Clusters
) -> Comparison:
    """Figures and checks of labelled rows. Rows of the same cluster are not independent, and the intervals allow for that."""
    limits = bundle.programme.drift
    gap = ratio_estimate(y - expit(margin), np.ones(len(y)), clusters)
    gap_low, gap_high = gap.interval()
    slope, intercept = calibrate(margin, y) if np.ptp(margin) > 1e-9 else (None, None)
    figures: dict[str, Any] = {
        "status": "ok", "n": len(y), "households": len(np.unique(household)), "clusters": int(gap.bears.sum()), "observed": float(y.mean()),
        "mean_score": float(expit(margin).mean()), "gap": gap.value, "gap_low": gap_low, "gap_high": gap_high,
        "slope": slope, "slope_low": None, "slope_high": None, "intercept": intercept,
    }  # fmt: skip
    checks = [
        Check(
            "calibration",
            abs(gap.value) >= limits.calibration_gap,
            _two_sided_p(gap, 0.0),
            f"calibration: {figures['observed']:.1%} became ready where scores said {figures['mean_score']:.1%}, "
            f"among {len(y):,} labels matured since training (limit: {limits.calibration_gap:.0%} apart)",
        )
    ]
    if slope is not None and intercept is not None:
        estimate = slope_estimate(margin, y, (slope, intercept), clusters)
        figures["slope_low"], figures["slope_high"] = estimate.interval()
        is_outside = not limits.calibration_slope <= slope <= 1 / limits.calibration_slope
        sentence = (
            f"calibration: slope {slope:.2f} on {len(y):,} labels matured since training "
            f"(limits {limits.calibration_slope:g} and {1 / limits.calibration_slope:.2f}; 1 is right)"
        )
        checks.append(Check("calibration", is_outside, _two_sided_p(estimate, 1.0), sentence))
    return figures, checks


def _two_sided_p(estimate: Estimate, without_drift: float) -> float:
    """The chance of an estimate at least so far from its value without drift, by Student's t of the clusters; 1 without an error."""
    if not estimate.error:
        return 1.0
    distance = abs(estimate.value - without_drift) / estimate.error
    return float(2 * stats.t.sf(distance, int(estimate.bears.sum()) - 1))
