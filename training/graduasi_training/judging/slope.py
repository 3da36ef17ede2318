"""Calibration as a straight line in log-odds: the line that makes margins come true, and the standard error of its slope.

A slope of 1 and an intercept of 0 mean that the margins are right as they stand; a slope below 1 means that they are too
far apart.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from graduasi.arrays import Array
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.jackknife import Estimate, left_out

MIN_SLOPE = 0.05
"""A model of noise calibrates to a slope of zero or below; the floor keeps higher margins from meaning lower scores."""

MIN_CURVATURE = 1e-9
"""A smaller determinant, relative to its terms, means that the margins left are all alike up to rounding."""


def calibrate(margin: Array, y: Array, offset: Array | float = 0.0) -> tuple[float, float]:
    """Slope and intercept of the line that turns margins into log-odds with the least log loss.

    `margin` must be of rows that the model did not learn from. `offset` is added to each row's log-odds and is not
    scaled by the slope. The slope is at least MIN_SLOPE.
    """

    def loss_and_gradient(line: Array) -> tuple[float, Array]:
        fitted = line[0] * margin + line[1] + offset
        residual = expit(fitted) - y
        return float(np.mean(np.logaddexp(0, fitted) - y * fitted)), np.array(
            [np.mean(residual * margin), np.mean(residual)]
        )

    bounds = [(MIN_SLOPE, None), (None, None)]
    result = minimize(loss_and_gradient, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(result.x[0]), float(result.x[1])


def slope_estimate(margin: Array, y: Array, line: tuple[float, float], clusters: Clusters) -> Estimate:
    """The slope of the `line` (slope, intercept) that `calibrate` found, with how far it moves when a cluster is left out.

    Each line without a cluster is one Newton step from that of all. Steps are taken from the clusters' mean step, which is
    zero unless the slope lies at its least.
    """
    fitted = expit(line[0] * margin + line[1])
    pull = np.stack([clusters.sums((y - fitted) * column) for column in (margin, np.ones(len(y)))], axis=1)
    present, weight = clusters.sums(np.ones(len(y))) > 0, fitted * (1 - fitted)
    steep, mixed, level = (clusters.sums(weight * margin**power) for power in (2, 1, 0))
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
    estimate = left_out(line[0], line[0] - step, present)
    return Estimate(estimate.value, estimate.shift, rarer > 0)
