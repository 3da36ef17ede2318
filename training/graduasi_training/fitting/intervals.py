"""Learning how far scores can be trusted, from margins of rows that the model did not learn from.

Three things are measured, each as the spread of groups beyond chance: how far whole dates came out beside the forecast, how
far areas did, and how far bins of score did, which is what a straight calibration line leaves over.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.model import ReadinessModel

COVERAGE, COVERAGE_DEVIATE = 0.9, 1.645
"""How often the rate of a later period should lie within an interval, and the normal deviate that belongs to it."""
SCORE_BINS = 10
PRIOR_SPREAD, PRIOR_DATES = 0.4, 2
"""How far a later period comes out beside the forecast before a panel has shown it: on the two real panels in tests/data
the next period was off by −0.73, 0.37 and −0.16 log-odds (`folds[].offset`), root mean square 0.48. It weighs as two dates do."""
MIN_AREA_ROWS = 200
"""Rows from which an area has an offset of its own."""
MIN_GROUP_ROWS = 30
"""A date, a bin or a feature with fewer rows is left out of what is measured."""
MAX_SAMPLE_ROWS = 1000
"""Rows from which it is learned what an unknown feature may hide."""
MAX_OFFSET = 12.0
"""Log-odds: beyond this a probability is 0 or 1 to five digits."""


@dataclass(frozen=True)
class HeldOutMargins:
    """Calibrated margins of rows that no fit saw, with outcome (0 or 1), as-of day and area (None: unknown)."""

    margin: Array
    y: Array
    day: Days
    area: npt.NDArray[np.object_]


def fit_intervals(
    held_out: HeldOutMargins, model: ReadinessModel, values: Matrix, *, rng: np.random.Generator
) -> Intervals:
    """The intervals of `model`; `values` are feature rows, of which a sample shows what an unknown feature may hide."""
    areas, elsewhere = _areas(held_out, float(np.hypot(spread_of_dates(held_out), spread_of_bins(held_out))))
    sample = values[rng.permutation(len(values))[:MAX_SAMPLE_ROWS]]
    costs, gains = costs_and_gains_of_knowing(model, sample)
    return Intervals(COVERAGE, COVERAGE_DEVIATE, areas, elsewhere, costs, gains)


def offset(margin: Array, y: Array) -> tuple[float, float]:
    """What must be added to the margins for them to come true on average (log-odds), and the variance of that estimate.

    Found by Newton's method; at most ±MAX_OFFSET, so it is finite where all outcomes are the same.
    """
    estimate, information = 0.0, 1.0
    for _ in range(50):
        probability = expit(margin + estimate)
        information = max(float((probability * (1 - probability)).sum()), 1e-9)
        step = float((y - probability).sum()) / information
        estimate = float(np.clip(estimate + step, -MAX_OFFSET, MAX_OFFSET))
        if abs(step) < 1e-9:
            break
    return estimate, 1 / information


def variance_between(offsets: list[tuple[float, float]]) -> float:
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


def spread_of_dates(held_out: HeldOutMargins) -> float:
    """How far whole dates come out beside the forecast, in log-odds: PRIOR_SPREAD and what the held-out dates show, weighed."""
    dates = [held_out.day == day for day in np.unique(held_out.day)]
    offsets = [offset(held_out.margin[rows], held_out.y[rows]) for rows in dates if rows.sum() >= MIN_GROUP_ROWS]
    observed = len(offsets) * variance_between(offsets)
    return float(np.sqrt((PRIOR_DATES * PRIOR_SPREAD**2 + observed) / (PRIOR_DATES + len(offsets))))


def spread_of_bins(held_out: HeldOutMargins) -> float:
    """How far ten equal bins of score come out beside the forecast beyond chance, in log-odds."""
    bins = np.array_split(np.argsort(held_out.margin, kind="stable"), SCORE_BINS)
    offsets = [offset(held_out.margin[rows], held_out.y[rows]) for rows in bins if len(rows) >= MIN_GROUP_ROWS]
    return float(np.sqrt(variance_between(offsets)))


def _areas(held_out: HeldOutMargins, shared_spread: float) -> tuple[dict[str, Area], Area]:
    """For each area with rows enough its shrunken offset and its spread, and the spread for any other area.

    `shared_spread` is that of dates and bins, which every area has.
    """
    names = {area for area in held_out.area if area is not None}
    rows_of = {str(area): held_out.area == area for area in sorted(names, key=str)}
    offsets = {
        area: offset(held_out.margin[rows], held_out.y[rows])
        for area, rows in rows_of.items()
        if rows.sum() >= MIN_AREA_ROWS
    }
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
