"""Estimates where only some outcomes are observed: small cohorts worked by hand, and whole runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.selective import estimates as selective
from graduasi_training.evaluation.selective.bounds import mentor_bounds, mentors_leniency, plain_bounds
from graduasi_training.evaluation.selective.correction import Seen
from graduasi_training.evaluation.selective.estimates import closest, estimates, selective_labels
from graduasi_training.evaluation.selective.propensity import CrossFit
from graduasi_training.evaluation.selective.truth import read_truth
from graduasi_training.judging.clusters import clusters_from
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.simulation import simulate
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import SMALL, declared, draw_table
from tests.made_up.small_run import QUICK, YEARLY


def _households(n):
    """A household for each of n rows."""
    return clusters_from(np.arange(n))[0]


# Six listed, four observed, three of them good. The one with chance 0.5 that failed stands for two.
SHARE = np.ones(6)
OBSERVED = np.array([True, True, True, True, False, False])
Y = np.array([1.0, 1.0, 1.0, 0.0, np.nan, np.nan])


def _figures(share, chance, forecast=0.0):
    families = Seen(share, OBSERVED, Y, np.arange(6))
    return estimates(families, CrossFit.given(chance), CrossFit.given(np.full(6, forecast)), _households(6))


def test_the_naive_share_counts_the_observed_and_the_weighted_one_lets_each_stand_for_its_like():
    figures = _figures(SHARE, np.array([1.0, 1.0, 1.0, 0.5, 0.5, 0.5]), forecast=1.0)
    assert figures["naive"] == pytest.approx(3 / 4)
    # All six are forecast to be good; the one that failed takes back itself and another like it.
    assert figures["weighted"] == pytest.approx(4 / 6)
    assert figures["effective_n"] == pytest.approx(25 / 7)  # (1+1+1+2)² / (1+1+1+4)
    assert figures["naive_low"] <= figures["naive"] <= figures["naive_high"]


def test_a_family_that_shares_a_place_counts_in_part():
    figures = _figures(np.array([1, 1, 0.5, 0.5, 1, 0]), np.ones(6))
    assert figures["naive"] == pytest.approx(2.5 / 3)
    assert figures["weighted"] == pytest.approx(2.5 / 4)  # the one that was not seen is forecast to be bad


def test_plain_bounds_take_the_unobserved_as_all_bad_and_all_good():
    bounds = plain_bounds(SHARE, OBSERVED, Y, _households(6))
    assert bounds.pair == pytest.approx([3 / 6, 5 / 6])
    assert bounds.outer[0] < bounds.low < bounds.high < bounds.outer[1]
    assert not bounds.by_mentors


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.floats(0.01, 1), st.integers(0, 2)), min_size=2, max_size=40
    ).filter(lambda rows: any(row[0] for row in rows))
)
def test_the_naive_share_and_the_bounds_by_mentors_lie_within_the_plain_bounds(rows):
    observed, good, chance, group = (np.array(column) for column in zip(*rows, strict=True))
    share, y = np.ones(len(rows)), np.where(observed, good, np.nan).astype(float)
    clusters = _households(len(rows))
    low, high = plain_bounds(share, observed, y, clusters).pair
    families = Seen(share, observed, y, np.arange(len(rows)))
    naive = estimates(families, CrossFit.given(chance), CrossFit.given(chance), clusters)["naive"]
    assert low - 1e-9 <= naive <= high + 1e-9
    by_mentors = mentor_bounds(group.astype(float), share, observed, y, clusters)
    if by_mentors is not None:
        assert low - 1e-9 <= by_mentors.low <= by_mentors.high <= high + 1e-9


def _thirds(observed_of_30, good_of_observed):
    """Strict, middling and lenient mentors with 30 listed families each: leniency, share, observed, y, clusters."""
    observed, y = np.zeros(90, dtype=bool), np.full(90, np.nan)
    for start, observed_count, good in zip((0, 30, 60), observed_of_30, good_of_observed, strict=True):
        observed[start : start + observed_count] = True
        y[start : start + observed_count] = np.arange(observed_count) < good
    return np.repeat([-1.0, 0.0, 1.0], 30), np.ones(90), observed, y, _households(90)


def test_lenient_mentors_raise_the_low_bound_and_lower_the_high_one():
    leniency, share, observed, y, clusters = _thirds((3, 6, 24), (3, 5, 18))
    bounds = mentor_bounds(leniency, share, observed, y, clusters)
    assert bounds.pair == pytest.approx([18 / 30, 24 / 30])  # the lenient third: 18 good, 6 unseen
    assert bounds.by_mentors
    assert plain_bounds(share, observed, y, clusters).pair == pytest.approx([26 / 90, (26 + 57) / 90])


def test_the_tightest_of_three_bounds_is_given_more_room_for_chance():
    """Three thirds that are alike: 25 % are seen to be good in each, but the highest of three low ends lies higher by chance."""
    leniency, share, too_high = np.repeat([-1.0, 0.0, 1.0], 50), np.ones(150), 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        observed, y = rng.random(150) < 0.5, (rng.random(150) < 0.5).astype(float)
        too_high += mentor_bounds(leniency, share, observed, y, _households(150)).outer[0] > 0.25
    assert too_high <= 17  # nominal 10; with each third's own 95 % interval about 30


def test_mentors_whose_families_cannot_be_alike_give_no_bounds():
    leniency, share, observed, y, clusters = _thirds((30, 30, 30), (3, 15, 30))
    assert mentor_bounds(leniency, share, observed, y, clusters) is None


def test_thirds_of_the_list_that_are_too_small_give_no_bounds():
    leniency, share, observed, y, clusters = _thirds((3, 6, 24), (3, 5, 18))
    assert mentor_bounds(leniency, share * 0.9, observed, y, clusters) is None


def test_a_mentor_s_leniency_is_measured_on_families_that_are_not_listed():
    mentor = np.repeat(np.arange(20), 3)
    observed = np.tile([True, True, False], 20)
    share = np.tile([1.0, 0.0, 0.0], 20)
    observed[1] = False  # the first mentor's unlisted families are never seen, though its listed one is
    leniency = mentors_leniency(mentor, share, observed, np.full(60, 0.4))
    assert leniency[0] == pytest.approx(-0.4)
    assert leniency[3] == pytest.approx(0.5 - 0.4)
    assert mentors_leniency(mentor[:57], share[:57], observed[:57], np.full(57, 0.4)) is None  # 19 mentors
    assert mentors_leniency(mentor - 1, share, observed, np.full(60, 0.4)) is None  # some have none


def test_the_nearer_estimate_is_named_only_where_the_truth_is_known():
    assert closest({"naive": 0.8, "weighted": 0.6, "truth": 0.65}) == {"closest": "weighted"}
    assert closest({"naive": 0.8, "weighted": 0.6, "truth": 0.75}) == {"closest": "naive"}
    assert closest({"naive": 0.8, "weighted": 0.6, "truth": None}) == {"closest": None}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder, households=4_000, quarters=20, seed=7)
    names = ("households.parquet", "events.parquet", "dictionary.toml", "programme.toml")
    study, _ = read_study(Inputs(*(folder / name for name in names)))
    return study, judge_folds(study, settings=QUICK, tell=lambda text: None), read_truth(folder / "truth.parquet")


def test_a_list_with_few_graduates_says_too_few_and_the_target_stands_first(simulated):
    section, notes = selective_labels(*simulated)
    event = section["by_label"]["graduated_and_stayed_out"]
    assert event["n"] < 30
    assert event["naive"] is event["weighted"] is event["closest"] is None
    assert event["bounds"][0] <= event["bounds"][1]
    assert event["note"]["text"].startswith("too few")
    assert any("graduated_and_stayed_out: too few" in note["text"] for note in notes)
    assert section["label"] == "sustained"
    assert all(isinstance(section[key], float) for key in ("naive", "weighted", "truth"))


def test_a_label_is_estimated_on_the_latest_date_whose_list_has_outcomes_enough(simulated):
    _, folds, _ = simulated
    row = selective_labels(*simulated)[0]["by_label"]["sustained"]
    assert row["n"] >= 30
    assert row["test_as_of"] == folds[-1].date > folds[0].date


def test_families_whose_label_has_not_matured_are_not_counted_as_listed(simulated):
    judged = simulated[1][-1]
    mature = np.arange(len(judged.test)) % 2 == 0
    share, everyone = (selective._listed_share(judged, mask, 1.0) for mask in (mature, np.ones_like(mature)))
    np.testing.assert_array_equal(share, np.where(mature, everyone, 0.0))
    assert 0 < share.sum() < everyone.sum()


def test_the_row_says_who_has_no_likes_among_the_seen_and_how_far_the_seen_lie_from_the_list(simulated):
    row = selective_labels(*simulated, quotas=5)[0]["by_label"]["sustained"]
    assert 0 < row["positivity"]["smallest"] < row["positivity"]["largest"] <= 1
    assert 0 <= row["positivity"]["small_share"] < 0.1
    assert row["balance"]["after"] < row["balance"]["before"]
    assert row["weighted_low"] < row["weighted"] < row["weighted_high"]


def test_where_hardly_anybody_is_seen_the_corrected_figure_has_no_interval_and_says_why(simulated):
    section, _ = selective_labels(*simulated, quotas=10)
    row = section["by_label"]["graduated_and_stayed_out"]
    assert row["positivity"]["small_share"] > 0.1
    assert row["weighted_low"] is row["weighted_high"] is None
    assert row["note"]["text"].startswith("no interval: ")
    assert isinstance(row["weighted"], float)


def test_a_longer_list_has_graduates_enough_and_puts_the_event_first(simulated):
    section, _ = selective_labels(*simulated, quotas=10)
    assert section["label"] == "graduated_and_stayed_out"
    assert section["metric"] == "precision_at_10_quotas"
    assert section["n"] >= 30
    assert section["naive"] < 1  # some graduates came back
    assert (
        section["truth"] < section["truth_observed"] == pytest.approx(section["naive"])
    )  # the others would more often
    assert section["closest"] in ("naive", "weighted")


def test_a_label_without_a_column_in_the_truth_has_a_note(simulated):
    row = selective_labels(*simulated)[0]["by_label"]["welfare_held"]
    assert row["truth"] is None
    assert "no answer" in row["note"]["text"]
    assert isinstance(row["weighted"], float)


def test_without_truth_the_estimates_stand_and_the_truth_is_null(simulated):
    study, folds, truth = simulated
    without, with_truth = (selective_labels(study, folds, given)[0] for given in (None, truth))
    assert without["truth"] is without["closest"] is None
    for key in ("naive", "weighted", "bounds"):
        assert without[key] == with_truth[key]


def test_a_panel_without_events_or_mentors_is_estimated_on_its_top_tenth():
    table = draw_table(np.random.default_rng(3), households=900, visits=6, unknown=0.05).drop_columns(["mentor_id"])
    study = prepare(check_panel(table, SMALL)[0], NO_EVENTS, declared(SMALL, YEARLY))
    evaluation = evaluate(study, settings=QUICK, tell=lambda text: None)
    section = evaluation["selective_labels"]
    assert section["label"] == "held"
    assert section["metric"] == "precision_at_10pct"
    assert section["by_label"]["stayed_out"]["note"]["text"].startswith("there are no events")
    assert not section["bounds_by_mentors"]
    assert any(note["text"].startswith("Selective labels, stayed_out") for note in evaluation["notes"])
