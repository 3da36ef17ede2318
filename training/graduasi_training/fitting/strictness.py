"""Mentors' strictness, kept apart from families' readiness, for targets that a mentor's choice decides.

Where "graduated" is the target, a model learns in part who the mentor is: fields that follow the mentor (the area, the road)
take the blame for a strict one. So each mentor gets an offset in log-odds. It is fitted beside what sets families of the
*same* mentor apart, and shrunken towards zero the fewer families the mentor has (empirical Bayes). Models are then fitted
with the offsets given, and score every family as under the average mentor (docs/decisions/0011).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.preparation import fit_preparation
from graduasi_training.fitting.design import columns_of, design_matrix
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression
from graduasi_training.judging.slope import calibrate

STRICTNESS_FOLDS = 3
MAX_STRICTNESS_ROWS = 60_000
"""More rows than these hardly change the offsets; some are drawn."""
MIN_VARIANCE_WITHIN = 0.05
"""A column of which less than this part of the variance lies within mentors cannot be told apart from the mentor."""
EM_ROUNDS = 30
START_MENTOR_VARIANCE, MIN_MENTOR_VARIANCE = 0.25, 1e-4
MIN_MENTORS = 5

MentorIndex = npt.NDArray[np.intp]
"""For each row the number of its mentor, counted from 0."""


@dataclass(frozen=True)
class Strictness:
    """For each mentor (`mentors`, ascending) its offset in log-odds of the outcome; `spread` is the offsets' standard deviation."""

    mentors: npt.NDArray[np.intp]
    offset: Array
    spread: float

    def of(self, mentor: npt.NDArray[np.intp]) -> Array:
        """The offset of each row's mentor; zero, as for the average mentor, where the mentor is not among them."""
        index = np.clip(np.searchsorted(self.mentors, mentor), 0, len(self.mentors) - 1)
        return np.where(self.mentors[index] == mentor, self.offset[index], 0.0)


def mentor_offsets(
    values: Matrix,
    y: Array,
    mentor: npt.NDArray[np.intp],
    household: npt.NDArray[np.int32],
    features: tuple[Feature, ...],
    *,
    C: float,
    rng: np.random.Generator,
) -> Strictness | None:
    """The mentors' offsets from out-of-fold margins; None with fewer than MIN_MENTORS mentors. -1 stands for no mentor."""
    rows = np.flatnonzero(mentor >= 0)
    if len(np.unique(mentor[rows])) < MIN_MENTORS:
        return None
    if len(rows) > MAX_STRICTNESS_ROWS:
        rows = np.sort(rng.choice(rows, MAX_STRICTNESS_ROWS, replace=False))
    mentors, mentor_index = np.unique(mentor[rows], return_inverse=True)
    columns = columns_of(features)
    filled = fit_preparation(values[rows], features).filled(values[rows])
    design = design_matrix(columns, values[rows], filled)
    signs = np.array([column.sign for column in columns])
    margin = _out_of_fold_margins(design, signs, y[rows], mentor_index, household[rows], C=C, rng=rng)
    offset, variance = shrunken_offsets(margin, y[rows], mentor_index, len(mentors))
    return Strictness(mentors, offset, float(np.sqrt(variance)))


def shrunken_offsets(margin: Array, y: Array, mentor_index: MentorIndex, mentors: int) -> tuple[Array, float]:
    """Each mentor's offset, and the variance of the offsets.

    The model is y ~ logit(line(margin) + b), b ~ N(0, variance). EM finds the variance; b is the posterior mode. The mean
    over rows is taken off, so that the average family's mentor has offset zero.
    """
    slope, intercept = calibrate(margin, y)
    base, offset, variance = slope * margin + intercept, np.zeros(mentors), START_MENTOR_VARIANCE
    for _ in range(EM_ROUNDS):
        for _ in range(3):
            chance = expit(base + offset[mentor_index])
            information = np.bincount(mentor_index, weights=chance * (1 - chance), minlength=mentors) + 1 / variance
            gradient = np.bincount(mentor_index, weights=y - chance, minlength=mentors) - offset / variance
            offset = offset + np.clip(gradient / information, -1.0, 1.0)
        base = base + _level_step(base + offset[mentor_index], y)
        variance = max(float(np.mean(offset**2 + 1 / information)), MIN_MENTOR_VARIANCE)
    return offset - offset[mentor_index].mean(), variance


def _level_step(margin: Array, y: Array) -> float:
    """One Newton step of the level that all margins share."""
    chance = expit(margin)
    return float((y - chance).sum() / max((chance * (1 - chance)).sum(), 1e-9))


def _out_of_fold_margins(
    design: Matrix,
    signs: npt.NDArray[np.intp],
    y: Array,
    mentor_index: MentorIndex,
    household: npt.NDArray[np.int32],
    *,
    C: float,
    rng: np.random.Generator,
) -> Array:
    """Margins learned from differences between families of one mentor, each by a fit that never saw the household."""
    within = design - _mentor_means(design, mentor_index)
    spread, spread_within = design.std(axis=0), within.std(axis=0)
    usable = spread_within**2 > MIN_VARIANCE_WITHIN * np.maximum(spread, 1e-9) ** 2
    within, design = within[:, usable] / spread_within[usable], design[:, usable] / spread_within[usable]
    fold = _household_folds(household, rng)
    margin = np.zeros(len(y))
    for number in range(STRICTNESS_FOLDS):
        train = fold != number
        if usable.any() and 0 < y[train].mean() < 1:
            model = SignedLogisticRegression(C=C, signs=signs[usable]).fit(within[train], y[train])
            margin[~train] = design[~train] @ model.coef_
    return margin


def _household_folds(household: npt.NDArray[np.int32], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """A fold for each row, the same for all rows of a household: no fit may know a family from another of its visits."""
    households, household_index = np.unique(household, return_inverse=True)
    return (rng.permutation(len(households)) % STRICTNESS_FOLDS)[household_index]


def _mentor_means(design: Matrix, mentor_index: MentorIndex) -> Matrix:
    """For each row, the column means over its mentor's rows."""
    size = np.bincount(mentor_index)
    sums = np.stack([np.bincount(mentor_index, weights=column) for column in design.T], axis=1)
    return np.asarray((sums / size[:, None])[mentor_index])
