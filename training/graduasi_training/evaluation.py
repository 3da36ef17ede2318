"""From one study to `evaluation.json`: temporal folds, candidates, baselines, paired comparisons, groups."""

from collections.abc import Callable
from typing import Any

import numpy as np

from graduasi.dates import from_day
from graduasi_training.baselines import as_probability, baselines
from graduasi_training.fitting import Array, Settings
from graduasi_training.judging import MIN_CLUSTERS, Judged, compare, judge_candidate, judge_groups
from graduasi_training.metrics import auc
from graduasi_training.selection import Fitted, fit_and_choose
from graduasi_training.splits import Fold, describe, temporal_folds
from graduasi_training.study import Study

Tell = Callable[[str], None]


def evaluate(study: Study, *, settings: Settings, tell: Tell) -> dict[str, Any]:
    """Judge the whole procedure on the latest temporal folds. Raises TrainingError when there is no fold."""
    folds = temporal_folds(study.observations, study.labels, count=study.programme.evaluation.folds)
    reports, last = [], None
    for fold in folds:
        tell(describe(fold))
        last = _judge_fold(study, fold, settings)
        reports.append(last.report)
    assert last is not None  # temporal_folds gives at least one
    primary = (
        "precision_at_quota"
        if last.report["candidates"]["champion"]["precision_at_quota"] is not None
        else "precision_at_10pct"
    )
    others = {name: judged for name, judged in last.judged.items() if name != "champion"}
    comparison = compare(last.judged["champion"], others, "auc") + compare(last.judged["champion"], others, primary)
    groups = {name: study.group_values(name, last.fold.test) for name in study.programme.evaluation.groups}
    return {
        "label": study.programme.target.name,
        "primary_metric": primary,
        "folds": reports,
        "comparison": comparison,
        "groups": judge_groups(last.probability, study.test_set(last.fold.test), groups),
        "intervals": None,
        "selective_labels": None,
        "stability": None,
        "other_labels": _other_labels(study, last),
        "notes": _notes(study),
    }


class _JudgedFold:
    """One fold's report, with what later sections need of it."""

    def __init__(self, fold: Fold, report: dict[str, Any], judged: dict[str, Judged], probability: Array) -> None:
        self.fold, self.report, self.judged, self.probability = fold, report, judged, probability


def _judge_fold(study: Study, fold: Fold, settings: Settings) -> _JudgedFold:
    fitted = fit_and_choose(study.training_rows(fold.train), study.features, settings=settings)
    probabilities = {name: model.explain(study.values[fold.test]).score for name, model in fitted.candidates.items()}
    probabilities["champion"] = probabilities[fitted.chosen]
    y = study.labels.value[fold.train]
    for baseline in baselines(study.panel, study.observations, study.values, study.features):
        probabilities[f"baseline:{baseline.name}"] = as_probability(baseline.score, fold.train, y)(fold.test)
    test = study.test_set(fold.test)
    judged = {
        name: judge_candidate(values, test, rng=np.random.default_rng(settings.seed))
        for name, values in probabilities.items()
    }
    return _JudgedFold(fold, _fold_report(study, fold, fitted, judged), judged, probabilities["champion"])


def _fold_report(study: Study, fold: Fold, fitted: Fitted, judged: dict[str, Judged]) -> dict[str, Any]:
    labels = study.labels
    known = labels.is_labelled[fold.test]
    return {
        "test_as_of": from_day(fold.day).isoformat(),
        "train_rows": len(fold.train),
        "test_rows": len(fold.test),
        "labelled_rows": int(known.sum()),
        "competing_rows": int(labels.competing[fold.test].sum()),
        "base_rate": float(labels.value[fold.test][known].mean()),
        "chosen": fitted.chosen,
        "selection": {
            name: {"log_loss": fitted.log_loss[name], "excess": fitted.excess[name]} for name in fitted.candidates
        },
        "candidates": {name: candidate.figures for name, candidate in judged.items()},
    }


def _other_labels(study: Study, last: _JudgedFold) -> dict[str, Any]:
    """How the last fold's champion, trained for the first label, ranks the same cohort by the programme's other labels."""
    found: dict[str, Any] = {}
    for kind in study.programme.labels[1:]:
        y = study.label_by(kind).value[last.fold.test]
        known = ~np.isnan(y)
        if known.any() and 0 < y[known].mean() < 1:
            figures = {"auc": auc(last.probability[known], y[known])}
            found[kind.name] = {"n": int(known.sum()), "base_rate": float(y[known].mean()), "champion": figures}
        else:
            found[kind.name] = {"n": int(known.sum()), "note": "not mature, or one class only, on the last test date"}
    return found


def _notes(study: Study) -> list[str]:
    """What this evaluation cannot say, and why."""
    notes = [
        "Intervals for single scores, relapse risk, selective-label bounds and stability are not estimated yet; their places hold null.",
        "A score forecasts what a family will earn without aid; it says nothing of the effect of withdrawing aid. Levers are associations.",
    ]
    if study.dictionary.synthetic:
        notes.append("The data are synthetic: simulated households. No figure here is evidence about real families.")
    mentors = len(study.panel.mentor_id.drop_null().unique())
    if not mentors:
        notes.append(
            "The panel has no mentors, so there is no precision at quota; precision at the top 10 % stands in its place."
        )
    elif mentors < MIN_CLUSTERS:
        notes.append(
            f"There are {mentors} mentors, fewer than {MIN_CLUSTERS}: intervals resample households and do not show how mentors differ."
        )
    if not len(study.events):
        notes.append("There are no events, so competing exits cannot be told apart from missing labels.")
    return notes
