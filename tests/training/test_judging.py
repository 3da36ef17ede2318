import numpy as np
import pytest

from graduasi_training.judging import MIN_CLUSTERS, HeldOut, judge_groups, list_figures


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
    figures = list_figures(cohort(4).y, cohort(4))
    assert (figures["listed"], figures["precision_at_quota"], figures["harm_at_quota"]) == (8, 1.0, 0.0)


def test_unlabelled_families_on_the_list_widen_its_bounds_and_change_nothing_else():
    whole = cohort(4)
    y = np.where(whole.household < 12, np.nan, whole.y)
    test = HeldOut(y, whole.harm, whole.mentor, whole.household, whole.eligible, whole.quota)
    figures = list_figures(-whole.household.astype(float), test)  # the unlabelled households come first
    assert (figures["listed"], figures["listed_labelled"], figures["precision_at_quota"]) == (8, 0, None)
    assert figures["precision_at_quota_bounds"] == [0.0, 1.0]


def test_a_group_of_fewer_than_thirty_is_called_too_few_and_has_no_rate():
    test = cohort(4)
    groups = {"area_code": np.array(["A"] * 29 + ["B"] * 91, dtype=object)}
    found = judge_groups(np.linspace(0, 1, 120), test, groups)["area_code"]
    assert found["A"] == {"n": 29, "note": "too few"}
    assert found["B"]["n"] == 91
