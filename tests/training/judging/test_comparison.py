"""What a paired difference of two models allows to say."""

import numpy as np
import pytest

from graduasi_training.judging.candidate import Judged
from graduasi_training.judging.comparison import compare, compare_pooled, verdict
from graduasi_training.judging.jackknife import Estimate, t_deviate


def judged(metric, value, shift):
    shift = np.asarray(shift, dtype=float)
    return Judged({metric: value}, {metric: Estimate(value, shift, np.ones(len(shift), dtype=bool))})


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
    same = judged("brier", 0.2, np.linspace(-0.1, 0.1, 20))
    (row,) = compare(same, {"blend": same}, "brier")
    assert [f"{row[name]:+.3f}" for name in ("difference", "low", "high")] == ["+0.000"] * 3


@pytest.mark.parametrize(
    ("metric", "better"), [("auc", 0.02), ("precision_at_quota", 0.02), ("brier", -0.02), ("log_loss", -0.02)]
)
def test_differences_are_paired_and_above_zero_where_the_champion_is_better(metric, better):
    noise = np.random.default_rng(4).normal(0, 0.1, 200)
    (row,) = compare(judged(metric, 0.5 + better, noise), {"baseline:x": judged(metric, 0.5, noise)}, metric)
    assert (row["against"], row["verdict"]) == ("baseline:x", "better")
    assert row["difference"] == pytest.approx(0.02)
    assert row["high"] - row["low"] < 1e-9


def test_over_all_folds_the_difference_is_the_mean_of_the_folds():
    folds = [
        {"champion": judged("auc", 0.5 + gain, shift), "x": judged("auc", 0.5, [0.0, 0.0])}
        for gain, shift in ((0.1, [-0.02, 0.02]), (0.3, [0.01, -0.01]))
    ]
    (row,) = compare_pooled(folds, "auc")
    assert (row["against"], row["folds"]) == ("x", 2)
    assert row["difference"] == pytest.approx(0.2)
    half = t_deviate(2) * np.hypot(0.005, 0.005)  # what one date loses without a mentor, the other gains in part
    assert (row["low"], row["high"]) == pytest.approx((0.2 - half, 0.2 + half))


def test_no_difference_of_two_rates_is_said_to_be_more_than_one():
    (row,) = compare(judged("auc", 0.7, [0.2, -0.2]), {"x": judged("auc", 0.5, [0.0, 0.0])}, "auc")
    assert (row["low"], row["high"], row["verdict"]) == (-1.0, 1.0, "indistinguishable")


def test_a_difference_that_rests_on_one_mentor_is_not_told():
    assert compare(judged("auc", 0.7, [0.2]), {"x": judged("auc", 0.5, [0.0])}, "auc") == []
