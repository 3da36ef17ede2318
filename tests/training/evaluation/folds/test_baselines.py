"""The baselines that need no learning: which way each ranks, and the probability that goes with it."""

import numpy as np
import pytest

from graduasi_training.evaluation.folds.baselines import as_probability, baselines
from tests.made_up.small_run import drawn_study


def scores(study, values=None):
    """By name, the scores of every baseline."""
    values = study.values if values is None else values
    rankings = baselines(study.panel, study.observations, values, study.features)
    return {baseline.name: baseline.score for baseline in rankings}


def index_of(study, name):
    return [feature.name for feature in study.features].index(name)


def test_the_prior_is_the_same_for_all_and_the_longest_enrolled_come_first():
    study = drawn_study(3)
    found = scores(study)
    assert set(found["prior"].tolist()) == {0.0}
    household = study.panel.household[study.observations.snapshot]
    for number in np.unique(household)[:20]:
        mine = household == number
        first_visit = study.panel.as_of[study.panel.household == number].min()
        np.testing.assert_array_equal(found["longest_enrolled"][mine], study.observations.day[mine] - first_visit)


def test_by_income_alone_the_richer_rank_higher_and_an_unknown_income_ranks_below_all():
    study = drawn_study(3)
    income, score = study.values[:, index_of(study, "income_idr")], scores(study)["income_only"]
    known = ~np.isnan(income)
    assert 0 < known.mean() < 1
    np.testing.assert_array_equal(score[known], income[known])
    assert score[~known].max() < score[known].min()


@pytest.mark.parametrize(("name", "raises"), [("income_idr", True), ("debt_idr", False), ("members", False)])
def test_by_weighted_criteria_each_field_counts_the_declared_way(name, raises):
    study = drawn_study(3)
    column = index_of(study, name)
    low, high = study.values.copy(), study.values.copy()
    low[:50, column], high[:50, column] = np.nanquantile(study.values[:, column], [0.1, 0.9])
    gain = (scores(study, high)["weighted_criteria"] - scores(study, low)["weighted_criteria"])[:50]
    assert (gain > 0).all() if raises else (gain < 0).all()


def test_an_unknown_criterion_counts_as_the_worst():
    study = drawn_study(3)
    column = index_of(study, "income_idr")
    poorest, unknown = study.values.copy(), study.values.copy()
    poorest[:5, column], unknown[:5, column] = 0.0, np.nan
    worst, score = scores(study, poorest)["weighted_criteria"], scores(study, unknown)["weighted_criteria"]
    np.testing.assert_allclose(score[:5], worst[:5], atol=1e-3)


def test_a_score_becomes_a_probability_that_comes_true_on_the_training_rows_and_is_given_for_others():
    rng = np.random.default_rng(0)
    score = rng.normal(size=2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-(2 * score - 1)))).astype(float)
    train, others = np.arange(1000), np.arange(1000, 2000)
    probability = as_probability(score, train, y[train])
    assert probability(train).mean() == pytest.approx(y[train].mean(), abs=1e-3)
    np.testing.assert_array_equal(np.argsort(probability(others)), np.argsort(score[others]))
    assert probability(others).mean() == pytest.approx(y[others].mean(), abs=0.05)
