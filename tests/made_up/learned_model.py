"""Readiness models that were fitted to drawn households, and bundles that hold them."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graduasi.bundle import Bundle, open_sealed, save_bundle
from graduasi.bundle.golden import make_golden, rounded_ranges
from graduasi.bundle.manifest import unseal
from graduasi.bundle.reference import CalibrationReference, Reference
from graduasi.dates import from_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme
from graduasi.readiness.features import build_features, features_of
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.drift.histograms import describe, histogram, sample_of
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.study.rows import TrainingRows
from tests.made_up.small_programme import DECLARED, SMALL, draw_panel

QUICK = Settings(C=0.3, trees=TreeSettings(trees=25, learning_rate=0.2, min_child_samples=10))
CANDIDATES = ("logistic", "additive", "lightgbm", "blend")
FEATURES = features_of(SMALL)


class UnsavedBundle(NamedTuple):
    """The parts of a bundle that scoring needs, without files."""

    declarations: Declarations
    model: ReadinessModel
    version: str
    relapse: RelapseModel | None

    @property
    def dictionary(self) -> Dictionary:
        return self.declarations.dictionary

    @property
    def programme(self) -> Programme:
        return self.declarations.programme


@lru_cache
def training_rows(seed: int = 1, *, unknown: float = 0.15) -> TrainingRows:
    """Every snapshot of a drawn panel, with an outcome of the same day; `unknown` is the share of unknown values."""
    panel = draw_panel(seed, households=120, visits=5, unknown=unknown)
    rows = np.arange(len(panel))
    values = build_features(panel, rows, as_of=panel.known_on, declarations=DECLARED).values
    y = panel.values[:, SMALL.column("graduated")]
    return TrainingRows(values, y, panel.household, panel.known_on, panel.known_on)


@lru_cache
def fit_small(seed: int = 1, *, unknown: float = 0.15) -> Fitted:
    """All candidates, fitted to `training_rows`."""
    return fit_and_choose(training_rows(seed, unknown=unknown), FEATURES, settings=QUICK)


def candidate(name: str, seed: int = 1, *, unknown: float = 0.15) -> ReadinessModel:
    return fit_small(seed, unknown=unknown).candidates[name]


def intervals(*, spread: float = 0.4, per_unknown: float = 0.1) -> Intervals:
    """Made-up intervals for the small programme: one area is known, and every unknown feature costs or gains the same."""
    errors = np.full(len(FEATURES), per_unknown)
    areas = {"32.00": Area(0.3, spread / 2)}
    return Intervals(0.9, 1.645, areas, Area(0.0, spread), errors, errors)


@lru_cache
def relapse_model() -> RelapseModel:
    """A second score over the same features; about half of the drawn households are like a graduate."""
    values = training_rows().values
    ever_known = np.asarray(~np.isnan(values).all(axis=0))
    centre, spread = np.zeros(len(ever_known)), np.ones(len(ever_known))
    centre[ever_known] = np.nanmean(values[:, ever_known], axis=0)
    spread[ever_known] = np.maximum(np.nanstd(values[:, ever_known], axis=0), 1e-6)
    without_limit = RelapseModel(replace(candidate("logistic"), intervals=intervals()), centre, spread, np.inf)
    return replace(without_limit, limit=float(np.median(without_limit.distance(values))))


def save_learned_bundle(folder: Path, name: str = "blend") -> Path:
    """Write a bundle of the small programme with the candidate called `name`; returns its folder."""
    model, panel = replace(candidate(name), intervals=intervals()), draw_panel(1, households=120)
    unsealed = Bundle(DECLARED, model, "0" * 64, {}, {}, "", relapse=relapse_model())
    golden = make_golden(
        unsealed, rounded_ranges(SMALL, panel), day=int(panel.as_of.max()), rng=np.random.default_rng(1)
    )
    about = {"champion": name, "made_by": "tests"}
    save_bundle(
        folder,
        declarations=DECLARED,
        model=model,
        golden=golden,
        card="# Small model",
        about=about,
        reference=_reference(model),
        relapse=relapse_model(),
    )
    return folder


def _reference(model: ReadinessModel) -> Reference:
    """Every snapshot of the drawn panel, as if it were the latest."""
    panel, score = draw_panel(1, households=120), model.explain(training_rows().values).score
    day = from_day(int(panel.as_of.max()))
    fields = describe(sample_of(panel, np.arange(len(panel)), SMALL), SMALL)
    calibration = CalibrationReference(labels_known_through=day, n=0, observed=None, mean_score=None)
    return Reference(
        as_of=day, n=len(panel), fields=fields, score=histogram(score), mean_score=None, calibration=calibration
    )


def open_unchecked(folder: Path) -> Bundle:
    """The bundle, without the check in a child process, which takes a second."""
    return open_sealed(unseal(folder))
