"""Shapley values from the tables of small trees, against those of LightGBM and shap; and trees that are refused."""

import re
import warnings

import lightgbm as lgb
import numpy as np
import pytest

from graduasi.errors import BundleError
from graduasi.readiness.shapley import BLOCK_ROWS, TreeExplainer
from graduasi.readiness.trees import parse_trees
from tests.made_up.small_trees import COLUMNS, NOMINAL, drawn_booster, drawn_rows


def _explainer(booster):
    return TreeExplainer(parse_trees(booster.model_to_string()), columns=COLUMNS)


def _ours(explainer, values):
    """In the form of LightGBM's `pred_contrib`: contributions, and the base in the last column."""
    contributions = explainer.contributions(values)
    return np.column_stack([contributions, np.full(len(values), explainer.base)])


@pytest.mark.parametrize("leaves", [2, 3, 7, 8])
@pytest.mark.parametrize("unseen", [False, True], ids=["codes of training", "unseen, negative and fractional codes"])
def test_contributions_are_those_of_lightgbm(leaves, unseen):
    booster = drawn_booster(leaves, leaves=leaves)
    values = drawn_rows(np.random.default_rng(9), 800, unseen=unseen)
    np.testing.assert_allclose(
        _ours(_explainer(booster), values), booster.predict(values, pred_contrib=True), atol=1e-9
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"monotone_constraints": [1, -1, 0, 0, 1]},
        {"max_cat_to_onehot": 64},
        {"max_cat_to_onehot": 1, "min_data_per_group": 1, "cat_smooth": 1.0, "cat_l2": 0.0},
        {"feature_fraction": 0.4},
        {"use_missing": False},
        {"boost_from_average": False},
    ],
    ids=str,
)
def test_contributions_are_those_of_lightgbm_with_other_settings(parameters):
    booster = drawn_booster(3, **parameters)
    values = drawn_rows(np.random.default_rng(10), 300, unseen=True)
    np.testing.assert_allclose(
        _ours(_explainer(booster), values), booster.predict(values, pred_contrib=True), atol=1e-9
    )


def test_nan_in_a_column_that_training_never_saw_missing_goes_where_lightgbm_sends_it():
    booster = drawn_booster(4)
    values = drawn_rows(np.random.default_rng(11), 200)
    values[:, 4] = np.nan
    np.testing.assert_allclose(
        _ours(_explainer(booster), values), booster.predict(values, pred_contrib=True), atol=1e-9
    )


def test_nan_at_a_split_at_zero_goes_where_lightgbm_sends_it():
    booster = drawn_booster(4, rounds=1)
    (tree,) = parse_trees(booster.model_to_string())
    assert any(split.feature == 4 for split in tree.splits)
    thresholds = " ".join("0" for _ in tree.splits)
    # The sizes of the trees in the file's head would no longer be right.
    text = re.sub(r"^tree_sizes=.*\n", "", _with("threshold", thresholds, booster.model_to_string()), flags=re.M)
    values = drawn_rows(np.random.default_rng(11), 200)
    values[:, 4] = np.nan
    expected = lgb.Booster(model_str=text).predict(values, pred_contrib=True)
    explainer = TreeExplainer(parse_trees(text), columns=COLUMNS)
    np.testing.assert_allclose(_ours(explainer, values), expected, atol=1e-9)


def test_the_contributions_of_a_row_do_not_depend_on_its_block():
    explainer = _explainer(drawn_booster(5))
    values = drawn_rows(np.random.default_rng(12), BLOCK_ROWS + 5, unseen=True)
    contributions = explainer.contributions(values)
    for part in (slice(0, 1), slice(BLOCK_ROWS - 3, BLOCK_ROWS + 3)):
        np.testing.assert_allclose(contributions[part], explainer.contributions(values[part]), atol=1e-12)


def test_a_household_of_which_nothing_is_known_is_explained_like_lightgbm():
    booster, unknown = drawn_booster(6), np.full((40, COLUMNS), np.nan)
    for rows in (unknown, unknown[:1]):
        expected = booster.predict(rows, pred_contrib=True)
        np.testing.assert_allclose(_ours(_explainer(booster), rows), expected, atol=1e-9)


