from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.groups import judge_groups
from graduasi_training.held_out import MIN_CLUSTERS, HeldOut
from graduasi_training.lists import list_curve, list_figures, note_on_lists, note_on_top
from graduasi_training.resampling import resample


def drawn(test: HeldOut):
    return resample(test.cluster, rng=np.random.default_rng(0))


def cohort(mentors: int, *, rows: int = 120) -> HeldOut:
    """A cohort dealt out to so many mentors in turn; every third household is ready, nobody is unlabelled."""
    household = np.arange(rows)
    mentor = household % mentors if mentors else np.full(rows, -1)
    y = (household % 3 == 0).astype(float)
    return HeldOut(y=y, harm=1 - y, mentor=mentor, household=household, eligible=np.ones(rows, dtype=bool), quota=2)


@pytest.mark.parametrize(
    ("mentors", "by"), [(0, "household"), (MIN_CLUSTERS - 1, "household"), (MIN_CLUSTERS, "mentor"), (40, "mentor")]
)
def test_whole_mentors_are_resampled_only_where_there_are_enough(mentors, by):
    test = cohort(mentors)
    assert test.cluster is getattr(test, by)


def test_a_perfect_list_of_a_small_quota_is_all_ready_and_harms_nobody():
    figures = list_figures(cohort(4).y, cohort(4), drawn(cohort(4)))
    assert (figures["listed"], figures["precision_at_quota"], figures["harm_at_quota"]) == (8, 1.0, 0.0)


def test_unlabelled_families_on_the_list_widen_its_bounds_and_change_nothing_else():
    whole = cohort(4)
    y = np.where(whole.household < 12, np.nan, whole.y)
    test = HeldOut(y, whole.harm, whole.mentor, whole.household, whole.eligible, whole.quota)
    figures = list_figures(-whole.household.astype(float), test, drawn(test))  # the unlabelled households come first
    assert (figures["listed"], figures["listed_labelled"], figures["precision_at_quota"]) == (8, 0, None)
    assert figures["precision_at_quota_bounds"] == [0.0, 1.0]


def test_a_group_of_fewer_than_thirty_is_called_too_few_and_has_no_rate():
    test = cohort(4)
    groups = {"area_code": np.array(["A"] * 29 + ["B"] * 91, dtype=object)}
    found = judge_groups(np.linspace(0, 1, 120), test, groups, drawn(test))["area_code"]
    assert found["A"] == {"n": 29, "note": "too few"}
    assert found["B"]["n"] == 91


def test_a_longer_list_holds_more_and_the_curve_meets_the_figures_at_the_quota():
    test = cohort(4)
    score = np.random.default_rng(0).random(120)
    figures, curve = list_figures(score, test, drawn(test)), list_curve(score, test, drawn(test))
    assert [row["per_mentor"] for row in curve] == [1, 2, 3, 4]
    assert [row["listed"] for row in curve] == [4, 8, 12, 16]
    assert curve[1]["precision"] == figures["precision_at_quota"] == figures["at_quota_share"]["100"]["precision"]
    assert curve[1]["harm"] == figures["harm_at_quota"]
    assert [figures["at_quota_share"][part]["listed"] for part in ("50", "100", "150")] == [4, 8, 12]


def test_recall_counts_the_ready_who_could_not_be_listed():
    whole = cohort(4)
    test = HeldOut(whole.y, whole.harm, whole.mentor, whole.household, whole.household % 2 == 0, quota=120)
    assert list_figures(whole.y, test, drawn(test))["recall_at_quota"] == 0.5


@pytest.mark.parametrize("mentors", [4, 24])
def test_each_mentor_counts_once_however_many_families_it_lists(mentors):
    household = np.arange(600)
    mentor = np.where(household < 300, 0, 1 + household % (mentors - 1))
    y = (mentor > 0).astype(float)  # the largest caseload has nobody who is ready
    test = HeldOut(y, np.full(600, np.nan), mentor, household, np.ones(600, dtype=bool), quota=300)
    figures = list_figures(np.zeros(600), test, drawn(test))
    macro = figures["precision_at_quota_macro"]
    assert figures["precision_at_quota"] == 0.5
    assert macro["value"] == pytest.approx((mentors - 1) / mentors)
    assert macro["mentors"] == mentors
    assert macro["low"] <= macro["value"] <= macro["high"]


def test_none_harmed_of_a_few_listed_does_not_mean_that_none_can_be():
    figures = list_figures(cohort(4).y, cohort(4), drawn(cohort(4)))
    assert figures["harm_at_quota"] == 0.0
    assert figures["harm_at_quota_high"] > 0.25


def test_lists_whose_outcome_is_hardly_known_get_a_note():
    few = {"listed": 100, "listed_labelled": 20}
    assert "20 of them" in note_on_lists(few)
    assert note_on_lists({"listed": 100, "listed_labelled": 60}) is None
    assert note_on_lists({"listed": None, "listed_labelled": None}) is None


def test_a_top_tenth_of_a_handful_of_families_gets_a_note_where_there_are_no_mentors():
    assert "60 of the 60 families" in str(note_on_top(cohort(0, rows=60)))
    assert note_on_top(cohort(0, rows=300)) is None
    whole = cohort(0, rows=900)
    assert "rests on 40 of them" in str(note_on_top(replace(whole, y=np.where(whole.household < 500, np.nan, whole.y))))
    assert note_on_top(cohort(4, rows=60)) is None
