"""Signed logistic regression: scikit-learn's own without signs, and the declared signs with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from graduasi_training.fitting.logistic_regression import SignedLogisticRegression


def _data(seed=0, rows=400, columns=5):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, columns))
    margin = values @ np.array([1.0, -1.0, 0.5, 0.0, -0.2][:columns]) - 0.5
    return values, (margin + rng.logistic(size=rows) > 0).astype(int)


@pytest.mark.parametrize("strength", [0.003, 0.03, 1.0, 100.0])
def test_without_signs_it_is_scikit_learn_s_logistic_regression(strength):
    values, y = _data()
    ours = SignedLogisticRegression(C=strength).fit(values, y)
    theirs = LogisticRegression(C=strength, tol=1e-8).fit(values, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[0], atol=1e-3)
    assert ours.intercept_ == pytest.approx(theirs.intercept_[0], abs=1e-3)
    np.testing.assert_allclose(ours.predict_proba(values), theirs.predict_proba(values), atol=1e-3)


@given(seed=st.integers(0, 10_000), signs=st.lists(st.sampled_from([-1, 0, 1]), min_size=5, max_size=5))
def test_weights_keep_the_signs_asked_for(seed, signs):
    values, y = _data(seed, rows=120)
    weights = SignedLogisticRegression(C=1.0, signs=signs).fit(values, y).coef_
    assert all(weight * sign >= 0 for weight, sign in zip(weights, signs, strict=True))


def test_signs_that_agree_with_the_data_change_nothing():
    values, y = _data()
    free = SignedLogisticRegression(C=1.0).fit(values, y).coef_
    signed = SignedLogisticRegression(C=1.0, signs=np.sign(free)).fit(values, y).coef_
    np.testing.assert_allclose(signed, free, atol=1e-3)


def test_a_sign_that_contradicts_the_data_sets_the_weight_to_zero():
    values, y = _data()
    fitted = SignedLogisticRegression(C=1.0, signs=[-1, 1, 0, 0, 0]).fit(values, y)
    np.testing.assert_allclose(fitted.coef_[:2], 0.0, atol=1e-12)
    assert fitted.coef_[2] > 0


def test_it_is_an_estimator_like_any_other():
    values, y = _data()
    model = SignedLogisticRegression(C=0.5, signs=[1, -1, 0, 0, 0])
    assert clone(model).get_params() == model.get_params()
    assert cross_val_score(model, values, y, cv=3, scoring="roc_auc").min() > 0.7
    assert set(model.fit(values, y).predict(values)) == {0, 1}
    assert (model.predict(values) == (model.predict_proba(values)[:, 1] > 0.5)).all()
    assert model.n_features_in_ == 5


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_class_gives_a_finite_model(outcome):
    values, _ = _data()
    fitted = SignedLogisticRegression().fit(values, np.full(len(values), outcome))
    assert np.isfinite(fitted.coef_).all()
    assert np.isfinite(fitted.intercept_)
