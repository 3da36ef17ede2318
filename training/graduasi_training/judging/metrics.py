"""How well scores forecast outcomes: ranking, calibration, and the list that a mentor would see.

Ties are never broken at random: families with equal scores share the last places of a list in equal parts.
"""

import numpy as np
from sklearn.metrics import average_precision_score

from graduasi.arrays import Array
from graduasi.lists.places import share_of_places
from graduasi_training.judging.equal_mass_bins import equal_mass_bins
from graduasi_training.judging.slope import calibrate

ECE_BINS = 10
PROBABILITY_CLIP = 1e-12
"""Probabilities are kept this far from 0 and 1 so that logarithms stay finite."""


def auc(score: Array, y: Array, weight: Array | None = None) -> float:
    """The chance that a ready family scores above one that is not; ties count half. NaN when one class is absent."""
    order = np.argsort(score, kind="stable")
    score, y = score[order], y[order]
    weights = np.ones(len(y)) if weight is None else weight[order]
    tie_starts = np.flatnonzero(np.diff(score, prepend=np.nan) != 0)
    ready, other = np.add.reduceat(weights * y, tie_starts), np.add.reduceat(weights * (1 - y), tie_starts)
    pairs = ready.sum() * other.sum()
    below = np.cumsum(other) - other
    return float((ready * (below + 0.5 * other)).sum() / pairs) if pairs > 0 else float("nan")


def calibration_error(probability: Array, y: Array) -> float:
    """ECE: the mean gap between forecast and observed rate over ECE_BINS bins of equal size; equal forecasts are shared out."""
    return float(np.abs(equal_mass_bins(probability, ECE_BINS) @ (probability - y)).sum() / len(y))


def log_odds(probability: Array) -> Array:
    """The logarithm of the odds, finite at 0 and 1 too."""
    return np.log(
        np.clip(probability, PROBABILITY_CLIP, 1 - PROBABILITY_CLIP)
        / np.clip(1 - probability, PROBABILITY_CLIP, 1 - PROBABILITY_CLIP)
    )


def log_losses(probability: Array, y: Array) -> Array:
    """The negative log likelihood of each row, finite for a certain forecast that fails."""
    clipped = np.clip(probability, PROBABILITY_CLIP, 1 - PROBABILITY_CLIP)
    return -(y * np.log(clipped) + (1 - y) * np.log(1 - clipped))


def log_loss(probability: Array, y: Array) -> float:
    """The mean negative log likelihood."""
    return float(np.mean(log_losses(probability, y)))


def precision_at_share(score: Array, y: Array, share: float = 0.1) -> float:
    """The rate of ready families among the top `share` of scores."""
    chosen = share_of_places(
        np.zeros(len(score), dtype=np.intp),
        score,
        quota=max(1, round(share * len(score))),
        eligible=np.ones(len(score), dtype=bool),
    )
    return float((chosen * y).sum() / chosen.sum())


def summary(probability: Array, y: Array) -> dict[str, float | None]:
    """The metrics of one candidate on labelled rows. Slope and intercept are null where the forecast does not vary."""
    varies = bool(np.ptp(probability) > PROBABILITY_CLIP)
    slope, intercept = calibrate(log_odds(probability), y) if varies else (None, None)
    return {
        "auc": auc(probability, y),
        "average_precision": float(average_precision_score(y, probability)),
        "precision_at_10pct": precision_at_share(probability, y),
        "brier": float(np.mean((probability - y) ** 2)),
        "log_loss": log_loss(probability, y),
        "ece": calibration_error(probability, y),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }
