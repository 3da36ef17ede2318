"""Baselines that learn a little, from nothing but what was known on the test day: a proxy-means scorecard, and the mentors'
own choice of whom to graduate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi.dates import add_months
from graduasi.declarations.programme import EventLabel
from graduasi.readiness.features import Feature
from graduasi.readiness.preparation import Preparation, fit_preparation
from graduasi_training.evaluation.folds.baselines import Baseline, first_number
from graduasi_training.fitting.linear_and_trees import Settings, fit_linear
from graduasi_training.study.labels import Labels, label
from graduasi_training.study.observations import Observations
from graduasi_training.study.splits import Fold, Places, training_places
from graduasi_training.study.study import Study

WELFARE = ("consumption", "income")
RIDGE = 1.0
MAX_ROWS = 20_000
MIN_CHOSEN = 30
"""Fewer graduations show no rule of choosing."""
CHOICE_MONTHS = 12


def proxy_means(study: Study, fold: Fold) -> Baseline | None:
    """A proxy-means test: spending (else income) as everything else in the household predicts it, by a linear regression.

    None where no field has the theme, or hardly any training row knows it.
    """
    target = first_number(study.features, *WELFARE)
    if target is None:
        return None
    rows = _latest(fold.train, study)
    welfare = study.values[rows, target]
    rows = rows[~np.isnan(welfare)]
    told = np.flatnonzero([feature.field.theme not in WELFARE for feature in study.features])
    if len(rows) < MIN_CHOSEN or not len(told):
        return None
    features = [study.features[place] for place in told]
    table = _Table(features, fit_preparation(study.values[np.ix_(rows, told)], tuple(features)))
    design = table.columns(study.values[np.ix_(rows, told)])
    centre, spread = design.mean(axis=0), design.std(axis=0)
    spread[spread < 1e-9] = 1.0
    design = (design - centre) / spread
    outcome = np.log1p(np.maximum(study.values[rows, target], 0.0))
    weight = np.linalg.solve(design.T @ design + RIDGE * np.eye(design.shape[1]), design.T @ (outcome - outcome.mean()))
    score = np.zeros(len(study.observations))
    for part in (fold.train, fold.test):
        score[part] = ((table.columns(study.values[np.ix_(part, told)]) - centre) / spread) @ weight
    return Baseline("proxy_means", score)


@dataclass(frozen=True)
class _Table:
    """Features as columns without unknowns: numbers filled, a column for each category."""

    features: list[Feature]
    preparation: Preparation

    def columns(self, values: Array) -> Array:
        filled = self.preparation.filled(values)
        blocks = [
            (values[:, [place]] == np.arange(len(feature.field.categories))).astype(float)
            if feature.is_nominal
            else filled[:, [place]]
            for place, feature in enumerate(self.features)
        ]
        return np.hstack(blocks)


def _latest(places: Places, study: Study) -> Places:
    """The most recent of the training rows, as many as a regression needs."""
    return places[np.argsort(study.observations.day[places], kind="stable")[-MAX_ROWS:]]


@dataclass(frozen=True)
class Choices:
    """Whom the mentors graduated within a year, for the observations at `places`."""

    places: Places
    labels: Labels
    observations: Observations


def past_choices(study: Study, folds: list[Fold]) -> Choices | None:
    """The graduations of the two years before the first test date and since; None without mentors or such an event."""
    kind = next((kind for kind in study.programme.labels if kind.kind == "event"), None)
    if not isinstance(kind, EventLabel) or not len(study.events) or not len(study.panel.mentor_id.drop_null()):
        return None
    seen = study.observations
    first = int(add_months(np.array([folds[0].day], dtype=np.int32), -2 * CHOICE_MONTHS)[0])
    places = np.flatnonzero(seen.is_first & (seen.day >= first) & (seen.day < folds[-1].day))
    rows = Observations(seen.snapshot[places], seen.day[places], seen.is_first[places])
    chosen = EventLabel(
        kind="event", name="chosen", event=kind.event, within_months=CHOICE_MONTHS, competing=kind.competing
    )
    labels = label(rows, chosen, panel=study.panel, events=study.events, dictionary=study.dictionary)
    return Choices(places, labels, rows)


def mentor_choice(study: Study, choices: Choices | None, fold: Fold, *, settings: Settings) -> Baseline | None:
    """How much a family is like those whom mentors graduated in the last year that is wholly known on the test day.

    None where fewer than MIN_CHOSEN graduations are known by then.
    """
    if choices is None:
        return None
    start = int(add_months(np.array([fold.day], dtype=np.int32), -2 * CHOICE_MONTHS)[0])
    embargo = study.programme.evaluation.embargo_months
    known = training_places(choices.observations, choices.labels, day=fold.day, embargo_months=embargo)
    known = known[choices.observations.day[known] >= start]
    y = choices.labels.value[known]
    if min(y.sum(), (1 - y).sum()) < MIN_CHOSEN:
        return None
    drawn = _some(known, y, np.random.default_rng(settings.seed))
    rows = choices.places[drawn]
    preparation = fit_preparation(study.values[rows], study.features)
    linear = fit_linear(study.values[rows], choices.labels.value[drawn], study.features, preparation, C=settings.C)
    score = np.zeros(len(study.observations))
    for part in (fold.train, fold.test):
        score[part] = linear.contributions(study.values[part], preparation).sum(axis=1)
    return Baseline("mentor_choice", score)


def _some(places: Places, y: Array, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """All who were chosen, and at most MAX_ROWS in all: the ranking needs no base rate."""
    chosen, others = places[y == 1], places[y == 0]
    return np.concatenate([chosen, rng.permutation(others)[: max(MAX_ROWS - len(chosen), MIN_CHOSEN)]])
