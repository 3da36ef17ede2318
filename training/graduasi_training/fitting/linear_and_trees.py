"""Fitting the two parts of a readiness model to feature rows: the linear part and the trees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
from scipy.special import logit

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import EFFECT_SIGN, Feature
from graduasi.readiness.linear import LinearPart
from graduasi.readiness.preparation import Preparation, fit_preparation
from graduasi_training.fitting.design import (
    Column,
    Standardisation,
    by_kind,
    columns_of,
    design_matrix,
    fit_standardisation,
    unknown_sign,
)
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression

ADDITIVE_STEPS, MAX_ADDITIVE_RATE = 4, 0.3
"""Longer steps than 0.3, the longest that is searched, did not do better in trees of one split."""


@dataclass(frozen=True)
class TreeSettings:
    """LightGBM's settings: what did best on four real panels, against larger and smaller ensembles (docs/decisions)."""

    trees: int = 150
    leaves: int = 7
    learning_rate: float = 0.05
    min_child_samples: int = 40
    column_share: float = 0.5
    l2: float = 5.0

    def additive(self) -> "TreeSettings":
        """The same with one split a tree, so that the sum over trees is a curve for each feature and knows no interaction.

        One split moves less than several, so the steps are ADDITIVE_STEPS times as long. On drawn truths of 1,500 and 4,000
        rows (linear, curves, thresholds) that did as well, to 0.001 of log loss, as twice the trees with half of the step.
        """
        rate = min(ADDITIVE_STEPS * self.learning_rate, MAX_ADDITIVE_RATE)
        return replace(self, leaves=2, learning_rate=max(self.learning_rate, rate))


@dataclass(frozen=True)
class Settings:
    """How a candidate is fitted. `C` is the inverse strength of the logistic regression's penalty."""

    C: float = 0.03
    trees: TreeSettings = TreeSettings()
    seed: int = 0

    def for_part(self, rows: int, *, of: int) -> "Settings":
        """The settings for a fit to `rows` rows that stands for a fit to `of` rows: weights are shrunk as much.

        The same penalty shrinks the weights of fewer rows more. A calibration learned on such a fit, and put on one to all
        rows, would stretch the margins; where few families are ready, that multiplies the forecasts.
        """
        return replace(self, C=self.C * of / rows)


TreeKind = Literal["additive", "lightgbm"]
TREE_KINDS: tuple[TreeKind, ...] = ("additive", "lightgbm")
"""Trees of one split, and trees with as many leaves as the settings say."""


@dataclass(frozen=True)
class Parts:
    """All parts fitted to the same rows, not yet blended or calibrated; `trees` is LightGBM's text model of each kind."""

    preparation: Preparation
    linear: LinearPart
    trees: Mapping[TreeKind, str]


def fit_parts(
    values: Matrix, y: Array, features: tuple[Feature, ...], *, settings: Settings, offset: Array | None = None
) -> Parts:
    """Fit linear part and both kinds of trees to the same rows (NaN: unknown) and outcomes 0 or 1.

    `offset` is what adds to each row's log-odds beside its features; the fitted parts give the log-odds without it.
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
    """A logistic regression on standardised columns, returned as weights in the features' own units."""
    columns = by_kind(columns_of(features, indicated=preparation.indicators()))
    kinds = {column.kind for column in columns}
    # Of the two layouts the one that version 0.1.0 came by, so that the same data still give the same bundle bit by bit.
    layout: Literal["C", "F"] = "F" if "unknown" in kinds and "category" not in kinds else "C"
    design = design_matrix(columns, values, preparation.filled(values), layout=layout)
    standardisation = fit_standardisation(design)
    design = standardisation.apply(design)
    regression = SignedLogisticRegression(C=C, signs=[column.sign for column in columns])
    return _in_own_units(regression.fit(design, y, offset=offset), columns, standardisation, features)


def _in_own_units(
    fitted: SignedLogisticRegression,
    columns: list[Column],
    standardisation: Standardisation,
    features: tuple[Feature, ...],
) -> LinearPart:
    """The weights of standardised columns as weights of the features; `columns` are ordered by kind."""
    own, mean = fitted.coef_ / standardisation.spread, standardisation.mean
    weight, centre = np.zeros(len(features)), np.zeros(len(features))
    for index, column in enumerate(columns):
        if column.kind == "number":
            weight[column.feature], centre[column.feature] = own[index], mean[index]
    tables = {}
    for feature in sorted({column.feature for column in columns if column.kind == "category"}):
        categories = [
            index for index, column in enumerate(columns) if (column.kind, column.feature) == ("category", feature)
        ]
        offset = float(own[categories] @ mean[categories])  # of an unknown category: all of its columns are zero
        tables[feature] = np.append(own[categories] - offset, -offset)
    indicators = [index for index, column in enumerate(columns) if column.kind == "unknown"]
    return LinearPart(
        base=fitted.intercept_,
        weight=weight,
        mean=centre,
        indicator_weight=own[indicators],
        indicator_mean=mean[indicators],
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
    kinds: Sequence[TreeKind] = TREE_KINDS,
) -> dict[TreeKind, str]:
    """Small monotone trees of each of the `kinds`, as LightGBM's text model; the rows are binned once for all."""
    data = tree_data(preparation.for_trees(values), y, features)
    level = 0.0 if offset is None else float(logit(np.clip(y.mean(), 1e-6, 1 - 1e-6)))
    if offset is not None:
        data.set_init_score(offset + level)
    texts: dict[TreeKind, str] = {}
    for kind in kinds:
        booster = grow(data, features, preparation, settings=settings, kind=kind)
        if offset is not None:  # given a start, LightGBM leaves the level out of its trees
            for leaf in range(booster.dump_model()["tree_info"][0]["num_leaves"]):
                booster.set_leaf_output(0, leaf, booster.get_leaf_output(0, leaf) + level)
        texts[kind] = booster.model_to_string(num_iteration=-1, importance_type="gain")
    return texts


def grow(
    data: lgb.Dataset, features: tuple[Feature, ...], preparation: Preparation, *, settings: Settings, kind: TreeKind
) -> lgb.Booster:
    """The trees of one kind, grown on rows that `tree_data` made ready."""
    trees = settings.trees.additive() if kind == "additive" else settings.trees
    parameters = tree_parameters(features, preparation, settings=replace(settings, trees=trees))
    return lgb.train(parameters, data, num_boost_round=trees.trees)


def tree_parameters(features: tuple[Feature, ...], preparation: Preparation, *, settings: Settings) -> dict[str, Any]:
    """LightGBM's parameters: the settings, the monotone constraints that the dictionary declares, and exact repeatability."""
    monotone = [EFFECT_SIGN[feature.effect] for feature in features] + [
        unknown_sign(features[index]) for index in preparation.indicators()
    ]
    trees = settings.trees
    return {
        "objective": "binary", "num_leaves": trees.leaves, "learning_rate": trees.learning_rate, "min_child_samples": trees.min_child_samples,
        "feature_fraction": trees.column_share, "lambda_l2": trees.l2, "monotone_constraints": monotone, "seed": settings.seed,
        "deterministic": True, "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip


def tree_data(prepared: Matrix, y: Array, features: tuple[Feature, ...]) -> lgb.Dataset:
    """Rows as `Preparation.for_trees` gives them, for LightGBM to bin."""
    nominal = [index for index, feature in enumerate(features) if feature.is_nominal]
    return lgb.Dataset(prepared, y, categorical_feature=nominal, params={"verbosity": -1}, free_raw_data=True)
