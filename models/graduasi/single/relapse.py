"""Relapse risk of one household, as `graduasi.readiness.relapse` gives it for many."""

from typing import NamedTuple

import numpy as np

from graduasi.arrays import Matrix
from graduasi.readiness.relapse import FARTHEST, RelapseModel
from graduasi.single.intervals import Gaps, SingleIntervals, logistic
from graduasi.single.model import SingleModel
from graduasi.single.readings import Row


class SingleRisk(NamedTuple):
    """The probability and its interval; the ends are None where the interval was not tested."""

    risk: float
    low: float | None
    high: float | None


class SingleRelapse:
    """The relapse risk of one household."""

    def __init__(self, relapse: RelapseModel) -> None:
        self._model = SingleModel(relapse.stays_out)
        self._intervals = None if relapse.stays_out.intervals is None else SingleIntervals(relapse.stays_out.intervals)
        self._limit = relapse.limit
        self._centre, self._spread = relapse.centre, relapse.spread
        self.readings = self._model.readings

    def risk(self, read: Matrix, values: Row, area_code: str | None, gaps: Gaps) -> SingleRisk | None:
        """Risk with its lower and upper end; None for a family unlike any graduate. `read` is what `readings` make of
        `values`.
        """
        if self._distance(values, known=len(values) - len(gaps.unknown)) > self._limit:
            return None
        margin = self._model.base + float(self._model.contributions(read, values).sum())
        if self._intervals is None:
            return SingleRisk(logistic(-margin), None, None)
        low, high = self._intervals.around(margin, area_code, gaps)
        return SingleRisk(logistic(-margin), logistic(-high), logistic(-low))

    def _distance(self, values: Row, *, known: int) -> float:
        """`RelapseModel.distance` of one row, in the same steps: the limit is one graduate's own distance."""
        away = (values - self._centre) / self._spread
        away[np.isnan(away)] = 0.0
        near = np.maximum(np.minimum(away, FARTHEST), -FARTHEST)
        return float((near * near).sum()) / max(known, 1)
