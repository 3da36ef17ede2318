"""Fitting the relapse model: a second score, learned from graduates alone."""

from dataclasses import replace

import numpy as np

from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import fit_preparation
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.fitting.intervals import HeldOutMargins, fit_intervals
from graduasi_training.fitting.linear_and_trees import Settings, fit_linear
from graduasi_training.judging.slope import calibrate
from graduasi_training.study.graduates import Graduates
from graduasi_training.study.study import Study

FOLDS = 5


LIKE_A_GRADUATE = 0.99


def fit_relapse(graduates: Graduates, study: Study, settings: Settings) -> RelapseModel:
    """A penalised logistic regression of staying out, calibrated on held-out graduates, with its own intervals."""
    rng = np.random.default_rng(settings.seed)
    group = rng.integers(0, FOLDS, int(graduates.household.max()) + 1)[graduates.household]
    raw = np.zeros(len(graduates))
    for fold in range(FOLDS):
        kept_out = group == fold
        if kept_out.any():
            model = _stays_out(graduates.take(~kept_out), study, settings)
            raw[kept_out] = model.explain(graduates.values[kept_out]).margin
    slope, intercept = calibrate(raw, graduates.stayed_out)
    model = replace(_stays_out(graduates, study, settings), slope=slope, intercept=intercept)
    margins = HeldOutMargins(slope * raw + intercept, graduates.stayed_out, graduates.day, graduates.area)
    model = replace(model, intervals=fit_intervals(margins, model, graduates.values, rng=rng))
    known = np.asarray(~np.isnan(graduates.values).all(axis=0))
    centre, spread = np.zeros(len(known)), np.ones(len(known))
    centre[known] = np.nanmean(graduates.values[:, known], axis=0)
    spread[known] = np.nanstd(graduates.values[:, known], axis=0)
    spread[spread <= 1e-9] = np.inf
    alike = RelapseModel(model, centre, spread, np.inf)
    return replace(alike, limit=float(np.quantile(alike.distance(graduates.values), LIKE_A_GRADUATE)))


def _stays_out(graduates: Graduates, study: Study, settings: Settings) -> ReadinessModel:
    preparation = fit_preparation(graduates.values, study.features)
    linear = fit_linear(graduates.values, graduates.stayed_out, study.features, preparation, C=settings.C)
    return ReadinessModel(study.features, preparation, linear, None, linear_share=1.0, slope=1.0, intercept=0.0)
