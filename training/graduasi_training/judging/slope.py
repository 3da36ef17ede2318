"""Calibration as a straight line in log-odds: the line that makes margins come true, and the standard error of its slope.

A slope of 1 and an intercept of 0 mean that the margins are right as they stand; a slope below 1 means that they are too
far apart.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from graduasi.arrays import Array

MIN_SLOPE = 0.05
"""A model of noise calibrates to a slope of zero or below; the floor keeps higher margins from meaning lower scores."""


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


def slope_error(
    margin: Array, y: Array, slope: float, intercept: float, cluster: npt.NDArray[np.integer[Any]]
) -> float:
    """The standard error of the slope by the sandwich estimator, in which clusters, not rows, are independent."""
    design = np.column_stack([margin, np.ones(len(margin))])
    fitted = expit(slope * margin + intercept)
    bread = np.linalg.pinv((design * (fitted * (1 - fitted))[:, None]).T @ design)
    cluster_index = np.unique(cluster, return_inverse=True)[1]
    scores = np.stack([np.bincount(cluster_index, weights=(y - fitted) * column) for column in design.T], axis=1)
    correction = len(scores) / max(len(scores) - 1, 1)  # for a small number of clusters
    return float(np.sqrt(max((bread @ (scores.T @ scores) @ bread)[0, 0] * correction, 0.0)))
