"""A household's readiness apart from its mentor's strictness, for targets that a mentor's choice decides.

Where "graduated" is the target, a model learns in part who the mentor is: fields that follow the mentor (the area, the road)
take the blame for a strict one. So each mentor gets an offset in log-odds, drawn in towards zero as its families are few
(empirical Bayes), fitted beside what sets families of the *same* mentor apart. Models are then fitted with the offsets given,
and score every family as under the average mentor (docs/decisions/0011).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import GOOD, Feature
from graduasi.readiness.preparation import Preparation, fit_preparation
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression
from graduasi_training.judging.slope import calibrate

FOLDS = 3
MAX_ROWS = 60_000
LEAST_WITHIN = 0.05
"""A field of which less than this part of the variance lies within mentors cannot be told apart from the mentor."""
ROUNDS = 30
LEAST_VARIANCE = 1e-4
MIN_MENTORS = 5

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Strictness:
    """Per mentor (in the order of `mentors`) the offset in log-odds of the outcome, and how far mentors spread."""

    mentors: Numbers
    offset: Array
    spread: float

    def of(self, mentor: Numbers) -> Array:
        """Each row's offset; the average mentor's, zero, where it has none."""
        place = np.clip(np.searchsorted(self.mentors, mentor), 0, len(self.mentors) - 1)
        return np.where(self.mentors[place] == mentor, self.offset[place], 0.0)


def mentor_offsets(
    values: Matrix,
    y: Array,
    mentor: Numbers,
    household: npt.NDArray[np.int32],
    features: tuple[Feature, ...],
    *,
    C: float,
    rng: np.random.Generator,
) -> Strictness | None:
    """The mentors' offsets from out-of-fold margins; None with fewer than MIN_MENTORS mentors. -1 stands for no mentor."""
    known = np.flatnonzero(mentor >= 0)
    if len(np.unique(mentor[known])) < MIN_MENTORS:
        return None
    if len(known) > MAX_ROWS:
        known = np.sort(rng.choice(known, MAX_ROWS, replace=False))
    names, place = np.unique(mentor[known], return_inverse=True)
    design, signs = _design(values[known], features, fit_preparation(values[known], features))
    margin = _out_of_fold(design, signs, y[known], place, household[known], C=C, rng=rng)
    offset, variance = shrunken_offsets(margin, y[known], place, len(names))
    return Strictness(names, offset, float(np.sqrt(variance)))


def shrunken_offsets(margin: Array, y: Array, place: Numbers, mentors: int) -> tuple[Array, float]:
    """Offsets b with y ~ logit(line(margin) + b), b ~ N(0, variance); the variance is found by EM, b is the posterior mode.

    The mean over rows is taken off, so that the average family's mentor has offset zero.
    """
    slope, intercept = calibrate(margin, y)
    base, offset, variance = slope * margin + intercept, np.zeros(mentors), 0.25
    for _ in range(ROUNDS):
        for _ in range(3):
            chance = expit(base + offset[place])
            information = np.bincount(place, weights=chance * (1 - chance), minlength=mentors) + 1 / variance
            step = np.bincount(place, weights=y - chance, minlength=mentors) - offset / variance
            offset = offset + np.clip(step / information, -1.0, 1.0)
        base = base + _shift(base + offset[place], y)
        variance = max(float(np.mean(offset**2 + 1 / information)), LEAST_VARIANCE)
    return offset - offset[place].mean(), variance


def _shift(margin: Array, y: Array) -> float:
    """One Newton step of the common level."""
    chance = expit(margin)
    return float((y - chance).sum() / max((chance * (1 - chance)).sum(), 1e-9))


def _out_of_fold(
    design: Array,
    signs: Array,
    y: Array,
    place: Numbers,
    household: npt.NDArray[np.int32],
    *,
    C: float,
    rng: np.random.Generator,
) -> Array:
    """Margins from differences between families of one mentor, each by a fit that never saw the household."""
    within = design - _means(design, place)
    spread, inside = design.std(axis=0), within.std(axis=0)
    apart = inside**2 > LEAST_WITHIN * np.maximum(spread, 1e-9) ** 2
    within, design = within[:, apart] / inside[apart], design[:, apart] / inside[apart]
    names, number = np.unique(household, return_inverse=True)
    fold = (rng.permutation(len(names)) % FOLDS)[number]
    margin = np.zeros(len(y))
    for held in range(FOLDS):
        train = fold != held
        if apart.any() and 0 < y[train].mean() < 1:
            model = SignedLogisticRegression(C=C, signs=signs[apart]).fit(within[train], y[train])
            margin[~train] = design[~train] @ model.coef_
    return margin


def _means(design: Array, place: Numbers) -> Array:
    """Each row's mentor's means."""
    size = np.bincount(place)
    sums = np.stack([np.bincount(place, weights=column) for column in design.T], axis=1)
    return np.asarray((sums / size[:, None])[place])


def _design(values: Matrix, features: tuple[Feature, ...], preparation: Preparation) -> tuple[Array, Array]:
    """Numbers filled and a column for each category, with the signs that the dictionary declares."""
    filled, columns, signs = preparation.filled(values), [], []
    for place, feature in enumerate(features):
        if feature.is_nominal:
            codes = np.arange(len(feature.field.categories))
            columns.append((values[:, [place]] == codes).astype(float))
            signs += [0] * len(codes)
        else:
            low, high = np.quantile(filled[:, place], [0.01, 0.99])
            columns.append(np.clip(filled[:, [place]], low, high))
            signs.append(GOOD[feature.effect])
    return np.hstack(columns), np.array(signs)
