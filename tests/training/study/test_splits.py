"""Splits in time: nothing known later is ever learned from."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lightgbm import LGBMClassifier

from graduasi.dates import from_day, to_day
from graduasi.errors import TrainingError
from graduasi.panel.events import NO_EVENTS
from graduasi_training.judging.metrics import auc
from graduasi_training.study.labels import NEVER, Labels
from graduasi_training.study.observations import Observations
from graduasi_training.study.splits import all_trainable_rows, inner_folds, temporal_folds, trainable_rows
from graduasi_training.study.study import prepare
from tests.made_up.small_programme import PROGRAMME, declared, draw_panel, household, panel_of, programme_of

YEARLY = programme_of(PROGRAMME.replace("folds = 1", "folds = 3\nevery_months = 4"))


def _study_of(*rows):
    """Rows (snapshot, day, value, known_on, competing) as observations and labels; a snapshot's first entry is its first."""
    snapshot, day, value, known_on, competing = (np.array(column) for column in zip(*rows, strict=True))
    first = np.zeros(len(rows), dtype=bool)
    first[np.unique(snapshot, return_index=True)[1]] = True
    labels = Labels(value.astype(float), known_on.astype(np.int32), competing.astype(bool))
    return Observations(snapshot.astype(np.intp), day.astype(np.int32), first), labels


@pytest.mark.parametrize(
    ("row", "trained_on"),
    [
        ((0, 10, 1.0, 20, False), True),
        ((0, 10, 0.0, 30, False), True),
        ((0, 10, 1.0, 31, False), False),
        ((0, 30, 1.0, 30, False), False),
        ((0, 10, np.nan, NEVER, False), False),
        ((0, 10, 0.0, 20, True), True),
    ],
)
def test_a_training_row_is_older_than_the_test_day_and_its_label_known_by_then(row, trained_on):
    observations, labels = _study_of(row)
    assert trainable_rows(observations, labels, day=30).tolist() == ([0] if trained_on else [])


@pytest.mark.parametrize(
    ("as_of", "known_on", "trained_on"),
    [("2020-05-31", "2020-09-30", True), ("2020-05-31", "2020-10-01", False), ("2020-09-30", "2020-09-30", False)],
)
def test_with_an_embargo_the_last_months_before_the_test_day_teach_nothing(as_of, known_on, trained_on):
    days = [to_day(np.datetime64(text).astype(object)) for text in (as_of, known_on, "2020-12-30")]
    observations, labels = _study_of((0, days[0], 1.0, days[1], False))
    assert trainable_rows(observations, labels, day=days[2]).tolist() == [0]
    embargoed = trainable_rows(observations, labels, day=days[2], embargo_months=3)
    assert embargoed.tolist() == ([0] if trained_on else [])


def test_a_snapshot_that_is_tested_on_the_day_is_not_trained_on():
    observations, labels = _study_of((7, 10, 1.0, 15, False), (8, 10, 1.0, 15, False), (7, 20, 1.0, 15, False))
    assert trainable_rows(observations, labels, day=20).tolist() == [1]


def yearly_visits_of_noise(seed, *, months_ahead):
    """Households visited once a year, in a quarter of their own, and a label that is a coin of each visit."""
    rng = np.random.default_rng(seed)
    quarter, year = (part.ravel() for part in np.meshgrid(np.arange(300), np.arange(5), indexing="ij"))
    first = rng.integers(0, 4, 300)[quarter] * 91 + rng.integers(0, 30, 300)[quarter]
    rows = [
        household(f"K{number:03}", from_day(18_000 + day + 365 * visit).isoformat(), graduated=bool(coin), land_ha=float(land), mentor_id=None)
        for number, day, visit, coin, land in zip(quarter, first, year, rng.random(1500) < 0.5, rng.normal(size=1500), strict=True)
    ]  # fmt: skip
    given = '[[labels]]\nname = "given"\nkind = "column"\ncolumn = "graduated"\nknown_after_months = 0\n'
    before, _, labels = PROGRAMME.replace(given, "").partition("[[labels]]")
    text = f"{before}{given.replace('= 0', f'= {months_ahead}')}\n[[labels]]{labels}"
    quarterly = programme_of(text.replace("folds = 1", "folds = 3\nevery_months = 3"))
    return prepare(panel_of(*rows), NO_EVENTS, declared(programme=quarterly, max_age_days=400))


@pytest.mark.parametrize("months_ahead", [0, 6, 12])
def test_with_yearly_visits_and_a_quarterly_grid_no_snapshot_is_trained_on_and_tested(months_ahead):
    study = yearly_visits_of_noise(5, months_ahead=months_ahead)
    snapshot = study.observations.snapshot
    for fold in temporal_folds(study.observations, study.labels, count=3):
        assert not set(snapshot[fold.train]) & set(snapshot[fold.test])


