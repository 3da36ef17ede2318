"""The design matrix of a linear fit: which feature each column comes from, its values, and how it is standardised.

A number is one column, a nominal feature is one column for each category (1.0: that category), and a feature may have one
more column that is 1.0 where it is unknown. What stands for an unknown number, and whether outliers are clipped, is the
caller's choice: `design_matrix` takes the numbers as they are to be read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import EFFECT_SIGN, Feature
from graduasi.readiness.preparation import MIN_SUPPORT_ROWS

Kind = Literal["number", "category", "unknown"]
KINDS: tuple[Kind, ...] = ("number", "category", "unknown")

CLIP_TAIL = 0.01
"""`clipped` moves numbers to these quantiles: one family with a huge debt must not decide a weight."""
LEAST_FLAG_SPREAD = 0.3
"""The spread of a column that is 1.0 in one row of ten. Rarer ones are scaled as if they were that common: divided by their
own small spread, a few rows would earn a weight that moves everybody once what they have is common."""
CONSTANT_SPREAD = 1e-9
"""A spread this small beside the mean is rounding: such a column is the same in every row and teaches nothing."""


@dataclass(frozen=True)
class Column:
    """One column of a design matrix.

    `feature` is the feature's index, `category` the category's code in a column of kind "category". `sign` is the sign
    that the dictionary allows the weight to have: 1, -1, or 0 for either.
    """

    feature: int
    kind: Kind
    sign: int
    category: int = -1


def columns_of(features: Sequence[Feature], *, indicated: Iterable[int] = ()) -> list[Column]:
    """The columns of all features in the features' order; the features `indicated` have a column for unknown.

    Being unknown may not raise the score where the feature has a declared effect.
    """
    with_indicator = set(indicated)
    columns = []
    for index, feature in enumerate(features):
        if feature.is_nominal:
            columns += [Column(index, "category", 0, code) for code in range(len(feature.field.categories))]
        else:
            columns.append(Column(index, "number", EFFECT_SIGN[feature.effect]))
        if index in with_indicator:
            columns.append(Column(index, "unknown", unknown_sign(feature)))
    return columns


def unknown_sign(feature: Feature) -> int:
    """The sign that the weight of "this feature is unknown" may have: never positive where an effect is declared."""
    return -1 if feature.effect != "any" else 0


def by_kind(columns: Iterable[Column]) -> list[Column]:
    """The numbers first, then the categories, then the indicators of the unknown."""
    return sorted(columns, key=lambda column: KINDS.index(column.kind))


def design_matrix(
    columns: Sequence[Column], values: Matrix, numbers: Matrix, *, layout: Literal["C", "F"] = "C"
) -> Matrix:
    """Rows × columns. `values` are the features with NaN for unknown, `numbers` the same with unknown numbers replaced.

    `layout` is NumPy's memory order, by rows or by columns. Sums over rows differ by it in their last digit.
    """
    design = np.empty((len(values), len(columns)), order=layout)
    for index, column in enumerate(columns):
        feature = values[:, column.feature]
        if column.kind == "number":
            design[:, index] = numbers[:, column.feature]
        elif column.kind == "category":
            design[:, index] = feature == column.category
        else:
            design[:, index] = np.isnan(feature)
    return design


def clipped(values: Matrix, features: Sequence[Feature]) -> Matrix:
    """The numbers moved to the CLIP_TAIL quantiles of their column where they lie beyond them; NaN stays NaN."""
    result = values.copy()
    for index, feature in enumerate(features):
        known = values[~np.isnan(values[:, index]), index]
        if not feature.is_nominal and len(known):
            result[:, index] = np.clip(values[:, index], *np.quantile(known, [CLIP_TAIL, 1 - CLIP_TAIL]))
    return result


@dataclass(frozen=True)
class Standardisation:
    """Mean and spread of each column, learned from training rows; `constant` columns are zero in every row."""

    mean: Array
    spread: Array
    constant: npt.NDArray[np.bool_]

    def apply(self, design: Matrix) -> Matrix:
        """The columns less their mean, in units of their spread."""
        standardised = design - self.mean
        standardised /= self.spread
        standardised[:, self.constant] = 0.0
        return standardised


def fit_standardisation(design: Matrix) -> Standardisation:
    """Learn mean and spread; the spread of a constant column is taken as 1.

    A column of zeros and ones of which one of the two is in fewer than MIN_SUPPORT_ROWS rows counts as constant.
    """
    mean, spread = design.mean(axis=0), design.std(axis=0)
    is_flag = np.array([bool(((column == 0) | (column == 1)).all()) for column in design.T])
    rarer = np.where(is_flag, np.minimum(mean, 1 - mean) * len(design), np.inf)
    constant = (spread <= CONSTANT_SPREAD * np.maximum(1.0, np.abs(mean))) | (rarer < MIN_SUPPORT_ROWS - 0.5)
    spread = np.where(is_flag, np.maximum(spread, LEAST_FLAG_SPREAD), spread)
    spread[constant] = 1.0
    return Standardisation(mean, spread, constant)
