"""Fitting the relapse model: a second score, for how likely a family is to need aid again, learned from graduates alone.

It is one penalised logistic regression of staying out, without trees: graduates are too few for more. Out-of-fold margins
calibrate it and give it intervals of its own. It also keeps how a typical graduate looks, so that no risk is told of
families that are unlike all graduates.
"""

from dataclasses import replace

import numpy as np

from graduasi.arrays import Array
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.preparation import fit_preparation
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.fitting.intervals import HeldOutMargins, fit_intervals
from graduasi_training.fitting.linear_and_trees import Settings, fit_linear
from graduasi_training.fitting.period_errors import period_errors
from graduasi_training.judging.slope import calibrate
from graduasi_training.study.graduates import Graduates
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.study import Study

RELAPSE_FOLDS = 5
DAYS_PER_YEAR = 365
MIN_SPREAD = 1e-9
"""A feature that varies less among graduates does not count towards a family's distance from them."""
LIKE_A_GRADUATE = 0.99
"""A family is told no risk if it lies farther from the typical graduate than this part of the graduates do."""


def fit_relapse(graduates: Graduates, study: Study, settings: Settings) -> RelapseModel:
    """A penalised logistic regression of staying out, calibrated on held-out graduates, with its own intervals."""
    rng = np.random.default_rng(settings.seed)
    raw = _out_of_fold_margins(graduates, study, settings, rng)
    slope, intercept = calibrate(raw, graduates.stayed_out)
    model = replace(_fit_stays_out(graduates, study, settings), slope=slope, intercept=intercept)
    margins = HeldOutMargins(slope * raw + intercept, graduates.stayed_out, graduates.household, graduates.area)
    errors = period_errors(_by_year(graduates), study.features, settings=settings)
    model = replace(model, intervals=fit_intervals(margins, errors, model, graduates.values, rng=rng))
    return _with_limit(model, graduates)


def _by_year(graduates: Graduates) -> TrainingRows:
    """The graduates as rows to learn from, with the first day of a year of graduations as their day: years are the periods."""
    last = graduates.day.max()
    year = (last - graduates.day) // DAYS_PER_YEAR
    day = (last - (year + 1) * DAYS_PER_YEAR + 1).astype(np.int32)
    return TrainingRows(graduates.values, graduates.stayed_out, graduates.household, day, graduates.known_on)


def _out_of_fold_margins(graduates: Graduates, study: Study, settings: Settings, rng: np.random.Generator) -> Array:
    """Each graduate's uncalibrated margin by a model that never saw the household: some graduate more than once."""
    fold_of_household = rng.integers(0, RELAPSE_FOLDS, int(graduates.household.max()) + 1)
    fold = fold_of_household[graduates.household]
    margin = np.zeros(len(graduates))
    for number in range(RELAPSE_FOLDS):
        held_out = fold == number
        if held_out.any():
            others = graduates.take(~held_out)
            model = _fit_stays_out(others, study, settings.for_part(len(others), of=len(graduates)))
            margin[held_out] = model.explain(graduates.values[held_out]).margin
    return margin


def _fit_stays_out(graduates: Graduates, study: Study, settings: Settings) -> ReadinessModel:
    preparation = fit_preparation(graduates.values, study.features)
    linear = fit_linear(graduates.values, graduates.stayed_out, study.features, preparation, C=settings.C)
    return ReadinessModel(study.features, preparation, linear, None, linear_share=1.0, slope=1.0, intercept=0.0)


def _with_limit(model: ReadinessModel, graduates: Graduates) -> RelapseModel:
    """The model with mean and spread of the graduates' features, and the distance from them beyond which no risk is told."""
    known = np.asarray(~np.isnan(graduates.values).all(axis=0))
    centre, spread = np.zeros(len(known)), np.ones(len(known))
    centre[known] = np.nanmean(graduates.values[:, known], axis=0)
    spread[known] = np.nanstd(graduates.values[:, known], axis=0)
    spread[spread <= MIN_SPREAD] = np.inf
    unlimited = RelapseModel(model, centre, spread, np.inf)
    limit = float(np.quantile(unlimited.distance(graduates.values), LIKE_A_GRADUATE))
    return replace(unlimited, limit=limit)
