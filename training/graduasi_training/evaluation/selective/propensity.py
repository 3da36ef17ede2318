"""How likely a household's outcome was to be observed, given what was known of it on the day.

Cross-fitted: no household's own fate enters its propensity. The mentor is left out on purpose: a mentor's strictness changes
who is observed and not who is ready, so weighting by it would cost precision and correct nothing.
"""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from graduasi.arrays import Array, Mask, Matrix
from graduasi.readiness.features import Feature
from graduasi_training.fitting.design import clipped, columns_of, design_matrix, fit_standardisation

PROPENSITY_FOLDS = 5
PROPENSITY_C = 0.03
"""The inverse strength of the penalty."""
MIN_PROPENSITY = 1e-4
MAX_WEIGHT_QUANTILE = 0.95
"""Weights above this quantile of the weights in use are cut to it."""


def propensity(
    values: Matrix,
    margin: Array,
    observed: Mask,
    features: tuple[Feature, ...],
    *,
    rng: np.random.Generator,
) -> Array:
    """The cross-fitted chance of each row to be observed, from its features (NaN: unknown) and the model's margin."""
    design = _design(values, margin, features)
    fold = rng.permutation(len(observed)) % PROPENSITY_FOLDS
    chance = np.empty(len(observed))
    for number in range(PROPENSITY_FOLDS):
        train, held_out = fold != number, fold == number
        chance[held_out] = _chance(design[train], observed[train], design[held_out])
    return np.clip(chance, MIN_PROPENSITY, 1.0)


def _chance(design: Matrix, observed: Mask, held_out: Matrix) -> Array:
    """The chance in held-out rows, learned from the others; where those were all observed or none was, that rate."""
    if observed.all() or not observed.any():
        return np.full(len(held_out), float(observed.mean()) if len(observed) else 1.0)
    fitted: Any = LogisticRegression(C=PROPENSITY_C, max_iter=300).fit(design, observed)
    return np.asarray(fitted.predict_proba(held_out)[:, 1])


def _design(values: Matrix, margin: Array, features: tuple[Feature, ...]) -> Matrix:
    """Standardised columns: the margin, numbers clipped and filled with the median, categories, and what is unknown."""
    unknown = np.isnan(values)
    numbers = clipped(values, features)
    for index in np.flatnonzero(unknown.any(axis=0)):
        known = values[~unknown[:, index], index]
        numbers[unknown[:, index], index] = np.median(known) if len(known) else 0.0
    columns = columns_of(features, indicated=np.flatnonzero(unknown.any(axis=0)))
    design = np.column_stack([margin, design_matrix(columns, values, numbers)])
    return fit_standardisation(design).apply(design)


def inverse_weights(chance: Array, share: Array) -> Array:
    """For each row one over its chance to be observed, cut at a quantile; zero where the row's `share` is zero.

    Scaled so that `share × weight` sums to the effective number of rows.
    """
    weight = np.where(share > 0, 1.0 / chance, 0.0)
    if not (share > 0).any():
        return weight
    weight = np.minimum(weight, np.quantile(weight[share > 0], MAX_WEIGHT_QUANTILE))
    return np.asarray(weight * (share * weight).sum() / (share * weight**2).sum())