def test_constant_trees_contribute_nothing_and_are_the_base():
    rng = np.random.default_rng(0)
    values, y = rng.normal(size=(60, COLUMNS)), (rng.random(60) < 0.3).astype(float)
    settings = {"objective": "binary", "min_child_samples": 50, "verbosity": -1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        booster = lgb.train(settings, lgb.Dataset(values, y), num_boost_round=3)
    explainer = _explainer(booster)
    assert explainer.base == pytest.approx(booster.predict(values[:1], raw_score=True)[0], abs=1e-12)
    assert not explainer.contributions(values).any()
    assert not explainer.contributions(values[:3]).any()


def test_base_and_contributions_add_up_to_the_margin():
    booster = drawn_booster(7)
    values = drawn_rows(np.random.default_rng(13), 500)
    margin = _ours(_explainer(booster), values).sum(axis=1)
    np.testing.assert_allclose(margin, booster.predict(values, raw_score=True), atol=1e-9)


def test_base_is_the_mean_margin_over_the_training_rows():
    """With leaf counts from training, the expected value is what the trees answer on average there."""
    rng = np.random.default_rng(8)
    values = np.nan_to_num(drawn_rows(rng, 500))
    y = (values[:, 0] + rng.normal(size=500) > 0).astype(float)
    booster = lgb.train(
        {"objective": "binary", "num_leaves": 7, "verbosity": -1}, lgb.Dataset(values, y), num_boost_round=15
    )
    assert _explainer(booster).base == pytest.approx(booster.predict(values, raw_score=True).mean(), abs=1e-9)


def test_contributions_are_those_of_shap():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        booster = drawn_booster(9)
        values = np.nan_to_num(drawn_rows(np.random.default_rng(14), 200))
        shap_explainer = shap.TreeExplainer(booster)
        expected = shap_explainer.shap_values(values)
    explainer = _explainer(booster)
    np.testing.assert_allclose(explainer.contributions(values), np.asarray(expected).reshape(200, COLUMNS), atol=1e-6)
    assert explainer.base == pytest.approx(float(np.ravel(shap_explainer.expected_value)[-1]), abs=1e-6)


TEXT = drawn_booster(1, rounds=2).model_to_string()


def _with(key, value, text=TEXT):
    """The text with the value of `key` replaced in the first tree."""
    assert re.search(rf"^{key}=", text, flags=re.M)
    return re.sub(rf"^{key}=.*$", f"{key}={value}", text, count=1, flags=re.M)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a tree",
        "import os\n",
        TEXT.split("\nTree=")[0],
        TEXT[: TEXT.index("leaf_value=") + 20],
        TEXT[: TEXT.index("left_child=")],
        _with("left_child", "0 0 0 0 0 0"),
        _with("left_child", "1 2 3 4 5 0"),
        _with("right_child", "99 -1 -2 -3 -4 -5"),
        _with("split_feature", "0 1 2"),
        _with("threshold", "x x x x x x"),
        _with("leaf_value", "1 2"),
        _with("num_leaves", "9"),
        _with("num_leaves", "0"),
        _with("num_leaves", "seven"),
        _with("decision_type", "4 4 4 4 4 4"),
        _with("is_linear", "1"),
    ],
    ids=range(17),
)
def test_trees_that_are_not_small_whole_trees_are_refused(text):
    with pytest.raises(BundleError):
        parse_trees(text)


def test_a_code_between_minus_one_and_zero_is_code_zero_as_lightgbm_reads_it():
    booster = drawn_booster(7)
    values = drawn_rows(np.random.default_rng(9), 200)
    values[:, NOMINAL] = -0.5
    expected = booster.predict(values, pred_contrib=True)
    np.testing.assert_allclose(_ours(_explainer(booster), values), expected, atol=1e-9)
    np.testing.assert_allclose(_ours(_explainer(booster), values[:5]), expected[:5], atol=1e-9)
