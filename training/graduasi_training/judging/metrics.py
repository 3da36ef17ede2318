"""How well scores forecast outcomes: ranking, calibration, and the list a mentor would see.

Ties are never broken by luck: families with equal scores share the last places of a list in equal parts.
"""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from graduasi.arrays import Array
from graduasi_training.judging.slope import calibrate

ECE_BINS = 10
CLIP = 1e-12


def auc(score: Array, y: Array, weight: Array | None = None) -> float:
    """The chance that a ready family scores above one that is not; ties count half. NaN when one class is absent."""
    order = np.argsort(score, kind="stable")
    score, y = score[order], y[order]
    weights = np.ones(len(y)) if weight is None else weight[order]
    starts = np.flatnonzero(np.diff(score, prepend=np.nan) != 0)
    ready, other = np.add.reduceat(weights * y, starts), np.add.reduceat(weights * (1 - y), starts)
    total = ready.sum() * other.sum()
    below = np.cumsum(other) - other
    return float((ready * (below + 0.5 * other)).sum() / total) if total > 0 else float("nan")


def calibration_error(probability: Array, y: Array) -> float:
    """ECE: in bins of equal mass, the mean gap between forecast and observed rate."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, min(ECE_BINS, len(order)))
    return float(sum(abs(probability[part].mean() - y[part].mean()) * len(part) for part in bins) / len(order))


def log_odds(probability: Array) -> Array:
    """The logarithm of the odds, finite at 0 and 1 too."""
    return np.log(np.clip(probability, CLIP, 1 - CLIP) / np.clip(1 - probability, CLIP, 1 - CLIP))


def log_losses(probability: Array, y: Array) -> Array:
    """Negative log likelihood, row by row."""
    safe = np.clip(probability, CLIP, 1 - CLIP)
    return -(y * np.log(safe) + (1 - y) * np.log(1 - safe))


def log_loss(probability: Array, y: Array) -> float:
    """Mean negative log likelihood."""
    return float(np.mean(log_losses(probability, y)))


def share_of_places(
    group: npt.NDArray[np.intp], score: Array, *, quota: int | Array, eligible: npt.NDArray[np.bool_]
) -> Array:
    """Each row's share of a place when every group lists its `quota` highest eligible scores; ties share places."""
    share = np.zeros(len(score))
    rows = np.flatnonzero(eligible)
    order = rows[np.lexsort((-score[rows], group[rows]))]
    if not len(order):
        return share
    same = np.append(False, (group[order][1:] == group[order][:-1]) & (score[order][1:] == score[order][:-1]))
    first_of_group = np.maximum.accumulate(np.where(np.diff(group[order], prepend=-1) != 0, np.arange(len(order)), 0))
    tie = np.cumsum(~same) - 1
    tie_start = np.flatnonzero(~same)
    tie_size = np.diff(np.append(tie_start, len(order)))
    rank = tie_start[tie] - first_of_group  # places taken by strictly higher scores of the same group
    places = np.broadcast_to(np.asarray(quota, dtype=float), score.shape)[order]
    share[order] = np.clip((places - rank) / tie_size[tie], 0.0, 1.0)
    return share


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
    """The metrics of one candidate on labelled rows. The slope is null where the forecast does not vary."""
    varies = bool(np.ptp(probability) > CLIP)
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
