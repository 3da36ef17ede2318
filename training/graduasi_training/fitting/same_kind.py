"""A model of the same kind as the champion, fitted to other rows or without some of the features: one fit, and no choosing."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import fit_preparation
from graduasi_training.fitting.linear_and_trees import Settings, fit_linear, fit_trees
from graduasi_training.fitting.selection import Fitted, with_mentor_offsets
from graduasi_training.study.rows import TrainingRows

MAX_LEVEL_ROWS = 5_000
"""The level of two models is compared on at most so many rows; it is a mean."""


def fit_same_kind(
    fitted: Fitted,
    rows: TrainingRows,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    without: npt.NDArray[np.intp] | None = None,
) -> ReadinessModel:
    """The champion's parts fitted to `rows`, without the features numbered in `without`.

    Blend and slope are the champion's. The intercept gives the rows the same mean margin as the champion does, so that two
    models of one kind differ in what they know and not in their level.
    """
    champion = fitted.champion
    rows, _ = with_mentor_offsets(rows, features, settings)
    keep = np.setdiff1d(np.arange(len(features)), np.zeros(0, dtype=np.intp) if without is None else without)
    values, kept = rows.values[:, keep], tuple(features[index] for index in keep)
    preparation = fit_preparation(values, kept)
    linear = trees = None
    if champion.linear is not None:
        linear = fit_linear(values, rows.y, kept, preparation, C=settings.C, offset=rows.offset)
    if champion.trees is not None:
        kind = fitted.chosen_trees
        trees = fit_trees(values, rows.y, kept, preparation, settings=settings, offset=rows.offset, kinds=(kind,))[kind]
    model = replace(champion, features=kept, preparation=preparation, linear=linear, trees=trees, intervals=None)
    some = np.random.default_rng(settings.seed).permutation(len(rows.y))[:MAX_LEVEL_ROWS]
    step = champion.explain(rows.values[some]).margin.mean() - model.explain(values[some]).margin.mean()
    return replace(model, intercept=model.intercept + float(step))
