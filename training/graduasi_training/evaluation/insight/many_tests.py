"""Many differences tested at once, so that chance alone seldom makes one of them look real."""

import numpy as np
import numpy.typing as npt
from scipy import stats

from graduasi.arrays import Array
from graduasi_training.judging.jackknife import MIN_CLUSTERS_FOR_ERROR

LEVEL = 0.05
"""How often, at most, chance alone may make any of the differences look real."""


def two_sided_p(difference: float, error: float | None, clusters: int) -> float:
    """How often chance alone would give a difference as large, by Student's t for so many clusters.

    1 where there is no `error` (standard error) to measure it by.
    """
    if not error or clusters < MIN_CLUSTERS_FOR_ERROR:
        return 1.0
    return float(2 * stats.t.sf(abs(difference) / error, clusters - 1))


def holm(p_values: Array, *, level: float = LEVEL) -> npt.NDArray[np.bool_]:
    """Which of the differences are real (Holm 1979): over all of them together, one is by chance at most so often as `level`."""
    order = np.argsort(p_values, kind="stable")
    below = p_values[order] <= level / np.arange(len(p_values), 0, -1)
    real = np.zeros(len(p_values), dtype=bool)
    real[order[np.cumprod(below).astype(bool)]] = True
    return real
