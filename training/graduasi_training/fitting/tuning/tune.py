"""`--tuning`: settings searched on the earliest fold's training window, and what the search brought.

The window ends before the first test date: no test fold, and no label known later, has a say. The chosen settings are used
for every fold and for the model that is handed over, so the folds judge settings that were chosen without them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from graduasi.arrays import Array
from graduasi.dates import from_day
from graduasi.readiness.features import Feature
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.fitting.tuning.inner_folds import InnerFolds
from graduasi_training.fitting.tuning.search import SEARCH_SPACE, search, searched_values
from graduasi_training.fitting.tuning.trials import Budget, Choice, Trial, choose
from graduasi_training.judging.clusters import mean_by_household
from graduasi_training.judging.comparison import verdict
from graduasi_training.judging.jackknife import Estimate, auc_estimate, ratio_estimate, t_deviate
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import Fold, temporal_folds
from graduasi_training.study.study import Study

SEARCH_FILE = "tuning.db"


def tune(
    study: Study, settings: Settings, budget: Budget, *, out: Path, tell: Callable[[str], None]
) -> tuple[Settings, dict[str, Any]]:
    """The settings to go on with, and the section `tuning` of the evaluation. The search's file stays in `out`.

    Raises TrainingError when there is no fold, or the file cannot be used.
    """
    rules = study.programme.evaluation
    fold = temporal_folds(study.observations, study.labels, count=rules.folds, embargo_months=rules.embargo_months)[0]
    rows = study.training_rows(fold.train)
    out.mkdir(parents=True, exist_ok=True)
    tell(f"tuning on the {len(fold.train):,} rows known by {from_day(fold.day)}, the first test date")
    folds = InnerFolds(rows, study.features, seed=settings.seed)
    trials = search(
        folds.loss_by_household,
        rows=len(folds.y),
        settings=settings,
        key=study_key(rows, study.features, settings),
        file=out / SEARCH_FILE,
        budget=budget,
        tell=tell,
    )
    choice = choose(trials, folds.sizes)
    chosen = choice.chosen.settings
    tell(f"tuned: {', '.join(f'{name} {value:g}' for name, value in searched_values(chosen).items())}")
    report = {
        **_trials_report(choice, trials, budget),
        "window": {
            "known_by": from_day(fold.day).isoformat(),
            "rows": len(fold.train),
            "judged_rows": len(folds.y),
        },
        "gain_inside": _gain_inside(choice.chosen, trials[0], folds),
        "gain_later": _gain_later(study, fold, chosen, settings),
    }
    return chosen, report


def study_key(rows: TrainingRows, features: tuple[Feature, ...], settings: Settings) -> str:
    """A digest of everything that a trial's log loss depends on; only a search with the same digest is ever resumed."""
    digest = hashlib.sha256()
    for array in (rows.values, rows.y, rows.household, rows.day, rows.known_on):
        digest.update(np.ascontiguousarray(array).tobytes())
    columns = [(feature.name, feature.effect, feature.is_nominal) for feature in features]
    digest.update(repr((columns, asdict(settings), sorted(SEARCH_SPACE.items()), lightgbm.__version__)).encode())
    return digest.hexdigest()[:32]


def _trials_report(choice: Choice, trials: list[Trial], budget: Budget) -> dict[str, Any]:
    return {
        "trials": len(trials),
        "trials_asked": budget.trials,
        "minutes": budget.minutes,
        "seconds": sum(trial.seconds for trial in trials),
        "chosen": searched_values(choice.chosen.settings),
        "best": searched_values(choice.best.settings),
        "default": searched_values(trials[0].settings),
        "log_loss_chosen": choice.chosen.log_loss,
        "log_loss_best": choice.best.log_loss,
        "log_loss_default": trials[0].log_loss,
        "standard_error": choice.excess[choice.chosen.number][1],
        "history": [
            {
                "settings": searched_values(trial.settings),
                "log_loss": trial.log_loss,
                "within_one_standard_error": choice.is_close(trial),
                "seconds": trial.seconds,
            }
            for trial in trials
        ],
    }


def _gain_inside(chosen: Trial, default: Trial, folds: InnerFolds) -> dict[str, Any]:
    """How much lower the log loss is than without a search, on the rows that chose: this flatters the search."""
    mean, error = mean_by_household(default.loss_by_household - chosen.loss_by_household, folds.sizes)
    half = t_deviate(len(folds.sizes)) * error
    return {"log_loss": _difference(mean, mean - half, mean + half)}


def _gain_later(study: Study, fold: Fold, chosen: Settings, default: Settings) -> dict[str, Any]:
    """The gain on the first test date, which had no say: the whole procedure with and without the chosen settings."""
    test = study.test_set(fold.test)
    known, y = test.labelled, test.y[test.labelled]
    facts = {"test_as_of": from_day(fold.day).isoformat(), "n": len(y)}
    if chosen == default:
        no_gain = _difference(0.0, 0.0, 0.0)
        return {**facts, "log_loss": no_gain, "auc": no_gain}
    rows, values = study.training_rows(fold.train), study.values[fold.test][known]
    tuned, untuned = (
        fit_and_choose(rows, study.features, settings=settings).champion.explain(values).margin
        for settings in (chosen, default)
    )
    clusters = test.clusters.of_rows(known)
    log_loss_gain = ratio_estimate(_losses(untuned, y) - _losses(tuned, y), np.ones(len(y)), clusters)
    auc_gain = auc_estimate(tuned, y, clusters) - auc_estimate(untuned, y, clusters)
    return {**facts, "log_loss": _gain(log_loss_gain), "auc": _gain(auc_gain)}


def _gain(estimate: Estimate) -> dict[str, Any]:
    return _difference(estimate.value, *estimate.interval())


def _losses(margin: Array, y: Array) -> Array:
    """The log loss of each row."""
    return np.logaddexp(0, margin) - y * margin


def _difference(value: float, low: float | None, high: float | None) -> dict[str, Any]:
    """A difference with interval and verdict; positive is a gain from tuning."""
    if low is None or high is None:
        return {"difference": value, "low": None, "high": None, "verdict": "indistinguishable"}
    return {"difference": value, "low": low, "high": high, "verdict": verdict(low, high)}
