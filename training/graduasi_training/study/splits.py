"""Splits in time: what to train on and what to test on, so that nothing known later is ever learned from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.dates import Days, add_months, from_day
from graduasi.errors import TrainingError
from graduasi_training.study.labels import Labels
from graduasi_training.study.observations import Observations

Places = npt.NDArray[np.intp]

INNER_FOLDS = 3
MATURE_SHARE = 0.5
"""A date counts as mature when it has at least this share of the labels that the best date has: the panel's last dates
often hold a few odd early labels, which would be a test of nothing."""
FORWARD_SHARE = 0.3
MIN_ROWS = 30
"""Fewer labelled households judge nothing: one family more or less would move every figure."""


@dataclass(frozen=True)
class Fold:
    """Train on `train`, test on `test` (places among the observations): everything in the cohort on the test day."""

    day: int
    train: Places
    test: Places


def temporal_folds(observations: Observations, labels: Labels, *, count: int, embargo_months: int = 0) -> list[Fold]:
    """The latest `count` dates that have mature labels and an earlier date to train on, oldest first.

    Raises TrainingError, saying what is lacking, when there is none.
    """
    found: list[Fold] = []
    for day in reversed(_mature_days(observations, labels)):
        test = np.flatnonzero(observations.day == day)
        train = training_places(observations, labels, day=day, embargo_months=embargo_months)
        judged = int(labels.is_labelled[test].sum())
        if min(len(train), judged) >= MIN_ROWS and _has_both(labels.value[train]) and _has_both(labels.value[test]):
            found.append(Fold(day, train, test))
        if len(found) == count:
            break
    if not found:
        raise TrainingError(
            f"no as-of date has {MIN_ROWS} mature labels of both outcomes, and {MIN_ROWS} of both outcomes known by then to train on; "
            "the panel is too short for this label, or the label has one class only"
            + (f", or embargo_months = {embargo_months} leaves too little" if embargo_months else "")
        )
    return found[::-1]


def training_places(observations: Observations, labels: Labels, *, day: int, embargo_months: int = 0) -> Places:
    """Observations before `day` whose label was known on it, each snapshot once; with an embargo, so many months earlier."""
    last = int(add_months(np.array([day], dtype=np.int32), -embargo_months)[0])
    return np.flatnonzero((observations.day < last) & observations.is_first & labels.fits(last))


def all_training_places(observations: Observations, labels: Labels) -> Places:
    """Everything that has matured: what the model that is handed over learns from.

    Raises TrainingError when no label has matured, or all are alike.
    """
    places = np.flatnonzero(observations.is_first & labels.is_labelled & ~labels.competing)
    if not len(places):
        raise TrainingError("no label has matured: the panel ends before any household's label window does")
    if not _has_both(labels.value[places]):
        outcome = "ready" if labels.value[places][0] == 1 else "not ready"
        raise TrainingError(
            f"all {len(places)} mature labels say {outcome}: one class only, nothing to learn; check the label's rules"
        )
    return places


def _mature_days(observations: Observations, labels: Labels) -> list[int]:
    days = np.unique(observations.day)
    share = np.array([labels.is_labelled[observations.day == day].mean() for day in days])
    return [
        int(day)
        for day, labelled in zip(days, share, strict=True)
        if labelled > 0 and labelled >= MATURE_SHARE * share.max()
    ]


def _has_both(values: npt.NDArray[np.float64]) -> bool:
    return bool((values == 1).any() and (values == 0).any())


def inner_folds(
    household: npt.NDArray[np.int32], day: Days, known_on: Days, y: npt.NDArray[np.float64], *, rng: np.random.Generator
) -> Iterator[tuple[Places, Places]]:
    """Splits inside a training window, by household; forward in time as well where there are dates enough.

    Forward: the validation rows are the later dates, and only labels known by the first of them are trained on.
    """
    names = np.unique(household)
    group = np.empty(names.max() + 1, dtype=np.intp)
    group[names] = rng.permutation(len(names)) % INNER_FOLDS
    group = group[household]
    later = _forward_start(day, known_on, y)
    for fold in range(INNER_FOLDS):
        train, valid = group != fold, group == fold
        if later is not None:
            train, valid = train & (known_on <= later) & (day < later), valid & (day >= later)
        if _has_both(y[train]) and valid.any():
            yield np.flatnonzero(train), np.flatnonzero(valid)


def _forward_start(day: Days, known_on: Days, y: npt.NDArray[np.float64]) -> int | None:
    """The latest date that leaves enough rows on both sides, each with both outcomes; None where there is none."""
    for start in np.unique(day)[::-1]:
        past, future = (known_on <= start) & (day < start), day >= start
        if min(past.mean(), future.mean()) >= FORWARD_SHARE and _has_both(y[past]) and _has_both(y[future]):
            return int(start)
    return None


def describe(fold: Fold) -> str:
    """For people: the test date and the sizes."""
    return f"test {from_day(fold.day)}: {len(fold.train):,} rows to train on, {len(fold.test):,} in the cohort"
