"""Learning how far scores can be trusted: the rate among families alike, in a period like those seen.

Three things are measured, each as the spread of groups beyond chance: how far whole periods came out beside a forecast made
before them (`period_errors`); and, on rows that the model did not learn from, how far areas did, and bins of score, which is
what a straight calibration line leaves over.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from graduasi.arrays import Array, Matrix
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.model import ReadinessModel
from graduasi_training.fitting.offsets import Offset, offset, variance_between

COVERAGE = 0.9
"""How often the rate of a later period should lie within an interval."""
SCORE_BINS = 10
PRIOR_SPREAD, PRIOR_PERIODS = 0.4, 2
"""How far a later period comes out beside the forecast before a panel has shown it: a yearly rate of 30 % then becomes 22 or
39 %. On the two real panels in tests/data the next period was off by −0.29, 0.17 and −0.26 log-odds; three periods cannot
tell a spread of 0.25 from one of 0.4, and the larger one does less harm. It weighs as two periods do."""
MIN_AREA_ROWS = 200
"""Rows from which an area has an offset of its own."""
MIN_GROUP_ROWS = 30
"""A bin or a feature with fewer rows is left out of what is measured."""
MAX_SAMPLE_ROWS = 1000
"""Rows from which it is learned what an unknown feature may hide."""


@dataclass(frozen=True)
class HeldOutMargins:
    """Calibrated margins of rows that no fit saw, with outcome (0 or 1), household and area (None: unknown)."""

    margin: Array
    y: Array
    household: npt.NDArray[np.int32]
    area: npt.NDArray[np.object_]

    def offset_of(self, rows: npt.NDArray[Any]) -> Offset:
        """The offset of some of the rows, each family counted once."""
        return offset(self.margin[rows], self.y[rows], self.household[rows])


def fit_intervals(
    held_out: HeldOutMargins,
    errors: Sequence[Offset],
    model: ReadinessModel,
    values: Matrix,
    *,
    rng: np.random.Generator,
) -> Intervals:
    """The intervals of `model`, from held-out rows and the errors of past periods (`period_errors`).

    `values` are feature rows, of which a sample shows what an unknown feature may hide.
    """
    areas, elsewhere = _areas(held_out, math.hypot(spread_of_periods(errors), spread_of_bins(held_out)))
    sample = values[rng.permutation(len(values))[:MAX_SAMPLE_ROWS]]
    costs, gains = costs_and_gains_of_knowing(model, sample)
    return Intervals(COVERAGE, deviate(len(errors)), areas, elsewhere, costs, gains)


def spread_of_periods(errors: Sequence[Offset]) -> float:
    """How far a later period may come out beside the forecast, in log-odds: PRIOR_SPREAD and the errors of the past, weighed.

    Each error counts without what chance explains of it.
    """
    beyond_chance = sum(max(error.value**2 - error.variance, 0.0) for error in errors)
    return math.sqrt((PRIOR_PERIODS * PRIOR_SPREAD**2 + beyond_chance) / (PRIOR_PERIODS + len(errors)))


def deviate(periods: int) -> float:
    """How many spreads an interval reaches to either side, where the spread was learned from so many periods and the prior.

    A quantile of Student's t: a spread learned from a few periods is itself uncertain.
    """
    return float(stats.t.ppf((1 + COVERAGE) / 2, PRIOR_PERIODS + periods))


def spread_of_bins(held_out: HeldOutMargins) -> float:
    """How far ten equal bins of score come out beside the forecast beyond chance, in log-odds."""
    bins = np.array_split(np.argsort(held_out.margin, kind="stable"), SCORE_BINS)
    offsets = [held_out.offset_of(rows) for rows in bins if len(rows) >= MIN_GROUP_ROWS]
    return float(np.sqrt(variance_between(offsets)))


def _areas(held_out: HeldOutMargins, shared_spread: float) -> tuple[dict[str, Area], Area]:
    """For each area with rows enough its shrunken offset and its spread, and the spread for any other area.

    `shared_spread` is that of periods and bins, which every area has.
    """
    names = {area for area in held_out.area if area is not None}
    rows_of = {str(area): held_out.area == area for area in sorted(names, key=str)}
    offsets = {area: held_out.offset_of(rows) for area, rows in rows_of.items() if rows.sum() >= MIN_AREA_ROWS}
    between = variance_between(list(offsets.values()))
    areas = {}
    for area, (value, variance) in offsets.items():
        share = between / (between + variance)
        left = np.sqrt(between * variance / (between + variance))
        areas[area] = Area(share * value, float(np.hypot(shared_spread, left)))
    return areas, Area(0.0, float(np.hypot(shared_spread, np.sqrt(between))))


def costs_and_gains_of_knowing(model: ReadinessModel, sample: Matrix) -> tuple[Array, Array]:
    """For each feature, how much lower and how much higher the margin of half the families would be were it known.

    Each feature in turn is made unknown in the rows that know it; costs and gains are the quartiles of what that changes.
    So the value that stands for the unknown, already an unfavourable one, is not counted twice. Both are zero or more, in
    log-odds, and zero for a feature that fewer than MIN_GROUP_ROWS rows know.
    """
    margin = model.explain(sample).margin
    costs, gains = np.zeros(sample.shape[1]), np.zeros(sample.shape[1])
    for index in range(sample.shape[1]):
        known = ~np.isnan(sample[:, index])
        if known.sum() < MIN_GROUP_ROWS:
            continue
        blanked = sample[known].copy()
        blanked[:, index] = np.nan
        low, high = np.quantile(margin[known] - model.explain(blanked).margin, [0.25, 0.75])
        costs[index], gains[index] = max(0.0, -low), max(0.0, high)
    return costs, gains
