"""The interval of one household's score, as `graduasi.readiness.intervals` gives it for many."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graduasi.readiness.intervals import Intervals


class Gaps(NamedTuple):
    """The indices of the features that are unknown, and of those that were carried forward."""

    unknown: Sequence[int]
    carried: Sequence[int]

    def doubting(self, far: Sequence[int]) -> "Gaps":
        """The same, with the features `far` trusted as little as those that were carried forward."""
        return Gaps(self.unknown, [*{*self.carried, *far}]) if far else self


class SingleIntervals:
    """`Intervals` for one household, with the squares of costs and gains worked out once."""

    def __init__(self, intervals: Intervals) -> None:
        self.coverage = intervals.coverage
        self._z, self._areas, self._elsewhere = intervals.z, dict(intervals.areas), intervals.elsewhere
        self._squared_costs: list[float] = np.square(intervals.costs).tolist()
        self._squared_gains: list[float] = np.square(intervals.gains).tolist()
        self._squared_carried: list[float] = np.square(intervals.carried_error).tolist()

    def around(self, margin: float, area_code: str | None, gaps: Gaps) -> tuple[float, float]:
        """The lower and upper end around a margin, in log-odds."""
        area = self._elsewhere if area_code is None else self._areas.get(area_code, self._elsewhere)
        reach = self._z * area.spread
        carried = sum([self._squared_carried[feature] for feature in gaps.carried])
        cost = sum([self._squared_costs[feature] for feature in gaps.unknown])
        gain = sum([self._squared_gains[feature] for feature in gaps.unknown])
        low = margin + area.offset - reach - math.sqrt(cost + carried)
        high = margin + area.offset + reach + math.sqrt(gain + carried)
        return min(low, margin), max(high, margin)

    def scores(self, margin: float, area_code: str | None, gaps: Gaps) -> tuple[float, float]:
        """The same ends as scores, which are probabilities."""
        low, high = self.around(margin, area_code, gaps)
        return logistic(low), logistic(high)


def logistic(margin: float) -> float:
    """The probability that belongs to log-odds, without overflow."""
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    odds = math.exp(margin)
    return odds / (1.0 + odds)
