"""Who is missed: families who could have been listed, were not and became ready; and families who were listed and did not."""

from typing import Any

import numpy as np

from graduasi.arrays import Mask
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.evaluation.insight.many_tests import LEVEL
from graduasi_training.evaluation.insight.put_right import put_right
from graduasi_training.evaluation.insight.rules import Families, rules_that_stand
from graduasi_training.judging.held_out import MIN_CLUSTERS
from graduasi_training.judging.lists import listed
from graduasi_training.study.study import Study


def missed(study: Study, folds: list[JudgedFold], *, seed: int) -> dict[str, Any]:
    """For unlisted and for listed families of all test dates: how many there were, how many were ready, and the rules that stand.

    Fields are those of the snapshot, also those that no model may read (kind `audit`), but no outcome. Forecasts are first put
    right as a whole (slope and level of each date), so that a rule tells of its families and not of the period.
    """
    rng = np.random.default_rng(seed)
    by_mentor = all(_mentors(fold) >= MIN_CLUSTERS for fold in folds)
    dates = [_families(study, fold, by_mentor=by_mentor) for fold in folds]
    unlisted = [fold.test.labelled & fold.test.eligible & ~_on_list(fold) for fold in folds]
    on_list = [fold.test.labelled & _on_list(fold) for fold in folds]
    return {
        "unlisted": _side(_together(dates, unlisted), 1, rng),
        "listed": _side(_together(dates, on_list), -1, rng),
    }


def _mentors(fold: JudgedFold) -> int:
    return len(np.unique(fold.test.mentor[fold.test.mentor >= 0]))


def _on_list(fold: JudgedFold) -> Mask:
    return np.asarray(listed(fold.champion, fold.proposed) > 0.5)


def _families(study: Study, fold: JudgedFold, *, by_mentor: bool) -> Families:
    """The cohort of a test date, whose mentors or households go to either half as a whole."""
    test = fold.test
    fields = [field for field in study.dictionary.fields.values() if field.kind != "outcome"]
    columns = [study.dictionary.column(field.name) for field in fields]
    return Families(
        fields,
        study.panel.values[study.observations.snapshot[fold.fold.test]][:, columns],
        test.y,
        put_right(fold.champion, test),
        test.mentor if by_mentor else test.household,
    )


def _together(dates: list[Families], rows: list[Mask]) -> Families:
    """Some rows of each date as one set of families."""
    parts = [families.take(some) for families, some in zip(dates, rows, strict=True)]
    return Families(
        dates[0].fields,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.forecast for part in parts]),
        np.concatenate([part.cluster for part in parts]),
    )


def _side(families: Families, sign: int, rng: np.random.Generator) -> dict[str, Any]:
    """One of the two sides, which share the level: chance alone seldom makes a rule stand on either."""
    return {
        "n": len(families.y),
        "ready": int(families.y.sum()),
        "rules": rules_that_stand(families, sign=sign, rng=rng, level=LEVEL / 2),
    }
