"""Relapse risk of one household, as `graduasi.readiness.relapse` gives it for many."""

from typing import NamedTuple

import numpy as np

from graduasi.arrays import Matrix
from graduasi.readiness.relapse import MAX_DEVIATION, RelapseModel
from graduasi.single.intervals import Gaps, SingleIntervals, logistic
from graduasi.single.model import SingleModel
from graduasi.single.readings import Row


class SingleRisk(NamedTuple):
    """The probability and its interval; the ends are None where the interval was not tested."""

    risk: float
    low: float | None
    high: float | None


class SingleRelapse:
    """`RelapseModel.risk` for one household; `readings` are what its model reads."""

    def __init__(self, relapse: RelapseModel) -> None:
        self._model = SingleModel(relapse.stays_out)
        self._intervals = None if relapse.stays_out.intervals is None else SingleIntervals(relapse.stays_out.intervals)
        self._limit = relapse.limit
        self._centre, self._spread = relapse.centre, relapse.spread
        self.readings = self._model.readings

    def risk(self, readings: Matrix, values: Row, area_code: str | None, gaps: Gaps) -> SingleRisk | None:
        """The risk with its interval; None for a family unlike any graduate. `readings` are those of `values`."""
        if self._distance(values, known=len(values) - len(gaps.unknown)) > self._limit:
            return None
        margin = self._model.base + float(self._model.contributions(readings, values).sum())
        if self._intervals is None:
            return SingleRisk(logistic(-margin), None, None)
        low, high = self._intervals.around(margin, area_code, gaps.doubting(self._model.far(values)))
        return SingleRisk(logistic(-margin), logistic(-high), logistic(-low))

    def _distance(self, values: Row, *, known: int) -> float:
        """`RelapseModel.distance` of one row with so many `known` features.

        The steps are the same, because the limit is one graduate's own distance: that graduate must be within it.
        """
        deviations = (values - self._centre) / self._spread
        deviations[np.isnan(deviations)] = 0.0
        clipped = np.maximum(np.minimum(deviations, MAX_DEVIATION), -MAX_DEVIATION)
        return float((clipped * clipped).sum()) / max(known, 1)
