"""Interval and relapse risk of one household, as `graduasi.readiness.intervals` and `graduasi.readiness.relapse` give them for many."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graduasi.readiness.intervals import Intervals
from graduasi.readiness.relapse import FARTHEST, RelapseModel
from graduasi.single.model import SingleModel
from graduasi.single.readings import Matrix, Row


class Gaps(NamedTuple):
    """The places of features that are unknown, and of those that were carried forward."""

    unknown: Sequence[int]
    carried: Sequence[int]


class SingleIntervals:
    """The ends around one margin, in log-odds."""

    def __init__(self, intervals: Intervals) -> None:
        self.coverage = intervals.coverage
        self._z, self._areas, self._elsewhere = intervals.z, dict(intervals.areas), intervals.elsewhere
        self._costs, self._gains, self._aged = (
            np.square(each).tolist() for each in (intervals.costs, intervals.gains, intervals.aged)
        )

    def around(self, margin: float, area_code: str | None, gaps: Gaps) -> tuple[float, float]:
        """Lower and upper end."""
        area = self._elsewhere if area_code is None else self._areas.get(area_code, self._elsewhere)
        reach = self._z * area.spread
        aged = sum([self._aged[place] for place in gaps.carried])
        cost = sum([self._costs[place] for place in gaps.unknown])
        gain = sum([self._gains[place] for place in gaps.unknown])
        low = margin + area.offset - reach - math.sqrt(cost + aged)
        high = margin + area.offset + reach + math.sqrt(gain + aged)
        return min(low, margin), max(high, margin)

    def scores(self, margin: float, area_code: str | None, gaps: Gaps) -> tuple[float, float]:
        """The same ends as scores."""
        low, high = self.around(margin, area_code, gaps)
        return logistic(low), logistic(high)


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


def logistic(margin: float) -> float:
    """The probability that belongs to log-odds, without overflow."""
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    odds = math.exp(margin)
    return odds / (1.0 + odds)
