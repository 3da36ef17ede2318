"""Intervals by bootstrap over clusters, and what a paired difference allows to say."""

import numpy as np
import pytest

from graduasi_training.judging.candidate import Judged
from graduasi_training.judging.comparison import compare, compare_pooled
from graduasi_training.judging.metrics import auc
from graduasi_training.judging.resampling import (
    auc_replicates,
    interval,
    rate,
    ratio_replicates,
    resample,
    resample_folds,
    verdict,
    wilson,
)


def _resamples(cluster, count=50, seed=0):
    return resample(np.asarray(cluster), rng=np.random.default_rng(seed), count=count)


def test_whole_clusters_are_drawn_with_replacement_as_many_as_there_are():
    drawn = _resamples([5, 5, 9, 9, 9, 2])
    assert drawn.weights.shape == (50, 3)
    assert (drawn.weights.sum(axis=1) == 3).all()
    assert (drawn.cluster == [1, 1, 2, 2, 2, 0]).all()
    assert drawn.weights.mean() == pytest.approx(1.0)


def test_a_replicate_of_the_auc_is_the_auc_of_the_rows_repeated():
    rng = np.random.default_rng(1)
    cluster, score, y = np.repeat(np.arange(20), 3), rng.integers(0, 6, 60) / 6, rng.integers(0, 2, 60).astype(float)
    drawn = _resamples(cluster)
    for weight, replicate in zip(drawn.weights, auc_replicates(score, y, drawn), strict=True):
        rows = np.repeat(np.arange(60), weight[cluster].astype(int))
        assert replicate == pytest.approx(auc(score[rows], y[rows]), abs=1e-12)


def test_a_replicate_of_a_ratio_is_the_ratio_of_the_rows_repeated():
    rng = np.random.default_rng(2)
    cluster, above, below = np.repeat(np.arange(10), 2), rng.random(20), rng.random(20)
    drawn = _resamples(cluster)
    for weight, replicate in zip(drawn.weights, ratio_replicates(above, below, drawn), strict=True):
        rows = np.repeat(np.arange(20), weight[cluster].astype(int))
        assert replicate == pytest.approx(above[rows].sum() / below[rows].sum())


def test_a_ratio_to_zero_is_unknown_and_so_is_the_interval_of_unknown_replicates():
    assert np.isnan(ratio_replicates(np.zeros(2), np.zeros(2), _resamples([0, 1]))).all()
    assert interval(np.array([np.nan])) == (None, None)


def test_an_interval_is_the_middle_95_percent():
    assert interval(np.append(np.arange(1001) / 1000, np.nan)) == pytest.approx((0.025, 0.975))


@pytest.mark.parametrize("good", [0.0, 1.0])
def test_a_rate_that_no_resample_can_move_has_the_interval_of_independent_families(good):
    certain = rate(np.full(40, good), np.ones(40), _resamples(np.arange(40)))
    assert (certain.value, certain.low, certain.high) == (good, *wilson(good, 40))
    assert certain.high - certain.low == pytest.approx(0.088, abs=0.001)


def test_a_cluster_is_drawn_as_often_on_every_test_day():
    first, second = resample_folds([np.array([7, 8, 9]), np.array([9, 7])], rng=np.random.default_rng(0), count=50)
    np.testing.assert_array_equal(first.weights[:, first.cluster[[2, 0]]], second.weights[:, second.cluster])


def test_clustered_rows_give_a_wider_interval_than_rows_taken_as_independent():
    rng = np.random.default_rng(3)
    y = np.repeat(rng.integers(0, 2, 40), 10).astype(float)
    score = np.repeat(rng.normal(size=40), 10) + 0.5 * y
    widths = [
        np.subtract(*interval(auc_replicates(score, y, _resamples(cluster, 200))))
        for cluster in (np.repeat(np.arange(40), 10), np.arange(400))
    ]
    assert abs(widths[0]) > 1.8 * abs(widths[1])


def test_the_interval_of_the_auc_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, 150).astype(float)
        low, high = interval(auc_replicates(rng.normal(size=150), y, _resamples(np.arange(150), 100, seed)))
        covered += low <= 0.5 <= high
    assert 52 <= covered <= 60


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.1, "better"),
        (-0.1, -0.01, "worse"),
        (-0.1, 0.1, "indistinguishable"),
        (0.0, 0.1, "indistinguishable"),
        (-0.1, 0.0, "indistinguishable"),
    ],
)
def test_a_difference_has_a_verdict_only_where_zero_lies_outside_its_interval(low, high, expected):
    assert verdict(low, high) == expected


def test_a_candidate_compared_with_itself_differs_by_a_zero_without_a_minus():
    same = Judged({"brier": 0.2}, {"brier": np.full(200, 0.2)})
    (row,) = compare(same, {"blend": same}, "brier")
    assert [f"{row[name]:+.3f}" for name in ("difference", "low", "high")] == ["+0.000"] * 3


@pytest.mark.parametrize(
    ("metric", "better"), [("auc", 0.02), ("precision_at_quota", 0.02), ("brier", -0.02), ("log_loss", -0.02)]
)
def test_differences_are_paired_and_above_zero_where_the_champion_is_better(metric, better):
    noise = np.random.default_rng(4).normal(0, 0.1, 200)
    champion = Judged({metric: 0.5 + better}, {metric: 0.5 + better + noise})
    other = Judged({metric: 0.5}, {metric: 0.5 + noise})
    (row,) = compare(champion, {"baseline:x": other}, metric)
    assert (row["against"], row["verdict"]) == ("baseline:x", "better")
    assert row["difference"] == pytest.approx(0.02)
    assert row["high"] - row["low"] < 1e-9


def test_the_interval_of_a_difference_always_holds_the_difference():
    champion, other = Judged({"auc": 0.6}, {"auc": np.full(200, 0.8)}), Judged({"auc": 0.5}, {"auc": np.full(200, 0.5)})
    (row,) = compare(champion, {"x": other}, "auc")
    assert (row["low"], row["difference"], row["high"]) == pytest.approx((0.1, 0.1, 0.3))


def test_over_all_folds_the_difference_is_the_mean_of_the_folds():
    folds = [
        {"champion": Judged({"auc": 0.5 + gain}, {"auc": 0.5 + gain + spread}), "x": Judged({"auc": 0.5}, {"auc": np.full(2, 0.5)})}
        for gain, spread in ((0.1, np.array([-0.2, 0.2])), (0.3, np.array([0.1, -0.1])))
    ]  # fmt: skip
    (row,) = compare_pooled(folds, "auc")
    assert (row["against"], row["folds"]) == ("x", 2)
    assert row["difference"] == pytest.approx(0.2)
    assert (row["low"], row["high"]) == pytest.approx((0.15, 0.25), abs=0.003)  # of each draw the mean over both folds
