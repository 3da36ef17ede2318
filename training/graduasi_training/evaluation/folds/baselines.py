"""What a model has to beat: rankings that need no learning, or next to none.

Each baseline is a number for each household, higher for readier. A one-variable logistic regression on the training
rows turns it into a probability, so that Brier score and calibration can be compared too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from graduasi.arrays import Array, Matrix
from graduasi.panel.record import Panel
from graduasi.readiness.features import EFFECT_SIGN, Feature
from graduasi_training.study.observations import Observations
from graduasi_training.study.splits import RowIndex

MIN_MAX_TAIL = 0.01
"""The weighted criteria are scaled between these quantiles, so that one odd family does not set the scale."""


@dataclass(frozen=True)
class Baseline:
    """A name and its ranking of all observations."""

    name: str
    score: Array


def baselines(
    panel: Panel, observations: Observations, values: Matrix, features: tuple[Feature, ...]
) -> list[Baseline]:
    """Every baseline that the panel's fields allow."""
    rankings = [
        Baseline("prior", np.zeros(len(observations))),
        Baseline("longest_enrolled", _days_enrolled(panel, observations)),
    ]
    for theme in ("income", "consumption"):
        index = first_numeric_feature(features, theme)
        if index is not None:
            rankings.append(Baseline(f"{theme}_only", _lowest_for_unknown(values[:, index])))
    criteria = [i for i, feature in enumerate(features) if feature.effect != "any" and feature.derivation == "value"]
    if criteria:
        score = _weighted_criteria(values[:, criteria], [features[i] for i in criteria])
        rankings.append(Baseline("weighted_criteria", score))
    return rankings


def first_numeric_feature(features: tuple[Feature, ...], *themes: str) -> int | None:
    """The index of the first feature that is the value of a number or integer, of the first theme that has one."""
    for theme in themes:
        for index, feature in enumerate(features):
            field = feature.field
            if field.theme == theme and feature.derivation == "value" and field.type in ("number", "integer"):
                return index
    return None


def _days_enrolled(panel: Panel, observations: Observations) -> Array:
    """First come, first served: the days since the household's first snapshot."""
    first = np.minimum.reduceat(panel.as_of, panel.starts())
    return (observations.day - first[panel.household[observations.snapshot]]).astype(float)


def _weighted_criteria(values: Matrix, features: list[Feature]) -> Array:
    """Simple additive weighting (SAW): benefit and cost criteria, min-max normalised, equal weights; unknown counts 0."""
    low, high = np.nanquantile(values, MIN_MAX_TAIL, axis=0), np.nanquantile(values, 1 - MIN_MAX_TAIL, axis=0)
    scaled = np.clip((values - low) / np.where(high > low, high - low, 1.0), 0, 1)
    signs = np.array([EFFECT_SIGN[feature.effect] for feature in features])
    return np.nan_to_num(np.where(signs > 0, scaled, 1 - scaled), nan=0.0).mean(axis=1)


def _lowest_for_unknown(values: Array) -> Array:
    """The values, with a number below all of them for unknown."""
    known = values[~np.isnan(values)]
    return np.where(np.isnan(values), known.min() - 1 if len(known) else 0.0, values)


def as_probability(score: Array, train: RowIndex, y: Array) -> Callable[[RowIndex], Array]:
    """A function from rows to the probability that belongs to a baseline's score, learned from the training rows.

    `score` has an entry for every observation, `y` one for each training row.
    """
    centre, spread = score[train].mean(), score[train].std() or 1.0
    fitted = LogisticRegression(C=1e6).fit(((score[train] - centre) / spread)[:, None], y)
    return lambda rows: np.asarray(fitted.predict_proba(((score[rows] - centre) / spread)[:, None])[:, 1])
