"""The trees for one household, against LightGBM's own Shapley values and against those for many households."""

import lightgbm as lgb
import numpy as np
import pytest

from graduasi.readiness.preparation import Preparation, Ranges
from graduasi.readiness.shapley import TreeExplainer
from graduasi.readiness.trees import parse_trees
from graduasi.single.trees import SingleTrees
from tests.made_up.small_trees import COLUMNS, NOMINAL, drawn_booster, drawn_rows

AS_THEY_ARE = Preparation(
    np.full(COLUMNS, np.nan),
    np.ones(COLUMNS, dtype=bool),
    np.zeros(COLUMNS, dtype=bool),
    Ranges.without_limits(COLUMNS),
)


def _one_by_one(trees, values):
    return [trees.contributions(trees.readings.of(row), row) for row in values]


@pytest.mark.parametrize("leaves", [2, 3, 7, 8])
@pytest.mark.parametrize("unseen", [False, True], ids=["codes of training", "unseen, negative and fractional codes"])
def test_contributions_are_those_of_lightgbm(leaves, unseen):
    booster = drawn_booster(leaves, leaves=leaves)
    values = drawn_rows(np.random.default_rng(9), 200, unseen=unseen)
    values[:20, NOMINAL] = -0.5  # LightGBM cuts the fraction off: code 0
    values[20:30] = np.nan
    trees = SingleTrees(booster.model_to_string(), AS_THEY_ARE, weight=2.0)
    expected = 2.0 * booster.predict(values, pred_contrib=True)[:, :-1]
    np.testing.assert_allclose(_one_by_one(trees, values), expected, atol=1e-9)


def test_unknown_features_and_their_indicators_are_read_as_in_prepared_rows():
    rng = np.random.default_rng(1)
    values = drawn_rows(rng, 900)
    fill, indicated = np.array([0.5, np.nan, -0.5, np.nan, 0.0]), np.array([True, False, True, True, False])
    preparation = Preparation(fill, np.isnan(fill), indicated, Ranges.without_limits(COLUMNS))
    prepared = preparation.for_trees(values)
    y = (np.nan_to_num(values[:, 0]) + 2 * prepared[:, -1] - prepared[:, -2] + rng.normal(size=len(values))) > 0.5
    settings = {"objective": "binary", "num_leaves": 7, "min_child_samples": 5, "verbosity": -1}
    booster = lgb.train(settings, lgb.Dataset(prepared, y, categorical_feature=[NOMINAL]), num_boost_round=20)
    splits = [split for tree in parse_trees(booster.model_to_string()) for split in tree.splits]
    assert any(split.feature >= COLUMNS for split in splits), "no tree splits by an indicator"
    of_columns = TreeExplainer(parse_trees(booster.model_to_string()), columns=8).contributions(prepared)
    expected = of_columns[:, :COLUMNS]
    expected[:, preparation.indicators()] += of_columns[:, COLUMNS:]
    trees = SingleTrees(booster.model_to_string(), preparation, weight=1.0)
    np.testing.assert_allclose(_one_by_one(trees, values[:300]), expected[:300], atol=1e-12)


def test_constant_trees_contribute_nothing():
    values, y = drawn_rows(np.random.default_rng(0), 60), np.arange(60) < 20
    settings = {"objective": "binary", "min_child_samples": 50, "verbosity": -1}
    booster = lgb.train(settings, lgb.Dataset(values, y), num_boost_round=3)
    trees = SingleTrees(booster.model_to_string(), AS_THEY_ARE, weight=1.0)
    assert not np.any(_one_by_one(trees, values[:3]))
