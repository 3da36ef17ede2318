"""What moves between periods, on cases that can be counted by hand."""

import numpy as np
import pytest

from graduasi_training.evaluation.stability import base_rate_drift, list_overlap, reason_flips, score_drift
from graduasi_training.judging.held_out import HeldOut, clusters_of
from tests.made_up.learned_model import candidate, training_rows


def cohort(*, quota=2, mentors=2, y=None):
    household = np.arange(12)
    outcome = (household % 2).astype(float) if y is None else y
    mentor = household % mentors if mentors else np.full(12, -1)
    return HeldOut(outcome, outcome, mentor, household, np.ones(12, dtype=bool), quota)


def test_the_same_lists_overlap_wholly_and_reversed_ones_not_at_all():
    score = np.linspace(0, 1, 12)
    assert list_overlap(score, score, cohort(), cohort()) == 1.0
    assert list_overlap(score, -score, cohort(), cohort()) == 0.0


def test_of_two_lists_of_two_with_one_family_in_common_a_third_is_shared():
    one, other = (np.isin(np.arange(12), listed).astype(float) for listed in ([0, 2], [0, 4]))
    assert list_overlap(one, other, cohort(mentors=1), cohort(mentors=1)) == pytest.approx(1 / 3)


def test_a_household_that_changed_its_mentor_is_on_another_list():
    score = np.linspace(0, 1, 12)
    moved = HeldOut(*(getattr(cohort(), name) for name in ("y", "harm")), 1 - cohort().mentor, cohort().household, cohort().eligible, 2)  # fmt: skip
    assert list_overlap(score, score, cohort(), moved) == 0.0


def test_without_mentors_the_top_tenth_is_the_list():
    score = np.linspace(0, 1, 12)
    assert list_overlap(score, np.roll(score, 1), cohort(mentors=0), cohort(mentors=0)) == 0.0


def test_a_model_never_contradicts_its_own_reasons_and_another_may():
    values = training_rows().values
    assert reason_flips(candidate("blend"), candidate("blend"), values) == 0.0
    assert 0 < reason_flips(candidate("logistic"), candidate("lightgbm"), values) < 1


def test_scores_that_stay_do_not_drift_and_scores_that_move_do():
    before = np.linspace(0, 1, 1000)
    still = score_drift(before, before)
    assert (still["psi"], still["ks"]) == (pytest.approx(0.0), 0.0)
    moved = score_drift(before, before[::2] ** 3)
    assert (moved["n_from"], moved["n_to"]) == (1000, 500)
    assert moved["psi"] > 0.25
    assert moved["ks"] == pytest.approx(np.max(before - before**3), abs=0.01)


def test_a_change_of_the_base_rate_is_paired_over_the_same_households():
    before, after = cohort(mentors=0), cohort(mentors=0, y=np.where(np.arange(12) < 6, np.nan, 1.0))
    drift = base_rate_drift(before, after, *clusters_of(before, after))
    assert (drift["base_rate_from"], drift["base_rate_to"], drift["base_rate_change"]) == (0.5, 1.0, 0.5)
    # Without one of the twelve, the rate before is 6/11 or 5/11, and the rate after stays 1: shifts of 1/22.
    half = 2.201 * np.sqrt(11 / 12 * 12 * (1 / 22) ** 2)  # Student's t for twelve
    ends = [drift["base_rate_change_low"], drift["base_rate_change_high"]]
    assert ends == pytest.approx([0.5 - half, 0.5 + half], abs=1e-4)
