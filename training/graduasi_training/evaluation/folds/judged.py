"""The temporal folds of a study, each with everything fitted on what was known then and judged on the cohort of its day."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graduasi.arrays import Array
from graduasi.dates import from_day
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi_training.evaluation.folds.baselines import Baseline, as_probability, baselines
from graduasi_training.evaluation.folds.learned_baselines import mentor_choice, past_choices, proxy_means
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
class JudgedFold:
    """One fold: what was fitted, what each model forecast for the test cohort, and how it came out.

    `probability` and `judged` are by name: each candidate, "champion" (the candidate chosen), and each "baseline:…".
    """

    fold: Fold
    fitted: Fitted
    probability: dict[str, Array]
    test: HeldOut
    clusters: Clusters
    judged: dict[str, Judged]

    @property
    def champion(self) -> Array:
        """What the procedure forecast for the cohort."""
        return self.probability["champion"]

    @property
    def date(self) -> str:
        """The test date in ISO form."""
        return from_day(self.fold.day).isoformat()


def judge_folds(study: Study, *, settings: Settings, tell: Tell) -> list[JudgedFold]:
    """Every fold, oldest first, judged on the same clusters. Raises TrainingError when there is none."""
    rules = study.programme.evaluation
    folds = temporal_folds(study.observations, study.labels, count=rules.folds, embargo_months=rules.embargo_months)
    tests = [study.test_set(fold.test) for fold in folds]
    rankings = baselines(study.panel, study.observations, study.values, study.features)
    choices = past_choices(study, folds)
    judged_folds = []
    for fold, test, clusters in zip(folds, tests, clusters_of(*tests), strict=True):
        tell(describe(fold))
        fitted = fit_and_choose(study.training_rows(fold.train), study.features, settings=settings)
        learned = (proxy_means(study, fold), mentor_choice(study, choices, fold, settings=settings))
        all_rankings = [*rankings, *(baseline for baseline in learned if baseline is not None)]
        probability = _forecasts(study, fold, fitted, all_rankings)
        judged = {name: judge_on(forecast, test, clusters) for name, forecast in probability.items()}
        judged_folds.append(JudgedFold(fold, fitted, probability, test, clusters, judged))
    return judged_folds


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
        "eligible_rows": int(judged.test.eligible.sum()),
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
