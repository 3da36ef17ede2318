"""Candidates, mentors' lists and groups on small cohorts whose figures can be counted."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.clusters import clusters_from
from graduasi_training.judging.groups import judge_groups
from graduasi_training.judging.held_out import MIN_CLUSTERS, HeldOut, clusters_of
from graduasi_training.judging.jackknife import left_out, t_deviate, wilson
from graduasi_training.judging.lists import list_curve, list_figures, listed, note_on_lists, note_on_top
from graduasi_training.judging.metrics import auc, log_loss


def cohort(mentors: int, *, rows: int = 120) -> HeldOut:
    """A cohort dealt out to so many mentors in turn; every third household is ready, nobody is unlabelled."""
    household = np.arange(rows)
    mentor = household % mentors if mentors else np.full(rows, -1)
    y = (household % 3 == 0).astype(float)
    return HeldOut(y=y, harm=1 - y, mentor=mentor, household=household, eligible=np.ones(rows, dtype=bool), quota=2)


@pytest.mark.parametrize(
    ("mentors", "clusters"), [(0, 120), (1, 120), (2, 2), (MIN_CLUSTERS - 1, MIN_CLUSTERS - 1), (40, 40)]
)
def test_whole_mentors_are_the_independent_units_wherever_there_are_two(mentors, clusters):
    assert cohort(mentors).clusters.count == clusters


def test_a_family_without_a_mentor_stands_for_itself_and_mentors_are_the_same_on_every_date():
    whole = cohort(3)
    first = replace(whole, mentor=np.where(whole.household < 60, whole.mentor, -1))
    second = whole.only(whole.mentor != 1)
    of_first, of_second = clusters_of(first, second)
    assert of_first.count == of_second.count == 3 + 60
    row_of_first, row_of_second = 2, int(np.flatnonzero(second.mentor == 2)[0])  # both of the third mentor
    assert of_first.of_row[row_of_first] == of_second.of_row[row_of_second]


def test_where_some_date_has_one_mentor_alone_households_are_the_units_on_every_date():
    one, three = cohort(1), cohort(3)
    assert [clusters.count for clusters in clusters_of(one, three)] == [120, 120]


def half_known(mentors: int = 24) -> tuple[np.ndarray, HeldOut]:
    """Scores of no skill for a cohort in which the outcome of three families in seven is not known."""
    whole = cohort(mentors)
    y = np.where(whole.household % 7 < 3, np.nan, whole.y)
    return np.random.default_rng(1).random(120), replace(whole, y=y, harm=1 - y)


def test_a_candidate_s_figures_move_as_they_would_if_a_mentor_were_left_out():
    score, test = half_known()
    share, judged = listed(score, test), judge_on(score, test, test.clusters)
    for mentor in range(24):
        rows = (test.mentor != mentor) & test.labelled
        p, y, on_list = score[rows], test.y[rows], share[rows]
        without = {"auc": auc(p, y), "brier": np.mean((p - y) ** 2), "log_loss": log_loss(p, y)}
        without["precision_at_quota"] = (on_list * y).sum() / on_list.sum()
        with_listed = len(np.unique(test.mentor[(share > 0) & test.labelled]))
        counted = {name: with_listed if name == "precision_at_quota" else 24 for name in without}
        expected = {
            name: np.sqrt(1 - 1 / counted[name]) * (value - judged.figures[name]) for name, value in without.items()
        }
        assert {name: judged.estimates[name].shift[mentor] for name in expected} == pytest.approx(expected)


def test_the_top_tenth_is_of_those_whose_outcome_is_known_and_its_interval_is_of_the_same():
    score, test = half_known()
    figures = judge_on(score, test, test.clusters).figures
    top = np.argsort(-np.where(test.labelled, score, -1.0))[:7]  # of 68
    assert figures["precision_at_10pct"] == pytest.approx(test.y[top].mean())
    assert figures["precision_at_10pct_low"] < figures["precision_at_10pct"] < figures["precision_at_10pct_high"]


def test_a_part_of_a_cohort_keeps_what_belongs_to_each_family():
    whole = replace(cohort(7), eligible=np.arange(120) % 4 > 0)
    part = whole.only(whole.household % 3 == 1)
    rows = np.arange(1, 120, 3)
    for name in ("y", "harm", "mentor", "household", "eligible"):
        assert (getattr(part, name) == getattr(whole, name)[rows]).all()


def test_without_mentors_the_list_is_the_top_tenth_of_the_eligible():
    test = replace(cohort(0), eligible=np.arange(120) % 2 == 0)
    assert np.flatnonzero(listed(np.arange(120.0), test)).tolist() == list(range(96, 120, 2))


def test_a_perfect_list_of_a_small_quota_is_all_ready_and_harms_nobody():
    figures = list_figures(cohort(4).y, cohort(4), cohort(4).clusters)
    assert (figures["listed"], figures["precision_at_quota"], figures["harm_at_quota"]) == (8, 1.0, 0.0)


def test_unlabelled_families_on_the_list_widen_its_bounds_and_change_nothing_else():
    whole = cohort(4)
    y = np.where(whole.household < 12, np.nan, whole.y)
    test = replace(whole, y=y, harm=np.where(whole.household < 4, np.nan, whole.harm))
    figures = list_figures(-whole.household.astype(float), test, test.clusters)  # the unlabelled households come first
    assert (figures["listed"], figures["listed_labelled"], figures["precision_at_quota"]) == (8, 0, None)
    assert figures["precision_at_quota_bounds"] == [0.0, 1.0]
    assert figures["harm_at_quota"] == 0.75  # of the four whose harm is known


def test_the_bounds_take_unlabelled_families_as_not_ready_and_as_ready():
    whole = cohort(4)
    test = replace(whole, y=np.where(np.isin(whole.household, [0, 1]), np.nan, whole.y))
    figures = list_figures(-whole.household.astype(float), test, test.clusters)  # the first eight are listed
    assert (figures["listed"], figures["listed_labelled"], figures["precision_at_quota"]) == (8, 6, 2 / 6)
    assert figures["precision_at_quota_bounds"] == [2 / 8, 4 / 8]


def test_a_group_of_fewer_than_thirty_is_called_too_few_and_has_no_rate():
    test = cohort(4)
    groups = {"area_code": np.array(["A"] * 29 + ["B"] * 30 + [None] * 61, dtype=object)}
    areas = judge_groups(np.linspace(0, 1, 120), test, groups, test.clusters)["area_code"]
    assert areas["A"] == {"n": 29, "note": "too few"}
    assert (areas["B"]["n"], areas["B"]["base_rate"]) == (30, 1 / 3)


def test_a_group_has_the_recall_of_its_ready_and_the_precision_of_its_listed():
    score, test = half_known(mentors=40)
    member = test.mentor < 19
    area = np.where(member, "A", None)
    figures = judge_groups(score, test, {"area_code": area}, test.clusters)["area_code"]["A"]
    own, share = member & test.labelled, listed(score, test)
    hits, ready = (share * test.y)[own].sum(), test.y[own].sum()
    assert figures["n"] == own.sum()
    assert figures["precision_at_quota"] == pytest.approx(hits / share[own].sum())
    assert figures["recall_at_quota"] == pytest.approx(hits / ready)


def test_a_group_of_few_mentors_who_differ_is_less_sure_than_its_families_would_be_by_themselves():
    """Of a hundred families with each of three mentors 20, 50 and 80 are ready, and a tenth of either kind is listed."""
    household = np.arange(600)
    mentor, place = household // 100, household % 100
    y = (place < np.array([20, 50, 80] * 2)[mentor]).astype(float)
    test = HeldOut(y, np.full(600, np.nan), mentor, household, np.ones(600, dtype=bool), quota=10)
    score = ((place < 5) | (place >= 95)).astype(float)  # five who are ready, five who are not
    area = np.where(mentor < 3, "A", "B").astype(object)
    figures = judge_groups(score, test, {"area_code": area}, test.clusters)["area_code"]["A"]
    by_themselves = wilson(15 / 150, 150, t_deviate(150))
    assert figures["recall_at_quota"] == pytest.approx(15 / 150)
    assert figures["recall_at_quota_high"] - figures["recall_at_quota_low"] > 3 * (by_themselves[1] - by_themselves[0])


def test_of_a_group_with_one_mentor_nothing_is_known_of_other_mentors():
    score, test = half_known(mentors=2)
    figures = judge_groups(score, test, {"area_code": np.where(test.mentor == 0, "A", None)}, test.clusters)[
        "area_code"
    ]["A"]
    assert (figures["recall_at_quota_low"], figures["recall_at_quota_high"]) == (0.0, 1.0)


def test_a_longer_list_holds_more_and_the_curve_meets_the_figures_at_the_quota():
    test = cohort(4)
    score = np.random.default_rng(1).random(120)
    figures, curve = list_figures(score, test, test.clusters), list_curve(score, test, test.clusters)
    assert [row["per_mentor"] for row in curve] == [1, 2, 3, 4]
    assert [row["listed"] for row in curve] == [4, 8, 12, 16]
    assert curve[1]["precision"] == figures["precision_at_quota"] == figures["at_quota_share"]["100"]["precision"]
    assert curve[1]["harm"] == figures["harm_at_quota"]
    assert [curve[1][end] for end in ("low", "high")] == [
        figures[f"precision_at_quota_{end}"] for end in ("low", "high")
    ]
    assert [figures["at_quota_share"][part]["listed"] for part in ("50", "100", "150")] == [4, 8, 12]


def test_recall_counts_the_ready_who_could_not_be_listed():
    whole = cohort(4)
    test = HeldOut(whole.y, whole.harm, whole.mentor, whole.household, whole.household % 2 == 0, quota=120)
    assert list_figures(whole.y, test, test.clusters)["recall_at_quota"] == 0.5


@pytest.mark.parametrize("mentors", [4, 24])
def test_each_mentor_counts_once_however_many_families_it_lists(mentors):
    household = np.arange(600)
    mentor = np.where(household < 300, 0, 1 + household % (mentors - 1))
    y = (mentor > 0).astype(float)  # the largest caseload has nobody who is ready
    test = HeldOut(y, np.full(600, np.nan), mentor, household, np.ones(600, dtype=bool), quota=300)
    figures = list_figures(np.zeros(600), test, test.clusters)
    macro = figures["precision_at_quota_macro"]
    assert figures["precision_at_quota"] == 0.5
    assert macro["value"] == pytest.approx((mentors - 1) / mentors)
    assert macro["mentors"] == mentors
    assert macro["low"] <= macro["value"] <= macro["high"]


@pytest.mark.parametrize("families_share_a_unit", [False, True])
def test_the_mean_over_mentors_moves_as_it_does_when_a_unit_s_families_are_taken_off_the_lists(families_share_a_unit):
    """Units that are mentors, and units that have families with several mentors."""
    rng = np.random.default_rng(7)
    whole = cohort(6)
    test = replace(whole, y=(rng.random(120) < 0.2 + 0.1 * whole.mentor).astype(float), quota=12)
    unit = whole.household // 12 if families_share_a_unit else whole.mentor
    clusters, share = clusters_from(unit)[0], listed(np.zeros(120), test)

    def macro(rows):
        own = [(share * test.y)[rows & (test.mentor == each)].sum() / share[rows & (test.mentor == each)].sum() for each in range(6) if (rows & (test.mentor == each)).any()]  # fmt: skip
        return np.mean(own)

    without = np.array([macro(unit != one) for one in range(clusters.count)])
    everyone = np.ones(120, dtype=bool)
    expected = left_out(macro(everyone), without, everyone[: clusters.count]).within_0_and_1(share.sum())
    figures = list_figures(np.zeros(120), test, clusters)["precision_at_quota_macro"]
    assert (figures["low"], figures["high"]) == pytest.approx(expected)


def test_a_mentor_counts_from_five_labelled_families_on_the_list_on():
    mentor = np.repeat([-1, 0, 1], [10, 5, 5])  # ten families have no mentor
    y = np.where(np.arange(20) == 19, np.nan, np.arange(20) % 2.0)
    test = HeldOut(y, y, mentor, np.arange(20), np.ones(20, dtype=bool), quota=10)
    macro = list_figures(np.zeros(20), test, test.clusters)["precision_at_quota_macro"]
    assert (macro["mentors"], macro["value"]) == (1, 0.4)


def test_none_harmed_of_a_few_listed_does_not_mean_that_none_can_be():
    figures = list_figures(cohort(4).y, cohort(4), cohort(4).clusters)
    assert figures["harm_at_quota"] == 0.0
    assert figures["harm_at_quota_high"] > 0.25


@pytest.mark.parametrize(
    ("total", "known", "noted"),
    [(100, 20, True), (100, 40, True), (40, 29, True), (60, 30, False), (100, 60, False), (None, None, False)],
)
def test_lists_whose_outcome_is_hardly_known_get_a_note(total, known, noted):
    note = note_on_lists({"listed": total, "listed_labelled": known})
    assert note is None if not noted else f"{known} of them" in note["text"]


def test_a_top_tenth_of_a_handful_of_families_gets_a_note_where_there_are_no_mentors():
    assert "60 of the 60 families" in str(note_on_top(cohort(0, rows=60)))
    assert note_on_top(cohort(0, rows=300)) is None
    whole = cohort(0, rows=900)
    assert "rests on 40 of them" in str(note_on_top(replace(whole, y=np.where(whole.household < 500, np.nan, whole.y))))
    assert note_on_top(cohort(4, rows=60)) is None
