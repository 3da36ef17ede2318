"""Choosing between logistic regression, trees and their blend, by out-of-fold log loss; the simpler wins ties.

The choice is made inside the training window, never on a test fold: inner folds by household give out-of-fold margins,
each candidate is calibrated on them, and the simplest candidate within one standard error of the best is chosen.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting.linear_and_trees import Parts, Settings, fit_parts
from graduasi_training.fitting.strictness import mentor_offsets
from graduasi_training.judging.resampling import mean_by_household, sum_by
from graduasi_training.judging.slope import calibrate
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import inner_folds

BLEND_SHARES = (0.75, 0.5, 0.25)
SIMPLEST_FIRST = ("logistic", "lightgbm", "blend")
MAX_INNER_ROWS = 60_000
"""More rows than these do not change the choice or the calibration; whole households are drawn."""


@dataclass(frozen=True)
class Fitted:
    """All candidates fitted to the same rows, and which of them was chosen.

    `log_loss` is out of fold; `excess` is (mean, standard error) of each candidate's log loss above the best one's.
    `held_out` are the rows that some inner fold kept out, `margin` the chosen candidate's calibrated margin there.
    `mentor_spread` is the standard deviation of the mentors' offsets, where mentors decide the outcome.
    """

    candidates: dict[str, ReadinessModel]
    chosen: str
    log_loss: dict[str, float]
    excess: dict[str, tuple[float, float]]
    held_out: npt.NDArray[np.intp]
    margin: Array
    mentor_spread: float | None = None

    @property
    def champion(self) -> ReadinessModel:
        return self.candidates[self.chosen]


def fit_and_choose(rows: TrainingRows, features: tuple[Feature, ...], *, settings: Settings) -> Fitted:
    """The whole procedure: inner folds, calibration, choice, and a last fit on all rows."""
    rows, spread = with_mentors_offsets(rows, features, settings)
    drawn = _drawn(rows, np.random.default_rng(settings.seed))
    inner = rows.take(drawn)
    held_out, linear, trees = _out_of_fold(inner, features, settings)
    y, household = inner.y[held_out], inner.household[held_out]
    offset = inner.offset_of(held_out)
    plans = calibrated_plans(linear, trees, y, 0.0 if offset is None else offset)
    excess = _excess({name: plan.losses for name, plan in plans.items()}, household)
    chosen = next(name for name in SIMPLEST_FIRST if excess[name][0] <= excess[name][1])
    parts = fit_parts(rows.values, rows.y, features, settings=settings, offset=rows.offset)
    candidates = {name: _assemble(parts, plan, features) for name, plan in plans.items()}
    log_loss = {name: float(plan.losses.mean()) for name, plan in plans.items()}
    return Fitted(candidates, chosen, log_loss, excess, drawn[held_out], plans[chosen].margin, spread)


def with_mentors_offsets(
    rows: TrainingRows, features: tuple[Feature, ...], settings: Settings
) -> tuple[TrainingRows, float | None]:
    """The rows with their mentors' strictness as an offset, and how far mentors spread; unchanged where it is not theirs to decide."""
    if rows.mentor is None:
        return rows, None
    rng = np.random.default_rng(settings.seed)
    found = mentor_offsets(rows.values, rows.y, rows.mentor, rows.household, features, C=settings.C, rng=rng)
    return (rows, None) if found is None else (replace(rows, offset=found.of(rows.mentor)), found.spread)


def some_households(rows: TrainingRows, rng: np.random.Generator) -> TrainingRows:
    """All rows, or those of as many households as make about MAX_INNER_ROWS."""
    return rows.take(_drawn(rows, rng))


def _drawn(rows: TrainingRows, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    if len(rows.y) <= MAX_INNER_ROWS:
        return np.arange(len(rows.y))
    names = np.unique(rows.household)
    drawn = rng.permutation(names)[: round(len(names) * MAX_INNER_ROWS / len(rows.y))]
    return np.flatnonzero(np.isin(rows.household, drawn))


@dataclass(frozen=True)
class Plan:
    """A blend with its calibration, and its log loss row by row."""

    share: float
    slope: float
    intercept: float
    margin: Array
    losses: Array


def calibrated_plans(linear: Array, trees: Array, y: Array, offset: Array | float = 0.0) -> dict[str, Plan]:
    """The candidates, calibrated on the same out-of-fold margins; the blend is the best of BLEND_SHARES."""
    plans = {
        "logistic": calibrated(1.0, linear, trees, y, offset),
        "lightgbm": calibrated(0.0, linear, trees, y, offset),
    }
    plans["blend"] = min(
        (calibrated(share, linear, trees, y, offset) for share in BLEND_SHARES),
        key=lambda plan: float(plan.losses.mean()),
    )
    return plans


def calibrated(share: float, linear: Array, trees: Array, y: Array, offset: Array | float = 0.0) -> Plan:
    """The blend with this share of the linear part, calibrated on margins of rows that it did not learn from."""
    margin = share * linear + (1 - share) * trees
    slope, intercept = calibrate(margin, y, offset)
    fitted = slope * margin + intercept
    told = fitted + offset
    return Plan(share, slope, intercept, fitted, np.logaddexp(0, told) - y * told)


def _out_of_fold(
    rows: TrainingRows, features: tuple[Feature, ...], settings: Settings
) -> tuple[npt.NDArray[np.intp], Array, Array]:
    """Places that were held out, and the margins of linear part and trees there."""
    places, linear, trees = [], [], []
    folds = inner_folds(rows.household, rows.day, rows.known_on, rows.y, rng=np.random.default_rng(settings.seed))
    for train, valid in folds:
        parts = fit_parts(rows.values[train], rows.y[train], features, settings=settings, offset=rows.offset_of(train))
        places.append(valid)
        linear.append(_margin(parts, 1.0, rows.values[valid], features))
        trees.append(_margin(parts, 0.0, rows.values[valid], features))
    return np.concatenate(places), np.concatenate(linear), np.concatenate(trees)


def _margin(parts: Parts, share: float, values: Matrix, features: tuple[Feature, ...]) -> Array:
    return _assemble(parts, Plan(share, 1.0, 0.0, np.zeros(0), np.zeros(0)), features).explain(values).margin


def _assemble(parts: Parts, plan: Plan, features: tuple[Feature, ...]) -> ReadinessModel:
    model = ReadinessModel(
        features,
        parts.preparation,
        parts.linear,
        parts.trees,
        linear_share=plan.share,
        slope=plan.slope,
        intercept=plan.intercept,
    )
    if plan.share == 1:
        return replace(model, trees=None)
    return replace(model, linear=None) if plan.share == 0 else model


def _excess(losses: dict[str, Array], household: npt.NDArray[np.int32]) -> dict[str, tuple[float, float]]:
    """Mean and standard error, clustered by household, of each candidate's loss above the best candidate's."""
    best = min(losses, key=lambda name: float(losses[name].mean()))
    groups = np.unique(household, return_inverse=True)[1]
    found = {}
    for name, loss in losses.items():
        above = loss - losses[best]
        found[name] = mean_by_household(sum_by(groups, above), np.bincount(groups))
    return found
