"""What is measured with further fits and on further dates, in studies whose truth was planted."""

from functools import lru_cache

import numpy as np
import pytest

from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.insight.decay import decay
from graduasi_training.evaluation.insight.learning_curve import learning_curve
from graduasi_training.evaluation.insight.missed import missed
from graduasi_training.evaluation.insight.themes import without_each_theme
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.same_kind import fit_same_kind
from tests.made_up.insight_worlds import planted_study

SETTINGS = Settings(trees=TreeSettings(trees=60, learning_rate=0.1))
LEVEL = (0.0, 0.0, 1.5, 1.5, 1.5)


@lru_cache
def judged(families=720, years=4, **world):
    study = planted_study(4, families=families, years=years, **world)
    return study, judge_folds(study, settings=SETTINGS, tell=lambda text: None)


def curve(**world):
    study, folds = judged(**world)
    return learning_curve(study, folds[-1], SETTINGS)


def test_where_more_families_teach_more_the_learning_curve_rises_to_the_end():
    points = curve(product=True)
    assert [point["part"] for point in points] == [0.125, 0.25, 0.5, 1.0]
    assert points[-1]["families"] == pytest.approx(8 * points[0]["families"], rel=0.15)
    assert [point["auc"] for point in points] == sorted(point["auc"] for point in points)
    for point in points[:2]:
        assert {row["metric"]: row["verdict"] for row in point["left"]} == {"auc": "better", "log_loss": "better"}
    assert points[-1]["left"] is None


def test_where_there_is_nothing_to_learn_the_learning_curve_is_flat():
    points = curve(signal=0.0)
    for point in points:
        assert point["auc_low"] < 0.5 < point["auc_high"]
    for row in (row for point in points[:-1] for row in point["left"]):
        assert abs(row["difference"]) < 0.03
    assert len(points) == 4


def test_parts_of_the_learning_curve_are_whole_caseloads():
    study, folds = judged(product=True)
    train = study.test_set(folds[-1].fold.train)
    of_a_mentor = len(train) / len(np.unique(train.mentor))
    assert [point["rows"] % of_a_mentor for point in learning_curve(study, folds[-1], SETTINGS)] == [0, 0, 0, 0]


def test_a_theme_that_is_needed_is_worse_to_lose_and_one_whose_copy_remains_is_not():
    study, folds = judged()
    rows = without_each_theme(study, folds[-1], settings=SETTINGS, tell=lambda text: None)
    verdicts = {row["theme"]: row["verdict"] for row in rows}
    assert verdicts == {
        "work": "worse",
        "money": "indistinguishable",
        "copy": "indistinguishable",
        "noise": "indistinguishable",
    }
    assert rows[0]["theme"] == "work"
    assert rows[0]["loss_low"] > 0.01


def test_a_model_without_a_feature_does_not_read_it():
    study, folds = judged()
    rows, without = study.training_rows(folds[-1].fold.train), np.array([0, 3])
    model = fit_same_kind(folds[-1].fitted, rows, study.features, settings=SETTINGS, without=without)
    assert [feature.name for feature in model.features] == ["told_again", "needed", "noise_2"]


def test_the_same_kind_fitted_to_the_same_rows_is_the_champion():
    study, folds = judged()
    again = fit_same_kind(
        folds[-1].fitted, study.training_rows(folds[-1].fold.train), study.features, settings=SETTINGS
    )
    values = study.values[folds[-1].fold.test]
    np.testing.assert_allclose(
        again.explain(values).margin, folds[-1].fitted.champion.explain(values).margin, atol=1e-9
    )


def test_a_model_from_before_a_change_lies_further_off_than_one_that_saw_it():
    study, folds = judged(level=LEVEL, years=5)
    rows = {(row["model_of"], row["judged_on"]): row for row in decay(study, folds)}
    first, last = folds[0].date, folds[-1].date
    assert set(rows) == {(first, first), (first, last), (last, last)}
    assert rows[first, first]["newer"] is None
    assert rows[first, first]["brier"] == folds[0].judged["champion"].figures["brier"]
    assert rows[first, last]["age_days"] == 366
    assert rows[first, last]["offset"] > rows[last, last]["offset"] + 0.3
    assert {row["metric"]: row["verdict"] for row in rows[first, last]["newer"]}["brier"] == "better"


def test_where_nothing_moves_an_older_model_is_as_good():
    study, folds = judged()
    (older,) = [row for row in decay(study, folds) if row["age_days"]]
    assert abs(older["offset"]) < 0.3
    assert all(abs(row["difference"]) < 0.01 for row in older["newer"])


def test_families_whom_no_field_of_the_model_tells_apart_are_named_first_among_the_missed():
    """A twentieth of the families, known by an audit field alone, in whom the other fields count the other way round."""
    study, folds = judged(families=2500, odd_share=0.05)
    sides = missed(study, folds, seed=1)
    assert "odd = true" in sides["unlisted"]["rules"][0]["rule"]
    assert sides["unlisted"]["rules"][0]["lift_low"] > 1
    assert sides["unlisted"]["n"] + sides["listed"]["n"] == sum(len(fold.test) for fold in folds)
    assert sides["listed"]["n"] == sum(10 * 40 for fold in folds)


def test_where_the_model_knows_all_there_is_to_know_nobody_is_named_as_missed():
    named = 0
    for world in ({}, {"signal": 0.0}):
        for seed in range(5):
            sides = missed(*judged(**world), seed=seed)
            named += any(side["rules"] for side in sides.values())
    assert named <= 1  # in one of twenty splits on either side together
