"""Does the model rank families that it never saw? Households stand on both sides of a temporal fold, so it may know them by heart.

Where an outcome hardly changes from year to year, and so do the fields, even fields of noise recognise a family by its
earlier rows, with the outcome that it had then. Such a model says nothing of families that are new to it. So the
households are dealt into halves, and a model of either half ranks the families of the other.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import fit_preparation
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.fitting.linear_and_trees import TREE_KINDS, Settings, fit_linear, fit_trees
from graduasi_training.fitting.selection import MAX_INNER_ROWS, Fitted, sample_households, with_mentor_offsets
from graduasi_training.judging.jackknife import Estimate, auc_estimate, mean_of
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.study import Study

MAX_DEALS = 10
"""How often households are dealt anew where rows are few. On 570 families AUCs of four deals differ by 0.04 from seed to seed, of ten by 0.017."""
FIGURE = "household_disjoint_auc"


@dataclass(frozen=True)
class _Half:
    """Rows to learn from, and which families of the test date to judge; no household is among both."""

    train: TrainingRows
    judged: npt.NDArray[np.bool_]


def unseen_households_auc(study: Study, judged: JudgedFold, *, settings: Settings) -> dict[str, float | None]:
    """The AUC of the fold's champion where no family judged is among those learned from, with its 95 % interval.

    The mean over the halves of all deals; within a half families are ranked by one model. About MAX_INNER_ROWS rows are
    learned from in all. Null where in no half both outcomes are on both sides.
    """
    rng = np.random.default_rng(settings.seed)
    rows = sample_households(study.training_rows(judged.fold.train), rng)
    deals = int(np.clip(MAX_INNER_ROWS // len(rows.y), 1, MAX_DEALS))
    halves = [half for _ in range(deals) for half in _halves(rows, judged, rng)]
    estimates = [_judge(half, study, judged, settings) for half in halves]
    if not estimates:
        return dict.fromkeys((FIGURE, f"{FIGURE}_low", f"{FIGURE}_high"))
    auc = mean_of(estimates).with_error_times(np.sqrt(1 + persistence(rows, judged) ** 2))
    low, high = auc.within_0_and_1(float(judged.test.labelled.sum()))
    return {FIGURE: auc.value, f"{FIGURE}_low": low, f"{FIGURE}_high": high}


def persistence(rows: TrainingRows, judged: JudgedFold) -> float:
    """The correlation of the test families' outcomes with those that they had in the rows learned from, 0 to 1.

    Where outcomes persist, what one half teaches of the other is what the other teaches of the first: two looks at the same
    pairs of families, which the interval must not take for two. In fields of noise the two AUCs have the square of this
    correlation, and so the variance of their mean is one plus that square times what it is of independent ones. A family
    that was not learned from counts as uncorrelated.
    """
    test = judged.test
    household, index = np.unique(rows.household, return_inverse=True)
    before = np.bincount(index, weights=rows.y) / np.bincount(index)
    known = test.labelled & np.isin(test.household, household)
    earlier, later = before[np.searchsorted(household, test.household[known])], test.y[known]
    if not known.any() or np.ptp(earlier) == 0 or np.ptp(later) == 0:
        return 0.0
    correlation = float(np.corrcoef(earlier, later)[0, 1])
    return max(correlation, 0.0) * float(known.sum() / test.labelled.sum())


def _halves(rows: TrainingRows, judged: JudgedFold, rng: np.random.Generator) -> list[_Half]:
    """One deal: each half to be judged with the other to learn from, where both have both outcomes."""
    households = max(int(rows.household.max()), int(judged.test.household.max())) + 1
    half_of = rng.permutation(households) % 2
    halves = []
    for half in (0, 1):
        train = rows.take(np.flatnonzero(half_of[rows.household] != half))
        known = judged.test.labelled & (half_of[judged.test.household] == half)
        if _has_both(train.y) and _has_both(judged.test.y[known]):
            halves.append(_Half(train, known))
    return halves


def _judge(half: _Half, study: Study, judged: JudgedFold, settings: Settings) -> Estimate:
    model = _refitted(judged.fitted, half.train, settings)
    margin = model.explain(study.values[judged.fold.test[half.judged]]).margin
    return auc_estimate(margin, judged.test.y[half.judged], judged.clusters.of_rows(half.judged))


def _refitted(fitted: Fitted, rows: TrainingRows, settings: Settings) -> ReadinessModel:
    """A model of the champion's kind, blended as the champion is, that learned from these rows alone."""
    champion, features = fitted.champion, fitted.champion.features
    rows, _ = with_mentor_offsets(rows, features, settings)
    preparation = fit_preparation(rows.values, features)
    parts: dict[str, Any] = {}
    if champion.linear is not None:
        parts["linear"] = fit_linear(rows.values, rows.y, features, preparation, C=settings.C, offset=rows.offset)
    if champion.trees is not None:
        trees = fit_trees(rows.values, rows.y, features, preparation, settings=settings, offset=rows.offset)
        # All candidates are made of the same trees, so the champion's are those of the candidate of their kind.
        kind = next(kind for kind in TREE_KINDS if fitted.candidates[kind].trees == champion.trees)
        parts["trees"] = trees[kind]
    return replace(champion, preparation=preparation, **parts)


def _has_both(y: Array) -> bool:
    """Whether both outcomes, 0 and 1, occur."""
    return bool(len(y)) and bool(0 < y.mean() < 1)
