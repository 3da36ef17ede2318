"""Splits in time: what to train on and what to test on, so that nothing known later is ever learned from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi.dates import Days, add_months, from_day
from graduasi.errors import TrainingError
from graduasi_training.study.labels import Labels
from graduasi_training.study.observations import Observations

RowIndex = npt.NDArray[np.intp]
"""Numbers of rows, most often of observations."""

INNER_FOLDS = 3
MATURE_SHARE = 0.5
"""A date counts as mature when its share of labelled households is at least this part of the best date's share: the
panel's last dates often hold a few odd early labels, which would be a test of nothing."""
FORWARD_SHARE = 0.3
"""Inner folds look forward in time only where at least this share of the rows lies on either side."""
MIN_LABELLED_ROWS = 30
"""Fewer labelled households judge nothing: one family more or less would move every figure."""


@dataclass(frozen=True)
class Fold:
    """Observations to train on, and to test on: the whole cohort on the test date, `day`."""

    day: int
    train: RowIndex
    test: RowIndex


def temporal_folds(observations: Observations, labels: Labels, *, count: int, embargo_months: int = 0) -> list[Fold]:
    """The latest `count` dates that have mature labels and something earlier to train on, oldest first.

    Raises TrainingError that says what is lacking when there is none.
    """
    folds: list[Fold] = []
    for day in reversed(_mature_days(observations, labels)):
        test = np.flatnonzero(observations.day == day)
        train = trainable_rows(observations, labels, day=day, embargo_months=embargo_months)
        labelled = int(labels.is_labelled[test].sum())
        enough = min(len(train), labelled) >= MIN_LABELLED_ROWS
        if enough and _has_both(labels.value[train]) and _has_both(labels.value[test]):
            folds.append(Fold(day, train, test))
        if len(folds) == count:
            break
    if not folds:
        raise TrainingError(
            f"no as-of date has {MIN_LABELLED_ROWS} mature labels of both outcomes, and {MIN_LABELLED_ROWS} of both outcomes known by then to train on; "
            "the panel is too short for this label, or the label has one class only"
            + (f", or embargo_months = {embargo_months} leaves too little" if embargo_months else "")
        )
    return folds[::-1]


def trainable_rows(observations: Observations, labels: Labels, *, day: int, embargo_months: int = 0) -> RowIndex:
    """Observations before `day` whose label was known by then, each snapshot once, and none that is tested on `day`.

    A snapshot that is still the household's latest on `day` is tested then. A label that belongs to the snapshot (a
    column's) would be learned and tested with the same value, so such snapshots are left out of training.

    An embargo moves the day so many months back, for the observations and for their labels.
    """
    last = int(add_months(np.array([day], dtype=np.int32), -embargo_months)[0])
    rows = np.flatnonzero((observations.day < last) & observations.is_first & labels.trainable(last))
    tested = observations.snapshot[observations.day == day]
    return rows[~np.isin(observations.snapshot[rows], tested)]


def all_trainable_rows(observations: Observations, labels: Labels) -> RowIndex:
    """Every observation whose label has matured, each snapshot once: what the model that is handed over learns from.

    Raises TrainingError when no label has matured, or all are alike.
    """
    rows = np.flatnonzero(observations.is_first & labels.is_labelled)
    if not len(rows):
        raise TrainingError("no label has matured: the panel ends before any household's label window does")
    if not _has_both(labels.value[rows]):
        outcome = "ready" if labels.value[rows][0] == 1 else "not ready"
        raise TrainingError(
            f"all {len(rows)} mature labels say {outcome}: one class only, nothing to learn; check the label's rules"
        )
    return rows


def _mature_days(observations: Observations, labels: Labels) -> list[int]:
    """The as-of dates whose share of labelled households is near that of the best date, ascending."""
    days = np.unique(observations.day)
    share = np.array([labels.is_labelled[observations.day == day].mean() for day in days])
    return [
        int(day)
        for day, labelled in zip(days, share, strict=True)
        if labelled > 0 and labelled >= MATURE_SHARE * share.max()
    ]


def _has_both(values: Array) -> bool:
    """Whether both outcomes, 0 and 1, occur."""
    return bool((values == 1).any() and (values == 0).any())


def inner_folds(
    household: npt.NDArray[np.int32], day: Days, known_on: Days, y: Array, *, rng: np.random.Generator
) -> Iterator[tuple[RowIndex, RowIndex]]:
    """Splits of a training window into rows to train on and rows to validate on, by household.

    Where there are enough dates, the splits look forward in time as well: the validation rows are the later dates, and
    only labels known by the first of them are trained on.
    """
    households = np.unique(household)
    fold_of_household = np.empty(households.max() + 1, dtype=np.intp)
    fold_of_household[households] = rng.permutation(len(households)) % INNER_FOLDS
    fold_of_row = fold_of_household[household]
    start = forward_start(day, known_on, y)
    for fold in range(INNER_FOLDS):
        train, valid = fold_of_row != fold, fold_of_row == fold
        if start is not None:
            train, valid = train & (known_on <= start) & (day < start), valid & (day >= start)
        if _has_both(y[train]) and valid.any():
            yield np.flatnonzero(train), np.flatnonzero(valid)


def forward_start(day: Days, known_on: Days, y: Array) -> int | None:
    """The latest date that leaves enough rows on both sides, each with both outcomes; None where there is none."""
    for start in np.unique(day)[::-1]:
        past, future = (known_on <= start) & (day < start), day >= start
        if min(past.mean(), future.mean()) >= FORWARD_SHARE and _has_both(y[past]) and _has_both(y[future]):
            return int(start)
    return None


def describe(fold: Fold) -> str:
    """The test date and the sizes, as progress for people."""
    return f"test {from_day(fold.day)}: {len(fold.train):,} rows to train on, {len(fold.test):,} in the cohort"
