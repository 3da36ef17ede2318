"""Families that something else takes, that nobody finds any more, and whose events are told late: in worlds of known rates."""

import numpy as np
import pytest

from graduasi_training.evaluation.base_rates import base_rates
from graduasi_training.evaluation.folds.judged import fold_report, judge_folds
from graduasi_training.judging.lists import listed
from graduasi_training.study.splits import all_trainable_rows, temporal_folds
from tests.made_up.leaving import Chances, leaving_world
from tests.made_up.small_run import QUICK


@pytest.mark.parametrize("ready_move", [0.0, 0.5])
def test_the_forecast_of_the_listed_comes_true_where_many_move_before_they_could_graduate(ready_move):
    world = leaving_world(1, Chances(moved=0.4, ready_move=ready_move), households=8000)
    last = judge_folds(world.study, settings=QUICK, tell=lambda text: None)[-1]
    share = listed(last.champion, last.proposed)
    assert share.sum() > 100
    truth = float((share * world.true_rate(last.fold.test)).sum() / share.sum())
    assert last.judged["champion"].figures["forecast_at_quota"] == pytest.approx(truth, abs=0.04)
    assert world.study.labels.competing[last.fold.test].mean() > 0.2


def test_a_model_learns_from_families_that_moved_first_as_not_ready():
    world = leaving_world(2, Chances(moved=0.4), households=800)
    rows = all_trainable_rows(world.study.observations, world.study.labels)
    moved_first = world.study.labels.competing[rows]
    assert moved_first.mean() > 0.15
    assert (world.study.labels.value[rows][moved_first] == 0).all()
    assert world.study.labels.value[rows].mean() == pytest.approx(world.true_rate(rows).mean(), abs=0.03)


def test_families_nobody_finds_any_more_do_not_pile_up_in_the_judged_cohort():
    world = leaving_world(3, Chances(lost=0.2))
    last = judge_folds(world.study, settings=QUICK, tell=lambda text: None)[-1]
    report = fold_report(world.study, last)
    assert report["stale_rows"] > 0.3 * report["test_rows"]
    true_rate = float(world.true_rate(last.fold.test).mean())
    assert report["base_rate"] == pytest.approx(true_rate, abs=0.03)
    assert (last.test.y[last.test.labelled].size) == report["test_rows"]


@pytest.mark.parametrize("longest_report", [0, 180])
def test_reports_that_come_late_leave_no_date_that_is_learned_from_with_fewer_graduates(longest_report):
    world = leaving_world(4, Chances(moved=0.1), longest_report=longest_report)
    study = world.study
    fold = temporal_folds(study.observations, study.labels, count=1)[-1]
    last_day = int(study.observations.day.max())
    learned = [row for row in base_rates(study, fold) if row["labelled"] >= 300 and row["as_of"] < _iso(fold.day)]
    rows = all_trainable_rows(study.observations, study.labels)
    newest = rows[study.observations.day[rows] == study.observations.day[rows].max()]
    assert len(newest) > 300
    assert len(learned) >= 3
    assert last_day - study.observations.day[newest][0] >= 365 + longest_report * 0.95
    for row in learned:
        of_date = study.observations.day == np.datetime64(row["as_of"]).astype(int)
        assert row["base_rate"] == pytest.approx(world.true_rate(np.flatnonzero(of_date)).mean(), abs=0.04)
    assert study.labels.value[newest].mean() == pytest.approx(world.true_rate(newest).mean(), abs=0.04)


def _iso(day: int) -> str:
    return str(np.datetime64(day, "D"))
