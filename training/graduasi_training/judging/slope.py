"""The straight line in log-odds that makes margins come true, and how sure its slope is."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from graduasi.arrays import Array

MIN_SLOPE = 0.05
"""A model of noise calibrates to a slope of zero or below; the floor keeps higher margins from meaning lower scores."""


def calibrate(margin: Array, y: Array, offset: Array | float = 0.0) -> tuple[float, float]:
    """Slope and intercept that turn out-of-fold margins into log-odds: the affine map with the least log loss."""

    def loss(line: Array) -> tuple[float, Array]:
        fitted = line[0] * margin + line[1] + offset
        residual = expit(fitted) - y
        return float(np.mean(np.logaddexp(0, fitted) - y * fitted)), np.array(
            [np.mean(residual * margin), np.mean(residual)]
        )

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(MIN_SLOPE, None), (None, None)])
    return float(found.x[0]), float(found.x[1])


def slope_error(
    margin: Array, y: Array, slope: float, intercept: float, cluster: npt.NDArray[np.integer[Any]]
) -> float:
    """The sandwich standard error of the slope, with clusters instead of rows as what is independent."""
    design = np.column_stack([margin, np.ones(len(margin))])
    fitted = expit(slope * margin + intercept)
    bread = np.linalg.pinv((design * (fitted * (1 - fitted))[:, None]).T @ design)
    places = np.unique(cluster, return_inverse=True)[1]
    scores = np.stack([np.bincount(places, weights=(y - fitted) * column) for column in design.T], axis=1)
    many = len(scores) / max(len(scores) - 1, 1)
    return float(np.sqrt(max((bread @ (scores.T @ scores) @ bread)[0, 0] * many, 0.0)))
