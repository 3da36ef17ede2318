"""Interval and relapse risk of one household, as `graduasi.readiness.intervals` and `graduasi.readiness.relapse` give them for many."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from graduasi.readiness.intervals import Intervals


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


def logistic(margin: float) -> float:
    """The probability that belongs to log-odds, without overflow."""
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    odds = math.exp(margin)
    return odds / (1.0 + odds)