def test_trees_that_cannot_see_a_tested_snapshot_rank_a_coin_no_better_than_chance():
    study = yearly_visits_of_noise(6, months_ahead=0)
    fold = temporal_folds(study.observations, study.labels, count=1)[0]
    rows = study.training_rows(fold.train)
    trees = LGBMClassifier(n_estimators=150, min_child_samples=5, verbose=-1, n_jobs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LightGBM names columns that scikit-learn then misses
        score = trees.fit(rows.values, rows.y).predict_proba(study.values[fold.test])[:, 1]
    known = study.labels.is_labelled[fold.test]
    assert abs(auc(score[known], study.labels.value[fold.test][known]) - 0.5) < 0.1


def test_a_snapshot_is_trained_on_once():
    observations, labels = _study_of((7, 10, 1.0, 15, False), (7, 20, 1.0, 15, False))
    assert trainable_rows(observations, labels, day=30).tolist() == [0]


@given(seed=st.integers(0, 500))
def test_folds_of_a_drawn_panel_never_learn_from_what_was_known_later(seed):
    study = prepare(draw_panel(seed, households=100, visits=9, unknown=0.02), NO_EVENTS, declared(programme=YEARLY))
    observations, labels = study.observations, study.labels
    folds = temporal_folds(observations, labels, count=3)
    for fold in folds:
        assert (observations.day[fold.train] < fold.day).all()
        assert (labels.known_on[fold.train] <= fold.day).all()
        assert (study.panel.known_on[observations.snapshot[fold.train]] < fold.day).all()
        assert len(np.unique(observations.snapshot[fold.train])) == len(fold.train)
        assert (fold.test == np.flatnonzero(observations.day == fold.day)).all()
    assert all(earlier.day < later.day for earlier, later in pairwise(folds))


def _grid(*days, households=40):
    """So many households on each day (or one number a day), half of them ready, with labels known ten days later."""
    rows = [(number, day, number % 2, day + 10, False) for number, day in enumerate(np.repeat(days, households))]
    return _study_of(*rows)


def test_the_latest_mature_days_are_tested_oldest_first():
    assert [fold.day for fold in temporal_folds(*_grid(0, 20, 40, 60), count=2)] == [40, 60]
    assert [fold.day for fold in temporal_folds(*_grid(0, 20, 40, 60), count=9)] == [20, 40, 60]


@pytest.mark.parametrize("households", [(28, 40), (40, 28)], ids=["to learn from", "to judge on"])
def test_fewer_labels_than_teach_or_judge_anything_are_refused(households):
    assert temporal_folds(*_grid(0, 20, households=(40, 40)), count=1)
    with pytest.raises(TrainingError, match="30 mature labels"):
        temporal_folds(*_grid(0, 20, households=households), count=1)


def test_a_day_on_which_all_outcomes_are_the_same_is_no_test():
    observations, labels = _grid(0, 20, 40)
    value = np.where(observations.day == 40, 1.0, labels.value)
    folds = temporal_folds(observations, Labels(value, labels.known_on, labels.competing), count=3)
    assert [fold.day for fold in folds] == [20]


def test_a_day_with_a_few_odd_early_labels_is_no_test():
    observations, labels = _grid(0, 20, 40, households=100)
    value = labels.value.copy()
    value[240:] = np.nan  # the 40 that are left would be enough to judge on
    assert [
        fold.day for fold in temporal_folds(observations, Labels(value, labels.known_on, labels.competing), count=3)
    ] == [20]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 0, 1.0, 10, False), (1, 0, 0.0, 10, False)],
        [(0, 0, 1.0, 50, False), (1, 0, 0.0, 50, False), (2, 20, 1.0, 60, False), (3, 20, 0.0, 60, False)],
        [(0, 0, 1.0, 10, False), (1, 20, 1.0, 30, False)],
    ],
    ids=["one date", "labels known too late", "one class"],
)
def test_a_panel_too_short_for_any_fold_is_refused_with_the_reason(rows):
    with pytest.raises(TrainingError, match="too short for this label, or the label has one class"):
        temporal_folds(*_study_of(*rows), count=3)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(0, 0, np.nan, NEVER, False)], "no label has matured"),
        ([(0, 0, 1.0, 1, False), (1, 0, 1.0, 1, False)], "all 2 mature labels say ready"),
        ([(0, 0, 0.0, 1, False), (1, 0, 0.0, 1, True)], "all 2 mature labels say not ready"),
    ],
)
def test_labels_that_teach_nothing_are_refused_with_the_reason(rows, message):
    with pytest.raises(TrainingError, match=message):
        all_trainable_rows(*_study_of(*rows))


def test_the_model_handed_over_learns_from_every_mature_first_snapshot():
    rows = [
        (0, 0, 1.0, 1, False),
        (0, 9, 1.0, 1, False),
        (1, 0, 0.0, 99, False),
        (2, 0, 0.0, 1, True),
        (3, 0, np.nan, NEVER, False),
    ]
    assert all_trainable_rows(*_study_of(*rows)).tolist() == [0, 2, 3]


def _inner_folds(seed, *, dates):
    rng = np.random.default_rng(seed)
    household, day = (
        np.repeat(np.arange(40), dates).astype(np.int32),
        np.tile(np.arange(dates) * 10, 40).astype(np.int32),
    )
    known_on, y = day + 15, rng.integers(0, 2, len(day)).astype(float)
    return household, day, known_on, y, list(inner_folds(household, day, known_on, y, rng=np.random.default_rng(seed)))


@given(seed=st.integers(0, 500), dates=st.sampled_from([1, 2, 6, 9]))
def test_inner_folds_never_share_a_household(seed, dates):
    household, *_, folds = _inner_folds(seed, dates=dates)
    assert len(folds) == 3
    for train, valid in folds:
        assert not set(household[train]) & set(household[valid])


@given(seed=st.integers(0, 500))
def test_inner_folds_look_forward_where_there_are_dates_enough(seed):
    _, day, known_on, _, folds = _inner_folds(seed, dates=9)
    for train, valid in folds:
        assert known_on[train].max() <= day[valid].min()
        assert day[train].max() < day[valid].min() == 60  # the latest date that leaves three tenths after it


def test_with_one_date_inner_folds_hold_out_households_only():
    household, *_, folds = _inner_folds(1, dates=1)
    assert sorted(np.concatenate([household[valid] for _, valid in folds]).tolist()) == list(range(40))
