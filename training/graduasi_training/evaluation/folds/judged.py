"""The temporal folds of a study, each with everything fitted on what was known then and judged on the cohort of its day."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graduasi.arrays import Array
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi_training.evaluation.folds.baselines import Baseline, as_probability, baselines
from graduasi_training.evaluation.folds.fitted import FittedFold
from graduasi_training.evaluation.folds.learned_baselines import mentor_choice, past_choices, proxy_means
from graduasi_training.evaluation.folds.proposed import band_facts, proposed_by
from graduasi_training.evaluation.interval_check import check_intervals, intervals_of
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.offsets import offset
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.judging.candidate import Judged, judge_on
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import HeldOut, clusters_of
from graduasi_training.judging.metrics import log_odds
from graduasi_training.study.splits import Fold, describe, temporal_folds
from graduasi_training.study.study import Study

Tell = Callable[[str], None]
"""Takes a line of progress for people."""


@dataclass(frozen=True)
class JudgedFold(FittedFold):
    """One fold with the figures of each model, by its name: the candidates, "champion", and each "baseline:…".

    `test` is the cohort on which other rankings are judged, `proposed` the same families as the champion's lists are made
    from. `shows_intervals` says whether bands look at intervals, as they do in the product where these hold.
    """

    proposed: HeldOut
    shows_intervals: bool
    clusters: Clusters
    judged: dict[str, Judged]


def judge_folds(study: Study, *, settings: Settings, tell: Tell) -> list[JudgedFold]:
    """Every fold, oldest first, judged on the same clusters. Raises TrainingError when there is none."""
    folds = fit_folds(study, settings=settings, tell=tell)
    clusters_of_folds = clusters_of(*(fitted.test for fitted in folds))
    # The product shows intervals, and lets bands rest on them, where those of the last test date held.
    shows_intervals = bool(check_intervals(study, folds[-1])["shown"])
    return [
        _judge_fold(study, fitted, clusters, shows_intervals=shows_intervals)
        for fitted, clusters in zip(folds, clusters_of_folds, strict=True)
    ]


def fit_folds(study: Study, *, settings: Settings, tell: Tell) -> list[FittedFold]:
    """Every fold, oldest first, with all that is fitted on it and forecast. Raises TrainingError when there is none."""
    rules = study.programme.evaluation
    folds = temporal_folds(study.observations, study.labels, count=rules.folds, embargo_months=rules.embargo_months)
    rankings = baselines(study.panel, study.observations, study.values, study.features)
    choices = past_choices(study, folds)
    fitted_folds = []
    for fold in folds:
        tell(describe(fold))
        fitted = fit_and_choose(study.training_rows(fold.train), study.features, settings=settings)
        learned = (proxy_means(study, fold), mentor_choice(study, choices, fold, settings=settings))
        all_rankings = [*rankings, *(baseline for baseline in learned if baseline is not None)]
        probability = _forecasts(study, fold, fitted, all_rankings)
        intervals = intervals_of(study, fitted, fold.train, settings)
        fitted_folds.append(FittedFold(fold, fitted, probability, study.test_set(fold.test), intervals))
    return fitted_folds


def _judge_fold(study: Study, fitted: FittedFold, clusters: Clusters, *, shows_intervals: bool) -> JudgedFold:
    """The champion by the lists that it would have given; every other ranking by as many families of each mentor.

    Few calibrated scores of a baseline reach the band ready, so by its own band its lists would be short and flattered.
    """
    proposed = proposed_by(study, fitted, fitted.model(with_intervals=shows_intervals), fitted.champion)
    test = fitted.test.with_as_many_places(proposed.eligible)
    champion = judge_on(fitted.champion, proposed, clusters)
    judged = {
        name: champion if name in ("champion", fitted.fitted.chosen) else judge_on(forecast, test, clusters)
        for name, forecast in fitted.probability.items()
    }
    return JudgedFold(
        fold=fitted.fold,
        fitted=fitted.fitted,
        probability=fitted.probability,
        test=test,
        intervals=fitted.intervals,
        proposed=proposed,
        shows_intervals=shows_intervals,
        clusters=clusters,
        judged=judged,
    )


def _forecasts(study: Study, fold: Fold, fitted: Fitted, rankings: list[Baseline]) -> dict[str, Array]:
    """What each candidate, the chosen one and every baseline forecast for the fold's cohort."""
    forecasts = {name: model.explain(study.values[fold.test]).score for name, model in fitted.candidates.items()}
    forecasts["champion"] = forecasts[fitted.chosen]
    y = study.labels.value[fold.train]
    for baseline in rankings:
        forecasts[f"baseline:{baseline.name}"] = as_probability(baseline.score, fold.train, y)(fold.test)
    return forecasts


def fold_report(study: Study, judged: JudgedFold) -> dict[str, Any]:
    """The fold as an entry of `evaluation.folds`."""
    labels, fold, fitted = study.labels, judged.fold, judged.fitted
    known = labels.is_labelled[fold.test]
    return {
        "test_as_of": judged.date,
        "train_rows": len(fold.train),
        "test_rows": len(fold.test),
        "stale_rows": _cohort_size(study, fold.day) - len(fold.test),
        "labelled_rows": int(known.sum()),
        **band_facts(judged.test, judged.proposed, judged.champion),
        "competing_rows": int(labels.competing[fold.test].sum()),
        "base_rate": float(labels.value[fold.test][known].mean()),
        "offset": offset(log_odds(judged.champion[known]), labels.value[fold.test][known]).value,
        "chosen": fitted.chosen,
        "mentor_spread": fitted.mentor_spread,
        "selection": {
            name: {"log_loss": fitted.log_loss[name], "excess": fitted.excess[name]} for name in fitted.candidates
        },
        "candidates": {name: candidate.figures for name, candidate in judged.judged.items()},
    }


def _cohort_size(study: Study, day: int) -> int:
    """How many families were in the cohort on the day, however long ago they were seen."""
    out = households_out(study.events, study.programme, day=day)
    return len(cohort_on(study.panel, day, study.declarations, out=out))
