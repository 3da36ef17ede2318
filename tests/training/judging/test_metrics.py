"""Metrics against scikit-learn and against brute force, ties included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as their_log_loss

from graduasi_training.judging.metrics import (
    auc,
    calibration_error,
    log_loss,
    precision_at_share,
    summary,
)

seeds = st.integers(0, 100_000)


def _random_scores(seed, *, rows=60, values=8):
    """Scores with many ties, both outcomes, and a weight that is sometimes zero."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows).astype(float)
    y[:2] = [0, 1]
    return (rng.integers(1, values, rows) / values), y, rng.integers(0, 4, rows).astype(float) + (np.arange(rows) < 2)


@given(seeds)
def test_auc_is_that_of_scikit_learn_with_ties_and_weights(seed):
    score, y, weight = _random_scores(seed)
    assert auc(score, y) == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert auc(score, y, weight) == pytest.approx(roc_auc_score(y, score, sample_weight=weight), abs=1e-12)


@given(seeds)
def test_auc_is_the_chance_that_a_ready_family_scores_above_another_with_ties_as_half(seed):
    score, y, _ = _random_scores(seed, rows=15, values=4)
    pairs = [(ready > other) + (ready == other) / 2 for ready in score[y == 1] for other in score[y == 0]]
    assert auc(score, y) == pytest.approx(np.mean(pairs), abs=1e-12)


@pytest.mark.parametrize("y", [[0.0, 0.0], [1.0, 1.0]])
def test_auc_of_one_class_is_unknown(y):
    assert np.isnan(auc(np.array([0.1, 0.2]), np.array(y)))


def test_auc_of_constant_scores_is_a_half():
    assert auc(np.full(5, 0.3), np.array([0, 1, 0, 1, 1.0])) == 0.5


@given(seeds)
def test_the_summary_agrees_with_scikit_learn(seed):
    score, y, _ = _random_scores(seed)
    figures = summary(score, y)
    assert figures["average_precision"] == pytest.approx(average_precision_score(y, score), abs=1e-12)
    assert figures["brier"] == pytest.approx(brier_score_loss(y, score), abs=1e-12)
    assert figures["log_loss"] == pytest.approx(their_log_loss(y, score), abs=1e-9)


def test_a_certain_forecast_that_fails_has_a_finite_log_loss():
    assert np.isfinite(log_loss(np.array([0.0, 1.0]), np.array([1.0, 0.0])))


def test_the_slope_of_a_forecast_that_does_not_vary_is_null():
    figures = summary(np.full(10, 0.3), np.array([0, 1] * 5, dtype=float))
    assert figures["calibration_slope"] is None
    assert figures["auc"] == 0.5


def test_a_calibrated_forecast_has_slope_one_and_next_to_no_error():
    rng = np.random.default_rng(0)
    probability = rng.uniform(0.05, 0.95, 20_000)
    figures = summary(probability, (rng.random(20_000) < probability).astype(float))
    assert figures["calibration_slope"] == pytest.approx(1.0, abs=0.06)
    assert figures["ece"] < 0.02


@pytest.mark.parametrize(
    ("probability", "y", "error"),
    [
        ([0.2] * 10, [0] * 8 + [1] * 2, 0.0),  # equal forecasts share all bins
        ([0.2] * 5 + [0.6] * 5, [0] * 5 + [1] * 5, 0.3),
        ([0.0, 1.0], [0, 1], 0.0),
        ([0.0, 1.0], [1, 0], 1.0),
        ([0.0, 1.0] * 10, [1, 0] * 10, 1.0),  # sorted first: each bin holds two alike
        ([0.0] * 11, [1, 1] + [0] * 9, 2 / 11),
    ],
)
def test_calibration_error_is_the_mean_gap_of_bins_of_equal_mass(probability, y, error):
    assert calibration_error(np.array(probability), np.array(y, dtype=float)) == pytest.approx(error)


@pytest.mark.parametrize(
    ("score", "y", "precision"),
    [
        ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1.0),
        ([1] * 10, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0], 0.3),
        ([2, 2] + [1] * 8, [1] + [0] * 9, 0.5),
        (range(19, 0, -1), [1, 0] + [1] * 17, 0.5),  # a tenth of 19 is about two
    ],
)
def test_precision_at_a_share_counts_ties_by_expectation(score, y, precision):
    assert precision_at_share(np.array(score, dtype=float), np.array(y, dtype=float)) == pytest.approx(precision)
