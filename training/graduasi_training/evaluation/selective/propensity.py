"""How likely a household's outcome was to be seen, and how likely it was to be good, given what was known on the day.

Both are cross-fitted: no household's own fate enters its chances, nor that of others of its cluster. The mentor is left out on
purpose: a mentor's strictness changes who is seen and not who is ready, so weighting by it would cost precision and correct nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from graduasi.arrays import Array, Mask, Matrix
from graduasi.readiness.features import Feature
from graduasi_training.fitting.design import clipped, columns_of, design_matrix, fit_standardisation
from graduasi_training.judging.slope import calibrate

CROSS_FOLDS = 5
STRENGTH = 0.1
"""The inverse strength of the penalty: a hundred rows outweigh it, and the calibration takes back how much it flattens."""
LEAST_CHANCE = 1e-4
"""No chance is taken to be smaller: weights stay finite. It is far below what `positivity` counts as too small."""


@dataclass(frozen=True)
class CrossFit:
    """Each row's `chance`, how far its outcome lay above it (`residual`, 0 for rows that taught nothing), and the `design` that it was learned from."""

    chance: Array
    residual: Array
    design: Matrix
    learned: Mask

    @classmethod
    def given(cls, chance: Array) -> "CrossFit":
        """Chances that are known and were not learned from these rows, so that they add no error."""
        rows = len(chance)
        return cls(chance, np.zeros(rows), np.ones((rows, 1)), np.zeros(rows, dtype=bool))

    def influence(self, gradient: Array) -> Array:
        """What each row, by having been learned from, adds to an estimate that moves by `gradient` (one entry a column) with the weights."""
        variance = self.chance * (1 - self.chance) * self.learned
        curvature = (self.design * variance[:, None]).T @ self.design
        penalty = np.full(self.design.shape[1], 1 / STRENGTH)
        penalty[0] = 0.0  # the constant
        direction = np.linalg.lstsq(curvature + np.diag(penalty), gradient, rcond=None)[0]
        return np.asarray((self.design @ direction) * self.residual)


def cross_fit(design: Matrix, outcome: Mask, learned: Mask, fold: npt.NDArray[np.intp]) -> CrossFit:
    """The chance of `outcome` in each row of the design, learned from the rows `learned` of the other folds, then calibrated."""
    chance = np.empty(len(outcome))
    for number in np.unique(fold):
        held_out = fold == number
        chance[held_out] = _chance(design, outcome, learned & ~held_out, held_out)
    if 0 < outcome[learned].sum() < learned.sum():
        margin = logit(np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE))
        slope, intercept = calibrate(margin[learned], outcome[learned].astype(float))
        chance = expit(slope * margin + intercept)
    chance = np.clip(chance, LEAST_CHANCE, 1.0)
    return CrossFit(chance, np.where(learned, outcome - chance, 0.0), design, learned)


def _chance(design: Matrix, outcome: Mask, train: Mask, held_out: Mask) -> Array:
    """The chance in held-out rows; where the others all had the outcome or none did, that rate."""
    rate = float(outcome[train].mean()) if train.any() else 1.0
    if rate in (0.0, 1.0):
        return np.full(int(held_out.sum()), rate)
    model: Any = LogisticRegression(C=STRENGTH, solver="newton-cholesky", max_iter=100)
    model.fit(design[train][:, 1:], outcome[train])
    return np.asarray(model.predict_proba(design[held_out][:, 1:])[:, 1])


def folds_of(cluster: npt.NDArray[np.intp], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """A fold for each row, the same for all rows of a cluster."""
    clusters, index = np.unique(cluster, return_inverse=True)
    return np.asarray((rng.permutation(len(clusters)) % CROSS_FOLDS)[index])


def chance_design(values: Matrix, margin: Array, features: tuple[Feature, ...]) -> Matrix:
    """A constant, then standardised columns: the margin, numbers clipped and filled with the median, categories, and what is unknown.

    The margin is bent at its quartiles: whoever decides who is seen looks mostly at the strong or the weak end.
    """
    unknown = np.isnan(values)
    numbers = clipped(values, features)
    for index in np.flatnonzero(unknown.any(axis=0)):
        known = values[~unknown[:, index], index]
        numbers[unknown[:, index], index] = np.median(known) if len(known) else 0.0
    columns = columns_of(features, indicated=np.flatnonzero(unknown.any(axis=0)))
    bends = [np.maximum(margin - bend, 0.0) for bend in np.quantile(margin, [0.25, 0.5, 0.75])]
    design = np.column_stack([margin, *bends, design_matrix(columns, values, numbers)])
    return np.column_stack([np.ones(len(margin)), fit_standardisation(design).apply(design)])
