"""The readiness model: contributions add up through blend and calibration, and a broken model is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.errors import BundleError
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.model import ReadinessModel, logistic
from tests.made_up.learned_model import CANDIDATES, FEATURES, candidate, training_rows


@pytest.mark.parametrize("name", CANDIDATES)
@pytest.mark.parametrize("unknown", [0.0, 0.15, 1.0], ids=["all known", "some unknown", "nothing known"])
def test_base_and_contributions_give_the_margin_and_the_score(name, unknown):
    model, values = candidate(name), training_rows().values[:200].copy()
    values[np.random.default_rng(1).random(values.shape) < unknown] = np.nan
    explained = model.explain(values)
    margin = explained.base + explained.contributions.sum(axis=1)
    np.testing.assert_allclose(explained.margin, margin, atol=1e-12)
    np.testing.assert_allclose(explained.score, 1 / (1 + np.exp(-margin)), atol=1e-12)
    np.testing.assert_allclose(margin, _by_hand(model, values), atol=1e-9)


def _by_hand(model, values):
    """The margin without contributions: the linear formula and LightGBM's own prediction, blended and calibrated."""
    import lightgbm as lgb

    margin = np.zeros(len(values))
    if model.linear is not None:
        margin += model.linear_share * _linear_by_hand(model, values)
    if model.trees is not None:
        booster = lgb.Booster(model_str=model.trees)
        margin += (1 - model.linear_share) * booster.predict(model.preparation.for_trees(values), raw_score=True)
    return model.slope * margin + model.intercept


def _linear_by_hand(model, values):
    linear, preparation = model.linear, model.preparation
    margin = np.full(len(values), linear.base)
    for index, feature in enumerate(FEATURES):
        column = values[:, index]
        if feature.is_nominal:
            margin += [linear.nominal[index][-1 if np.isnan(code) else int(code)] for code in column]
        else:
            within = np.clip(column, preparation.ranges.low[index], preparation.ranges.high[index])
            filled = np.where(np.isnan(column), preparation.fill[index], within)
            margin += linear.weight[index] * (filled - linear.mean[index])
    for indicator, index in enumerate(preparation.indicators()):
        is_unknown = np.isnan(values[:, index])
        margin += linear.indicator_weight[indicator] * (is_unknown - linear.indicator_mean[indicator])
    return margin


@pytest.mark.parametrize("name", CANDIDATES)
def test_each_household_alone_gets_the_contributions_that_it_gets_among_many(name):
    model, values = candidate(name), training_rows().values[:100]
    one_by_one = np.concatenate([model.explain(values[[row]]).contributions for row in range(100)])
    np.testing.assert_allclose(one_by_one, model.explain(values).contributions, atol=1e-12)


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_model_survives_json(name):
    model, values = candidate(name), training_rows().values[:50]
    read_back = ReadinessModel.from_json(model.to_json(), features=FEATURES, trees=model.trees)
    np.testing.assert_array_equal(read_back.explain(values).contributions, model.explain(values).contributions)


def test_a_linear_part_survives_json():
    linear = candidate("logistic").linear
    assert LinearPart.from_json(linear.to_json()).to_json() == linear.to_json()


@pytest.mark.parametrize("slope", [0.0, -1.0, np.nan])
def test_a_slope_that_is_not_above_zero_is_refused(slope):
    with pytest.raises(BundleError, match="slope"):
        replace(candidate("logistic"), slope=slope)


@pytest.mark.parametrize("missing", ["linear", "trees"])
def test_a_blend_without_one_of_its_parts_is_refused(missing):
    with pytest.raises(BundleError, match="lacks a part"):
        replace(candidate("blend"), **{missing: None})


def test_a_model_of_other_features_is_refused():
    with pytest.raises(BundleError, match="other features"):
        ReadinessModel.from_json(candidate("logistic").to_json(), features=FEATURES[1:], trees=None)


@given(st.floats(-700, 700))
def test_the_score_lies_between_0_and_1_and_grows_with_the_margin(margin):
    low, high = logistic(np.array([margin, margin + 1]))
    assert 0 <= low <= high <= 1
