"""Whether the ranges told with mentors' lists held, where the truth of the mentors is known."""

import numpy as np
import pytest
from scipy.special import expit, logit

from graduasi.readiness.intervals import Ends
from graduasi_training.evaluation.insight.list_ranges import list_ranges, mentor_spread
from graduasi_training.judging.held_out import HeldOut

MENTORS, CASELOAD = 400, 60


def _cohort(seed: int, *, mentor_sd: float = 0.0, level: float = 0.0) -> tuple[np.ndarray, HeldOut]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1.2, MENTORS * CASELOAD)
    mentor = np.repeat(np.arange(MENTORS), CASELOAD)
    truth = margin + level + rng.normal(0, mentor_sd, MENTORS)[mentor]
    y = (rng.random(len(margin)) < expit(truth)).astype(float)
    everybody = np.ones(len(margin), dtype=bool)
    test = HeldOut(
        y=y, harm=np.full(len(y), np.nan), mentor=mentor, household=np.arange(len(y)), eligible=everybody, quota=10
    )
    return expit(margin), test


def _ends(score: np.ndarray, spread: float) -> Ends:
    return Ends(*(expit(logit(score) + sign * 1.645 * spread) for sign in (-1, 1)))


@pytest.mark.parametrize("mentor_sd", [0.0, 0.3])
def test_ranges_hold_for_about_nine_mentors_in_ten(mentor_sd):
    score, test = _cohort(1, mentor_sd=mentor_sd)
    report = list_ranges(score, _ends(score, 0.2), test)
    assert report["mentors"] == MENTORS
    assert 0.87 * MENTORS <= report["held"] <= 0.98 * MENTORS
    assert report["held"] + report["above"] + report["below"] == MENTORS
    assert report["low"] < report["observed"] < report["high"]
    assert report["families"] == 10


def test_a_period_far_below_the_forecast_is_seen():
    score, test = _cohort(1, level=-2.0)
    report = list_ranges(score, _ends(score, 0.1), test)
    assert report["held"] < 0.5 * MENTORS
    assert report["below"] > 100 * max(report["above"], 1) / 10


@pytest.mark.parametrize("truth", [0.0, 0.3, 0.8])
def test_how_far_mentors_lie_apart_is_measured_beyond_chance(truth):
    score, test = _cohort(3, mentor_sd=truth)
    assert mentor_spread(logit(score), test) == pytest.approx(truth, abs=0.15)


def test_without_mentors_there_are_no_ranges():
    score, test = _cohort(1)
    nobody = HeldOut(test.y, test.harm, np.full(len(test), -1), test.household, test.eligible, 10)
    assert list_ranges(score, _ends(score, 0.2), nobody) is None
