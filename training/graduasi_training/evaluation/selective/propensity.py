"""How likely a household's outcome was to be observed, given what was known of it on the day.

Cross-fitted: no household's own fate enters its propensity. The mentor is left out on purpose: a mentor's strictness changes
who is observed and not who is ready, so weighting by it would cost precision and correct nothing.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature

FOLDS = 5
C = 0.03
TAIL = 0.01
"""Numbers are drawn in to these quantiles: one family with a huge debt must not decide who resembles whom."""
LEAST = 1e-4
MOST_WEIGHT = 0.95
"""Weights above this quantile of the weights in use are cut to it."""


def propensity(
    values: Matrix,
    margin: Array,
    observed: npt.NDArray[np.bool_],
    features: tuple[Feature, ...],
    *,
    rng: np.random.Generator,
) -> Array:
    """The cross-fitted chance of each row to be observed, from its features and the model's margin."""
    design = _design(values, margin, features)
    group = rng.permutation(len(observed)) % FOLDS
    chance = np.empty(len(observed))
    for fold in range(FOLDS):
        train, held = group != fold, group == fold
        chance[held] = _chance(design[train], observed[train], design[held])
    return np.clip(chance, LEAST, 1.0)


def _chance(design: Array, observed: npt.NDArray[np.bool_], held: Array) -> Array:
    if observed.all() or not observed.any():
        return np.full(len(held), float(observed.mean()) if len(observed) else 1.0)
    fitted: Any = LogisticRegression(C=C, max_iter=300).fit(design, observed)
    return np.asarray(fitted.predict_proba(held)[:, 1])


def _design(values: Matrix, margin: Array, features: tuple[Feature, ...]) -> Array:
    """Standardised columns: numbers drawn in at both ends, a column a category, and one for each field that is unknown at times."""
    blocks = [margin[:, None]]
    for place, feature in enumerate(features):
        column = values[:, place]
        unknown = np.isnan(column)
        if feature.is_nominal:
            blocks.append((column[:, None] == np.arange(len(feature.field.categories))).astype(float))
        elif not unknown.all():
            low, middle, high = np.nanquantile(column, [TAIL, 0.5, 1 - TAIL])
            blocks.append(np.where(unknown, middle, np.clip(column, low, high))[:, None])
        if unknown.any():
            blocks.append(unknown[:, None].astype(float))
    design = np.hstack(blocks)
    spread = design.std(axis=0)
    return np.asarray((design - design.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0))


def weights(chance: Array, used: Array) -> Array:
    """One over the chance, cut at a quantile, for rows with a share `used` above zero; the sum is the effective number of rows."""
    inverse = np.where(used > 0, 1.0 / chance, 0.0)
    if not (used > 0).any():
        return inverse
    inverse = np.minimum(inverse, np.quantile(inverse[used > 0], MOST_WEIGHT))
    return np.asarray(inverse * (used * inverse).sum() / (used * inverse**2).sum())
