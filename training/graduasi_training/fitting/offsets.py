"""Offsets: what has to be added to the margins of a group of rows for them to come true on average, and what differs beyond chance."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from graduasi.arrays import Array

MAX_OFFSET = 12.0
"""Log-odds: beyond this a probability is 0 or 1 to five digits."""


class Offset(NamedTuple):
    """In log-odds, with the variance of its estimate."""

    value: float
    variance: float


def offset(margin: Array, y: Array, household: npt.NDArray[np.integer[Any]] | None = None) -> Offset:
    """The offset of rows with these margins and outcomes (0 or 1); between ±MAX_OFFSET, so finite where all outcomes are the same.

    Rows of one `household` are not independent: a family seen on five dates is one family. Without it, each row is one.
    """

    def surplus(shift: float) -> float:
        return float((y - expit(margin + shift)).sum())

    if surplus(-MAX_OFFSET) <= 0:
        value = -MAX_OFFSET
    elif surplus(MAX_OFFSET) >= 0:
        value = MAX_OFFSET
    else:
        value = float(brentq(surplus, -MAX_OFFSET, MAX_OFFSET, xtol=1e-10))
    probability = expit(margin + value)
    information = max(float((probability * (1 - probability)).sum()), 1e-9)
    return Offset(value, max(1.0, _overdispersion(y - probability, household) / information) / information)


def _overdispersion(residual: Array, household: npt.NDArray[np.integer[Any]] | None) -> float:
    """The sum over households of their squared sums of residuals: as large as the information where rows are independent."""
    if household is None:
        return 0.0
    index = np.unique(household, return_inverse=True)[1]
    return float((np.bincount(index, weights=residual) ** 2).sum())


def variance_between(offsets: Sequence[tuple[float, float]]) -> float:
    """The variance between groups beyond that of their estimates (DerSimonian and Laird 1986).

    `offsets` holds each group's offset with its variance; fewer than two groups have no variance between them.
    """
    if len(offsets) < 2:
        return 0.0
    values, variances = (np.array(numbers) for numbers in zip(*offsets, strict=True))
    weights = 1 / variances
    mean = (weights * values).sum() / weights.sum()
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    return max(0.0, float(((weights * (values - mean) ** 2).sum() - (len(values) - 1)) / scale))
