"""Folds that are fitted on what was known then and judged together."""

import numpy as np
import pyarrow as pa
import pytest

from graduasi.panel.events import NO_EVENTS
from graduasi.panel.table_contract import check_panel
from graduasi_training.evaluation.evaluate import _notes
from graduasi_training.evaluation.folds.judged import judge_folds
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import FIRST_DAY, SMALL, declared, draw_table
from tests.made_up.small_run import QUICK, YEARLY, drawn_study


def _quiet(_text):
    """Takes the progress of training and shows it to nobody."""


def test_a_baseline_forecasts_the_outcome_and_not_its_opposite():
    study = drawn_study(3)
    for judged in judge_folds(study, settings=QUICK, tell=_quiet):
        prior = judged.probability["baseline:prior"]
        assert prior == pytest.approx(study.labels.value[judged.fold.train].mean(), abs=1e-3)
        assert judged.judged["baseline:income_only"].figures["auc"] > 0.55


def study_with_mentors(before, at_last_visit):
    """A drawn panel of six visits with so many mentors at the first five, and so many at the last."""
    table = draw_table(np.random.default_rng(3), households=150, visits=6, unknown=0.05)
    households = [int(name[1:]) for name in table["household_id"].to_pylist()]
    day = table["as_of"].cast(pa.int32()).to_numpy()
    counts = np.where(day < FIRST_DAY + 5 * 120, before, at_last_visit)
    mentors = [f"M{household % count}" for household, count in zip(households, counts, strict=True)]
    table = table.set_column(table.column_names.index("mentor_id"), "mentor_id", pa.array(mentors))
    return prepare(check_panel(table, SMALL)[0], NO_EVENTS, declared(SMALL, YEARLY))


@pytest.mark.parametrize(("before", "by_mentor"), [(5, True), (1, False)])
def test_whole_mentors_are_the_units_on_every_fold_where_every_fold_has_several(before, by_mentor):
    study = study_with_mentors(before, 8)
    folds = judge_folds(study, settings=QUICK, tell=_quiet)
    assert len(folds) == 2
    clusters = {judged.clusters.count for judged in folds}
    everyone = np.concatenate([judged.test.household for judged in folds])
    assert clusters == {8 if by_mentor else len(np.unique(everyone))}


@pytest.mark.parametrize(("mentors", "key"), [(1, "one_mentor"), (5, "few_mentors"), (25, None)])
def test_few_mentors_and_one_alone_are_told_apart(mentors, key):
    study = study_with_mentors(mentors, mentors)
    notes = _notes(study, judge_folds(study, settings=QUICK, tell=_quiet), np.array(["A"]))
    assert [note["key"] for note in notes if "mentor" in note["key"]] == ([key] if key else [])
