"""The inner folds of one training window, to be fitted again and again with other settings: what stays equal is kept.

Preparation and filled matrices are made once; a logistic regression is fitted once for each penalty. LightGBM bins anew
for each trial, because it leaves out columns by `min_child_samples`: what is tried is then exactly what would be fitted.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.preparation import Preparation, fit_preparation
from graduasi_training.fitting.linear_and_trees import TREE_KINDS, Settings, TreeKind, fit_linear, grow, tree_data
from graduasi_training.fitting.selection import calibrated_candidates, sample_households
from graduasi_training.judging.clusters import sum_by
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import inner_folds


@dataclass(frozen=True)
class _InnerFold:
    """One fold's rows to train on and its held-out rows; `linear_margin` keeps the held-out margins by penalty C."""

    values: Matrix
    y: Array
    held_out: Matrix
    preparation: Preparation
    for_trees: Matrix
    held_out_for_trees: Matrix
    linear_margin: dict[float, Array] = field(default_factory=dict)


class InnerFolds:
    """The inner folds of `rows`, as choosing a candidate uses them, ready to be fitted with any settings.

    `y` holds the outcomes of all held-out rows, fold after fold.
    """

    def __init__(self, rows: TrainingRows, features: tuple[Feature, ...], *, seed: int) -> None:
        self._all_rows = len(rows.y)
        rows = sample_households(rows, np.random.default_rng(seed))
        splits = list(inner_folds(rows.household, rows.day, rows.known_on, rows.y, rng=np.random.default_rng(seed)))
        self.features = features
        self._folds = [
            _inner_fold(rows.values[train], rows.y[train], rows.values[valid], features) for train, valid in splits
        ]
        held_out = np.concatenate([valid for _, valid in splits])
        self.y = rows.y[held_out]
        self._household_index = np.unique(rows.household[held_out], return_inverse=True)[1]

    @property
    def sizes(self) -> npt.NDArray[np.intp]:
        """How many held-out rows each household has."""
        return np.bincount(self._household_index)

    def loss_by_household(self, settings: Settings) -> Array:
        """The out-of-fold log loss of the best calibrated candidate or blend, summed over each household's rows."""
        linear = np.concatenate([self._linear_margin(fold, settings) for fold in self._folds])
        margins = [self._tree_margins(fold, settings) for fold in self._folds]
        trees = {kind: np.concatenate([of_fold[kind] for of_fold in margins]) for kind in TREE_KINDS}
        blends = calibrated_candidates(linear, trees, self.y).values()
        best = min((blend.losses for blend in blends), key=lambda losses: float(losses.mean()))
        return sum_by(self._household_index, best)

    def _linear_margin(self, fold: _InnerFold, settings: Settings) -> Array:
        penalty = settings.for_part(len(fold.y), of=self._all_rows).C
        if penalty not in fold.linear_margin:
            part = fit_linear(fold.values, fold.y, self.features, fold.preparation, C=penalty)
            fold.linear_margin[penalty] = part.base + part.contributions(fold.held_out, fold.preparation).sum(axis=1)
        return fold.linear_margin[penalty]

    def _tree_margins(self, fold: _InnerFold, settings: Settings) -> dict[TreeKind, Array]:
        data = tree_data(fold.for_trees, fold.y, self.features)
        return {
            kind: np.asarray(
                grow(data, self.features, fold.preparation, settings=settings, kind=kind).predict(
                    fold.held_out_for_trees, raw_score=True
                )
            )
            for kind in TREE_KINDS
        }


def _inner_fold(values: Matrix, y: Array, held_out: Matrix, features: tuple[Feature, ...]) -> _InnerFold:
    preparation = fit_preparation(values, features)
    return _InnerFold(values, y, held_out, preparation, preparation.for_trees(values), preparation.for_trees(held_out))
