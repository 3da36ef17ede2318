"""Whether the model ranks families that it never saw: in worlds without signal that persist or not, and in one with signal."""

from dataclasses import replace

import numpy as np
import pytest

from graduasi_training.evaluation.folds import unseen_households
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.evaluation.folds.unseen_households import persistence, unseen_households_auc
from tests.made_up.noise_worlds import noise_study
from tests.made_up.small_run import QUICK, drawn_study


def last_fold(study):
    return judge_folds(study, settings=QUICK, tell=lambda text: None)[-1]


def ends(figures):
    return [figures[f"household_disjoint_auc_{end}"] for end in ("low", "high")]


def test_noise_that_never_changes_ranks_families_that_were_seen_and_none_that_were_not():
    seen, unseen, claimed = 0, 0, 0
    for seed in range(4):
        study = noise_study(seed, fields=30, persistent=True)
        judged = last_fold(study)
        figures = unseen_households_auc(study, judged, settings=QUICK)
        low, high = ends(figures)
        seen += judged.judged["champion"].figures["auc_low"] > 0.5
        unseen += low <= 0.5 <= high
        claimed += low > 0.5
    assert seen == 4
    assert unseen >= 3
    assert claimed == 0


def test_where_there_is_signal_unseen_families_are_ranked_nearly_as_well():
    study = drawn_study(3, households=400)
    judged = last_fold(study)
    figures = unseen_households_auc(study, judged, settings=QUICK)
    assert figures["household_disjoint_auc"] == pytest.approx(judged.judged["champion"].figures["auc"], abs=0.06)
    assert ends(figures)[0] > 0.5


def test_no_household_that_is_judged_was_learned_from(monkeypatch):
    study, learned = drawn_study(3), []
    judged = last_fold(study)
    refitted, auc_estimate = unseen_households._refitted, unseen_households._judge
    monkeypatch.setattr(unseen_households, "_refitted", lambda fitted, rows, settings: learned.append(rows) or refitted(fitted, rows, settings))  # fmt: skip

    def judge(half, *arguments):
        assert not set(half.train.household.tolist()) & set(judged.test.household[half.judged].tolist())
        return auc_estimate(half, *arguments)

    monkeypatch.setattr(unseen_households, "_judge", judge)
    unseen_households_auc(study, judged, settings=QUICK)
    assert len(learned) == 2 * unseen_households.MAX_DEALS
    rows = study.training_rows(judged.fold.train)
    assert set(np.concatenate([each.household for each in learned])) == set(rows.household)


def test_outcomes_that_never_change_persist_wholly_and_new_ones_not_at_all():
    for persistent, expected in ((True, 1.0), (False, 0.0)):
        study = noise_study(5, fields=1, persistent=persistent)
        judged = last_fold(study)
        assert persistence(study.training_rows(judged.fold.train), judged) == pytest.approx(expected, abs=0.12)


def test_outcomes_that_persist_make_the_interval_wider_as_both_halves_look_at_the_same_pairs(monkeypatch):
    study = noise_study(6, fields=8, persistent=True)
    judged = last_fold(study)
    low, high = ends(unseen_households_auc(study, judged, settings=QUICK))
    monkeypatch.setattr(unseen_households, "persistence", lambda rows, judged: 0.0)
    without = ends(unseen_households_auc(study, judged, settings=QUICK))
    assert (high - low) / (without[1] - without[0]) == pytest.approx(np.sqrt(2), abs=0.05)


def test_with_one_outcome_on_the_test_date_nothing_is_told():
    study = drawn_study(3)
    judged = last_fold(study)
    one_sided = replace(judged, test=replace(judged.test, y=np.zeros(len(judged.test))))
    assert set(unseen_households_auc(study, one_sided, settings=QUICK).values()) == {None}
