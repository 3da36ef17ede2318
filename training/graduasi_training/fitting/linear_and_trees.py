"""Fitting the parts of a readiness model to feature rows: the linear part, the trees, and the calibration."""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from scipy.special import logit

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import GOOD, Feature
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.preparation import Preparation, fit_preparation
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression

CONSTANT = 1e-9
"""A spread this small beside the mean is rounding: such a column is the same in every row and teaches nothing."""


@dataclass(frozen=True)
class TreeSettings:
    """LightGBM's settings: what did best on four real panels, against larger and smaller ensembles (docs/decisions)."""

    trees: int = 150
    leaves: int = 7
    learning_rate: float = 0.05
    min_child_samples: int = 40
    column_share: float = 0.5
    l2: float = 5.0


@dataclass(frozen=True)
class Settings:
    """How a candidate is fitted. `C` is the inverse strength of the logistic regression's penalty."""

    C: float = 0.03
    trees: TreeSettings = TreeSettings()
    seed: int = 0


@dataclass(frozen=True)
class Parts:
    """Fitted, not yet blended or calibrated."""

    preparation: Preparation
    linear: LinearPart
    trees: str


def fit_parts(
    values: Matrix, y: Array, features: tuple[Feature, ...], *, settings: Settings, offset: Array | None = None
) -> Parts:
    """Fit linear part and trees to the same rows (NaN: unknown) and outcomes 0 or 1.

    `offset` is what each row's log-odds have beside its features; the parts say what they are where it is zero.
    """
    preparation = fit_preparation(values, features)
    return Parts(
        preparation,
        fit_linear(values, y, features, preparation, C=settings.C, offset=offset),
        fit_trees(values, y, features, preparation, settings=settings, offset=offset),
    )


def fit_linear(
    values: Matrix,
    y: Array,
    features: tuple[Feature, ...],
    preparation: Preparation,
    *,
    C: float,
    offset: Array | None = None,
) -> LinearPart:
    """A logistic regression on standardised columns, told as weights in the features' own units."""
    filled = preparation.filled(values)
    nominal = [place for place, feature in enumerate(features) if feature.is_nominal]
    numeric = [place for place, feature in enumerate(features) if not feature.is_nominal]
    codes = {place: np.arange(len(features[place].field.categories)) for place in nominal}
    indicated = preparation.indicators()
    blocks = [
        filled[:, numeric],
        *(values[:, [place]] == codes[place] for place in nominal),
        np.isnan(values[:, indicated]),
    ]
    design = np.hstack([block.astype(float) for block in blocks])
    mean, spread = design.mean(axis=0), design.std(axis=0)
    constant = spread <= CONSTANT * np.maximum(1.0, np.abs(mean))
    spread[constant] = 1.0
    signs = [GOOD[features[place].effect] for place in numeric] + [0] * sum(map(len, codes.values()))
    signs += [-1 if features[place].effect != "any" else 0 for place in indicated]
    design -= mean
    design /= spread
    design[:, constant] = 0.0
    fitted = SignedLogisticRegression(C=C, signs=signs).fit(design, y, offset=offset)
    return _in_own_units(
        fitted, mean, spread, numeric=numeric, codes=codes, features=len(features), indicators=len(indicated)
    )


def _in_own_units(
    fitted: SignedLogisticRegression,
    mean: Array,
    spread: Array,
    *,
    numeric: list[int],
    codes: dict[int, npt.NDArray[np.int64]],
    features: int,
    indicators: int,
) -> LinearPart:
    own = fitted.coef_ / spread
    weight, centre = np.zeros(features), np.zeros(features)
    weight[numeric], centre[numeric] = own[: len(numeric)], mean[: len(numeric)]
    tables, start = {}, len(numeric)
    for place, categories in codes.items():
        part = slice(start, start + len(categories))
        offset = float(own[part] @ mean[part])  # what an unknown category amounts to: none of the columns is set
        tables[place] = np.append(own[part] - offset, -offset)
        start += len(categories)
    return LinearPart(
        base=fitted.intercept_,
        weight=weight,
        mean=centre,
        indicator_weight=own[start:],
        indicator_mean=mean[start : start + indicators],
        nominal=tables,
    )


def fit_trees(
    values: Matrix,
    y: Array,
    features: tuple[Feature, ...],
    preparation: Preparation,
    *,
    settings: Settings,
    offset: Array | None = None,
) -> str:
    """Small monotone trees, as LightGBM's text model."""
    parameters = tree_parameters(features, preparation, settings=settings)
    data = tree_data(preparation.for_trees(values), y, features)
    level = 0.0 if offset is None else float(logit(np.clip(y.mean(), 1e-6, 1 - 1e-6)))
    if offset is not None:
        data.set_init_score(offset + level)
    booster = lgb.train(parameters, data, num_boost_round=settings.trees.trees)
    if offset is not None:  # with a start given, LightGBM leaves the level out of its trees
        for leaf in range(booster.dump_model()["tree_info"][0]["num_leaves"]):
            booster.set_leaf_output(0, leaf, booster.get_leaf_output(0, leaf) + level)
    return booster.model_to_string(num_iteration=-1, importance_type="gain")


def tree_parameters(features: tuple[Feature, ...], preparation: Preparation, *, settings: Settings) -> dict[str, Any]:
    """What LightGBM is told: the settings, the constraints that the dictionary declares, and to repeat itself exactly."""
    monotone = [GOOD[feature.effect] for feature in features] + [
        -1 if features[place].effect != "any" else 0 for place in preparation.indicators()
    ]
    chosen = settings.trees
    return {
        "objective": "binary", "num_leaves": chosen.leaves, "learning_rate": chosen.learning_rate, "min_child_samples": chosen.min_child_samples,
        "feature_fraction": chosen.column_share, "lambda_l2": chosen.l2, "monotone_constraints": monotone, "seed": settings.seed,
        "deterministic": True, "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip


def tree_data(prepared: Matrix, y: Array, features: tuple[Feature, ...]) -> lgb.Dataset:
    """Rows as `Preparation.for_trees` gives them, for LightGBM to bin."""
    nominal = [place for place, feature in enumerate(features) if feature.is_nominal]
    return lgb.Dataset(prepared, y, categorical_feature=nominal, params={"verbosity": -1}, free_raw_data=True)
