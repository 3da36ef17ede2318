"""Estimates where only some outcomes are seen: small cohorts worked by hand, and whole runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.evaluate import evaluate
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.selective.bounds import mentor_bounds, mentors_leniency, plain_bounds
from graduasi_training.evaluation.selective.estimates import closest, estimates, selective_labels
from graduasi_training.evaluation.selective.propensity import propensity, weights
from graduasi_training.evaluation.selective.truth import read_truth
from graduasi_training.judging.resampling import resample
from graduasi_training.pipeline import Inputs, read_study
from graduasi_training.simulation import simulate
from graduasi_training.study.study import prepare
from tests.made_up.learned_model import FEATURES, training_rows
from tests.made_up.small_programme import SMALL, declared, draw_table
from tests.made_up.small_run import QUICK
from tests.training.evaluation.test_evaluate import YEARLY


def _draws(n):
    return resample(np.arange(n), rng=np.random.default_rng(0))


# Six listed, four seen, three of them good. The one with chance 0.5 that failed stands for two.
SHARE = np.ones(6)
OBSERVED = np.array([True, True, True, True, False, False])
Y = np.array([1.0, 1.0, 1.0, 0.0, np.nan, np.nan])


def test_the_naive_share_counts_the_seen_and_the_weighted_lets_each_stand_for_its_like(monkeypatch):
    monkeypatch.setattr("graduasi_training.evaluation.selective.propensity.MOST_WEIGHT", 1.0)
    chance = np.array([1.0, 1.0, 1.0, 0.5, 0.5, 0.5])
    found = estimates(SHARE, OBSERVED, Y, chance, _draws(6))
    assert found["naive"] == pytest.approx(3 / 4)
    assert found["weighted"] == pytest.approx(3 / 5)
    assert found["effective_n"] == pytest.approx(25 / 7)  # (1+1+1+2)² / (1+1+1+4)
    assert found["naive_low"] <= found["naive"] <= found["naive_high"]


def test_with_the_same_chance_for_all_the_weights_change_nothing():
    found = estimates(SHARE, OBSERVED, Y, np.full(6, 0.3), _draws(6))
    assert found["weighted"] == pytest.approx(found["naive"])
    assert found["effective_n"] == pytest.approx(4)


def test_a_family_that_shares_a_place_counts_in_part():
    found = estimates(np.array([1, 1, 0.5, 0.5, 1, 0]), OBSERVED, Y, np.full(6, 0.3), _draws(6))
    assert found["naive"] == pytest.approx(2.5 / 3)


def test_one_very_unlikely_family_does_not_decide_the_estimate():
    chance = np.full(100, 0.5)
    chance[0] = 1e-4
    cut = weights(chance, np.ones(100))
    assert cut[0] / cut[1] == pytest.approx(1.0)


def test_plain_bounds_take_the_unseen_as_all_bad_and_all_good():
    bounds = plain_bounds(SHARE, OBSERVED, Y, _draws(6))
    assert bounds.pair == pytest.approx([3 / 6, 5 / 6])
    assert bounds.outer[0] < bounds.low < bounds.high < bounds.outer[1]
    assert not bounds.by_mentors


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.floats(0.01, 1), st.integers(0, 2)), min_size=2, max_size=40
    ).filter(lambda rows: any(row[0] for row in rows))
)
def test_plain_bounds_hold_every_estimate_from_the_seen_and_those_by_mentors_lie_within(rows):
    observed, good, chance, group = (np.array(column) for column in zip(*rows, strict=True))
    share, y = np.ones(len(rows)), np.where(observed, good, np.nan).astype(float)
    draws = _draws(len(rows))
    low, high = plain_bounds(share, observed, y, draws).pair
    naive = estimates(share, observed, y, chance, draws)["naive"]
    assert low - 1e-9 <= naive <= high + 1e-9
    by_mentors = mentor_bounds(group.astype(float), share, observed, y, draws)
    if by_mentors is not None:
        assert low - 1e-9 <= by_mentors.low <= by_mentors.high <= high + 1e-9


def _thirds(seen_of_30, good_of_seen):
    """Three kinds of mentors with 30 listed families each."""
    observed, y = np.zeros(90, dtype=bool), np.full(90, np.nan)
    for place, (seen, good) in enumerate(zip(seen_of_30, good_of_seen, strict=True)):
        observed[30 * place : 30 * place + seen] = True
        y[30 * place : 30 * place + seen] = np.arange(seen) < good
    return np.repeat([-1.0, 0.0, 1.0], 30), np.ones(90), observed, y, _draws(90)


def test_lenient_mentors_raise_the_low_bound_and_lower_the_high_one():
    leniency, share, observed, y, draws = _thirds((3, 6, 24), (3, 5, 18))
    bounds = mentor_bounds(leniency, share, observed, y, draws)
    assert bounds.pair == pytest.approx([18 / 30, 24 / 30])  # the lenient third: 18 good, 6 unseen
    assert bounds.by_mentors
    assert plain_bounds(share, observed, y, draws).pair == pytest.approx([26 / 90, (26 + 57) / 90])


def test_mentors_whose_families_cannot_be_alike_give_no_bounds():
    leniency, share, observed, y, draws = _thirds((30, 30, 30), (3, 15, 30))
    assert mentor_bounds(leniency, share, observed, y, draws) is None


def test_thirds_of_the_list_that_are_too_small_give_no_bounds():
    leniency, share, observed, y, draws = _thirds((3, 6, 24), (3, 5, 18))
    assert mentor_bounds(leniency, share * 0.9, observed, y, draws) is None


def test_a_mentor_s_leniency_is_measured_on_families_that_are_not_listed():
    mentor = np.repeat(np.arange(20), 3)
    observed = np.tile([True, True, False], 20)
    share = np.tile([1.0, 0.0, 0.0], 20)
    observed[1] = False  # the first mentor's unlisted families are never seen, though its listed one is
    found = mentors_leniency(mentor, share, observed, np.full(60, 0.4))
    assert found[0] == pytest.approx(-0.4)
    assert found[3] == pytest.approx(0.5 - 0.4)
    assert mentors_leniency(mentor[:57], share[:57], observed[:57], np.full(57, 0.4)) is None  # 19 mentors
    assert mentors_leniency(mentor - 1, share, observed, np.full(60, 0.4)) is None  # some have none


def test_propensities_find_who_is_seen_and_correct_a_selected_average():
    """Families whose margin is high are seen more often and succeed more often, so the naive average is too high."""
    rng = np.random.default_rng(1)
    rows = training_rows()
    values = np.vstack([rows.values] * 6)
    margin = rng.normal(size=len(values))
    observed = rng.random(len(values)) < 1 / (1 + np.exp(-2 * margin))
    y = (rng.random(len(values)) < 1 / (1 + np.exp(-margin))).astype(float)
    chance = propensity(values, margin, observed, FEATURES, rng=rng)
    found = estimates(np.ones(len(y)), observed, np.where(observed, y, np.nan), chance, _draws(len(y)))
    assert found["naive"] - y.mean() > 0.1
    assert abs(found["weighted"] - y.mean()) < 0.5 * (found["naive"] - y.mean())


def test_no_household_s_own_fate_enters_its_propensity():
    rows = training_rows()
    observed = np.arange(len(rows.y)) % 3 > 0
    found = [
        propensity(rows.values, np.zeros(len(rows.y)), seen, FEATURES, rng=np.random.default_rng(0))[0]
        for seen in (observed, np.where(np.arange(len(rows.y)) == 0, ~observed, observed))
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("seen", [True, False])
def test_where_all_or_none_were_seen_there_is_nothing_to_learn(seen):
    rows = training_rows()
    found = propensity(rows.values, rows.y, np.full(len(rows.y), seen), FEATURES, rng=np.random.default_rng(0))
    assert len(set(found.tolist())) == 1


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
    found, notes = selective_labels(*simulated)
    event = found["by_label"]["graduated_and_stayed_out"]
    assert event["n"] < 30
    assert event["naive"] is event["weighted"] is event["closest"] is None
    assert event["bounds"][0] <= event["bounds"][1]
    assert event["note"].startswith("too few")
    assert any("graduated_and_stayed_out: too few" in note for note in notes)
    assert found["label"] == "sustained"
    assert all(isinstance(found[key], float) for key in ("naive", "weighted", "truth"))


def test_a_longer_list_has_graduates_enough_and_puts_the_event_first(simulated):
    found, _ = selective_labels(*simulated, quotas=10)
    assert found["label"] == "graduated_and_stayed_out"
    assert found["metric"] == "precision_at_10_quotas"
    assert found["n"] >= 30
    assert found["naive"] < 1  # some graduates came back
    assert found["truth"] < found["truth_observed"] == pytest.approx(found["naive"])  # the others would more often
    assert found["closest"] in ("naive", "weighted")


def test_a_label_that_the_truth_does_not_answer_says_so(simulated):
    row = selective_labels(*simulated)[0]["by_label"]["welfare_held"]
    assert row["truth"] is None
    assert "no answer" in row["note"]
    assert isinstance(row["weighted"], float)


def test_without_truth_the_estimates_stand_and_the_truth_is_null(simulated):
    study, folds, truth = simulated
    blind, seeing = selective_labels(study, folds, None)[0], selective_labels(study, folds, truth)[0]
    assert blind["truth"] is blind["closest"] is None
    assert [blind[key] for key in ("naive", "weighted", "bounds")] == [
        seeing[key] for key in ("naive", "weighted", "bounds")
    ]


def test_a_panel_without_events_or_mentors_is_estimated_on_its_top_tenth():
    table = draw_table(np.random.default_rng(3), households=900, visits=6, unknown=0.05).drop_columns(["mentor_id"])
    study = prepare(check_panel(table, SMALL)[0], NO_EVENTS, declared(SMALL, YEARLY))
    evaluation = evaluate(study, settings=QUICK, tell=lambda text: None)
    found = evaluation["selective_labels"]
    assert found["label"] == "held"
    assert found["metric"] == "precision_at_10pct"
    assert found["by_label"]["stayed_out"]["note"].startswith("there are no events")
    assert not found["bounds_by_mentors"]
    assert any(note.startswith("Selective labels, stayed_out") for note in evaluation["notes"])
