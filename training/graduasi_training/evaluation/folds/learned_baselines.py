"""Baselines that learn a little, from nothing but what was known on the test date: a proxy-means scorecard, and the mentors'
own choice of whom to graduate.
"""

from dataclasses import dataclass

import numpy as np

from graduasi.arrays import Array
from graduasi.dates import add_months
from graduasi.declarations.programme import EventLabel
from graduasi.readiness.preparation import fit_preparation
from graduasi_training.evaluation.folds.baselines import Baseline, first_numeric_feature
from graduasi_training.fitting.design import columns_of, design_matrix, fit_standardisation
from graduasi_training.fitting.linear_and_trees import Settings, fit_linear
from graduasi_training.study.labels import Labels, label
from graduasi_training.study.observations import Observations
from graduasi_training.study.splits import Fold, RowIndex, trainable_rows
from graduasi_training.study.study import Study

WELFARE_THEMES = ("consumption", "income")
"""What a proxy-means test predicts: spending, else income."""
RIDGE_PENALTY = 1.0
MAX_BASELINE_ROWS = 20_000
"""A regression needs no more rows than these."""
MIN_WELFARE_ROWS = 30
"""Fewer rows of which welfare is known teach no proxy-means test."""
MIN_GRADUATIONS = 30
"""Fewer graduations show no rule of choosing."""
CHOICE_MONTHS = 12


def proxy_means(study: Study, fold: Fold) -> Baseline | None:
    """A proxy-means test: spending (else income) as everything else in the household predicts it, by a linear regression.

    None where no field has the theme, or fewer than MIN_WELFARE_ROWS training rows know it.
    """
    target = first_numeric_feature(study.features, *WELFARE_THEMES)
    if target is None:
        return None
    rows = _latest(fold.train, study)
    rows = rows[~np.isnan(study.values[rows, target])]
    proxies = np.flatnonzero([feature.field.theme not in WELFARE_THEMES for feature in study.features])
    if len(rows) < MIN_WELFARE_ROWS or not len(proxies):
        return None
    welfare = np.log1p(np.maximum(study.values[rows, target], 0.0))
    score = np.zeros(len(study.observations))
    score[fold.train], score[fold.test] = _ridge_predictions(study, proxies, rows, welfare, (fold.train, fold.test))
    return Baseline("proxy_means", score)


def _ridge_predictions(
    study: Study, proxies: RowIndex, rows: RowIndex, outcome: Array, predicted: tuple[RowIndex, ...]
) -> list[Array]:
    """A ridge regression of `outcome` in `rows` on the features `proxies`: its predictions for other rows, less the mean."""
    features = tuple(study.features[index] for index in proxies)
    values = study.values[:, proxies]
    preparation, columns = fit_preparation(values[rows], features), columns_of(features)
    design = design_matrix(columns, values[rows], preparation.filled(values[rows]))
    standardisation = fit_standardisation(design)
    design = standardisation.apply(design)
    penalty = RIDGE_PENALTY * np.eye(design.shape[1])
    weight = np.linalg.solve(design.T @ design + penalty, design.T @ (outcome - outcome.mean()))
    return [
        standardisation.apply(design_matrix(columns, values[part], preparation.filled(values[part]))) @ weight
        for part in predicted
    ]


def _latest(rows: RowIndex, study: Study) -> RowIndex:
    """The most recent of the rows, at most MAX_BASELINE_ROWS."""
    return rows[np.argsort(study.observations.day[rows], kind="stable")[-MAX_BASELINE_ROWS:]]


@dataclass(frozen=True)
class Choices:
    """Whom the mentors graduated within a year: labels of some of a study's observations; `rows` are their numbers there."""

    rows: RowIndex
    labels: Labels
    observations: Observations


def past_choices(study: Study, folds: list[Fold]) -> Choices | None:
    """The graduations of the two years before the first test date and since.

    None without mentors, without events, or where no label of the programme is about an event.
    """
    event_label = next((definition for definition in study.programme.labels if definition.kind == "event"), None)
    has_mentors = len(study.panel.mentor_id.drop_null()) > 0
    if not isinstance(event_label, EventLabel) or not len(study.events) or not has_mentors:
        return None
    all_observations = study.observations
    start = _two_years_before(folds[0].day)
    in_time = (all_observations.day >= start) & (all_observations.day < folds[-1].day)
    rows = np.flatnonzero(all_observations.is_first & in_time)
    observations = Observations(
        all_observations.snapshot[rows], all_observations.day[rows], all_observations.is_first[rows]
    )
    chosen = EventLabel(
        kind="event",
        name="chosen",
        event=event_label.event,
        within_months=CHOICE_MONTHS,
        competing=event_label.competing,
    )
    labels = label(observations, chosen, panel=study.panel, events=study.events, dictionary=study.dictionary)
    return Choices(rows, labels, observations)


def _two_years_before(day: int) -> int:
    """The year in which mentors chose, and the year before it in which families were seen."""
    return int(add_months(np.array([day], dtype=np.int32), -2 * CHOICE_MONTHS)[0])


def mentor_choice(study: Study, choices: Choices | None, fold: Fold, *, settings: Settings) -> Baseline | None:
    """How like a family is to those whom mentors graduated in the last year that is wholly known on the test date.

    None where fewer than MIN_GRADUATIONS graduations, or families not graduated, are known by then.
    """
    if choices is None:
        return None
    embargo = study.programme.evaluation.embargo_months
    known = trainable_rows(choices.observations, choices.labels, day=fold.day, embargo_months=embargo)
    known = known[choices.observations.day[known] >= _two_years_before(fold.day)]
    y = choices.labels.value[known]
    if min(y.sum(), (1 - y).sum()) < MIN_GRADUATIONS:
        return None
    sample = _sample_others(known, y, np.random.default_rng(settings.seed))
    values = study.values[choices.rows[sample]]
    preparation = fit_preparation(values, study.features)
    linear = fit_linear(values, choices.labels.value[sample], study.features, preparation, C=settings.C)
    score = np.zeros(len(study.observations))
    for rows in (fold.train, fold.test):
        score[rows] = linear.contributions(study.values[rows], preparation).sum(axis=1)
    return Baseline("mentor_choice", score)


def _sample_others(rows: RowIndex, y: Array, rng: np.random.Generator) -> RowIndex:
    """All who were chosen, and others up to MAX_BASELINE_ROWS in all: a ranking needs no base rate."""
    chosen, others = rows[y == 1], rows[y == 0]
    return np.concatenate([chosen, rng.permutation(others)[: max(MAX_BASELINE_ROWS - len(chosen), MIN_GRADUATIONS)]])
