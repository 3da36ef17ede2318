"""Calibration as a straight line in log-odds: the line that makes margins come true, and the standard error of its slope.

A slope of 1 and an intercept of 0 mean that the margins are right as they stand; a slope below 1 means that they are too
far apart.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from graduasi.arrays import Array
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.jackknife import Estimate, left_out

MIN_SLOPE = 0.05
"""A model of noise calibrates to a slope of zero or below; the floor keeps higher margins from meaning lower scores."""
MAX_STEPS = 50
"""Newton's method is done in about six steps; it would go on for ever only where margins tell the outcomes apart wholly."""
SMALL_GAIN = 1e-8
"""In log loss a row: after a step that gains less, what is left to gain is of the order of its square."""
ROUNDING = 1e-12
"""Margins that differ by less, relative to their size, are equal but for rounding."""
SURE = 40.0
"""In log-odds: nearer to certain than floating point can tell from certain."""
MIN_CURVATURE = 1e-9
"""A smaller determinant, relative to its terms, means that the margins left are all alike up to rounding."""


def calibrate(margin: Array, y: Array, offset: Array | float = 0.0) -> tuple[float, float]:
    """Slope and intercept of the line that turns margins into log-odds with the least log loss.

    `margin` must be of rows that the model did not learn from. `offset` is added to each row's log-odds and is not
    scaled by the slope. The slope is at least MIN_SLOPE. It is 1 where all margins are equal: any slope fits them as well.
    """
    centre, spread = _centre_and_spread(margin)
    if not spread:
        return 1.0, _intercept(margin + offset, y)
    # In units of their own spread, margins of any size take the same few steps.
    scaled_slope, level = _fit_line((margin - centre) / spread, y, offset)
    slope = scaled_slope / spread
    if slope < MIN_SLOPE:
        return MIN_SLOPE, _intercept(MIN_SLOPE * margin + offset, y)
    return slope, level - slope * centre


def _centre_and_spread(margin: Array) -> tuple[float, float]:
    """Mean and standard deviation; a spread of 0 where the margins are equal but for rounding."""
    centre, spread = float(margin.mean()), float(margin.std())
    return centre, spread if spread > ROUNDING * max(1.0, abs(centre)) else 0.0


def _fit_line(x: Array, y: Array, offset: Array | float) -> tuple[float, float]:
    """Slope and intercept with the least log loss, by Newton's method; a step that would raise the loss is halved."""
    slope, level = 0.0, float(logit(np.clip(y.mean(), ROUNDING, 1 - ROUNDING)) - np.mean(offset))
    fitted = slope * x + level + offset
    loss = _mean_loss(fitted, y)
    for _ in range(MAX_STEPS):
        to_slope, to_level, gain = _newton_step(x, y, fitted)
        new_loss, share = np.inf, 2.0
        while new_loss > loss and share > ROUNDING:
            share /= 2
            new_fitted = (slope + share * to_slope) * x + (level + share * to_level) + offset
            new_loss = _mean_loss(new_fitted, y)
        if new_loss > loss:  # no step of any length is better: rounding is all that is left
            break
        slope, level, fitted, loss = slope + share * to_slope, level + share * to_level, new_fitted, new_loss
        if gain < SMALL_GAIN:
            break
    return slope, level


def _newton_step(x: Array, y: Array, fitted: Array) -> tuple[float, float, float]:
    """What to add to slope and intercept, and the gain in log loss that this promises."""
    chance = expit(fitted)
    residual, weight = y - chance, chance * (1 - chance)
    weighted = weight * x
    up = np.array([residual @ x, residual.sum()])
    curvature = np.array([[weighted @ x, weighted.sum()], [weighted.sum(), weight.sum()]])
    # A trace of the diagonal keeps the step finite where every row is sure already.
    step = np.linalg.solve(curvature + np.eye(2) * (ROUNDING * np.trace(curvature) + np.finfo(float).tiny), up)
    return float(step[0]), float(step[1]), float(up @ step) / len(x)


def _mean_loss(fitted: Array, y: Array) -> float:
    return float((np.logaddexp(0, fitted) - y * fitted).mean())


def _intercept(fitted: Array, y: Array) -> float:
    """What has to be added to log-odds for their mean chance to be the mean of `y`."""
    if not 0 < y.mean() < 1:
        return SURE if y.mean() else -SURE
    reach = float(np.abs(fitted).max()) + SURE
    return float(brentq(lambda level: (expit(fitted + level) - y).sum(), -reach, reach))


def slope_estimate(margin: Array, y: Array, line: tuple[float, float], clusters: Clusters) -> Estimate:
    """The slope of the `line` (slope, intercept) that `calibrate` found, with how far it moves when a cluster is left out.

    Each line without a cluster is one Newton step from that of all. Steps are taken from the clusters' mean step, which is
    zero unless the slope lies at its least. Where all margins are equal, every shift is NaN.
    """
    centre, spread = _centre_and_spread(margin)
    x = (margin - centre) / (spread or 1.0)
    fitted = expit(line[0] * margin + line[1])
    pull = np.stack([clusters.sums((y - fitted) * column) for column in (x, np.ones(len(y)))], axis=1)
    present, weight = clusters.sums(np.ones(len(y))) > 0, fitted * (1 - fitted)
    steep, mixed, level = (clusters.sums(weight * x**power) for power in (2, 1, 0))
    steep, mixed, level = steep.sum() - steep, mixed.sum() - mixed, level.sum() - level
    pull = pull - pull.sum(axis=0) / max(int(present.sum()), 1)
    curvature = steep * level - mixed**2
    step = np.divide(
        level * pull[:, 0] - mixed * pull[:, 1],
        curvature,
        out=np.full(clusters.count, np.nan),
        where=curvature > MIN_CURVATURE * steep * level,
    )
    ready = clusters.sums(y)
    rarer = ready if y.sum() <= len(y) / 2 else clusters.sums(1 - y)
    estimate = left_out(line[0], line[0] - step / (spread or 1.0), present)
    return Estimate(estimate.value, estimate.shift, rarer > 0)
