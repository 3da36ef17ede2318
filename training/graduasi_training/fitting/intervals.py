"""Learning how far scores can be trusted, from margins of rows that the model did not learn from.

Three things are measured there, each as the spread of groups beyond chance: how far whole dates came out beside the forecast,
how far areas did, and how far bins of score did, which is what a straight calibration line leaves over.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days
from graduasi.readiness.intervals import Area, Intervals
from graduasi.readiness.model import ReadinessModel

COVERAGE, Z = 0.9, 1.645
BINS = 10
PRIOR_SPREAD, PRIOR_DATES = 0.4, 2
"""How far a later period comes out beside the forecast before a panel has shown it: on the two real panels in tests/data
the next period was off by −0.73, 0.37 and −0.16 log-odds (`folds[].offset`), root mean square 0.48. It weighs as two dates do."""
MIN_AREA = 200
"""Rows from which an area has an offset of its own."""
MIN_CELL = 30
MAX_GAP_ROWS = 1000
FARTHEST = 12.0
"""Log-odds: beyond this a probability is 0 or 1 to five digits."""


@dataclass(frozen=True)
class HeldOutMargins:
    """Calibrated margins of rows that were kept out, what happened, when they were seen and where."""

    margin: Array
    y: Array
    day: Days
    area: npt.NDArray[np.object_]


def fit_intervals(
    held_out: HeldOutMargins, model: ReadinessModel, values: Matrix, *, rng: np.random.Generator
) -> Intervals:
    """The intervals of `model`; `values` are feature rows, of which a sample tells what an unknown feature may hide."""
    areas, elsewhere = _areas(held_out, float(np.hypot(spread_of_dates(held_out), spread_of_bins(held_out))))
    sample = values[rng.permutation(len(values))[:MAX_GAP_ROWS]]
    costs, gains = what_the_unknown_hides(model, sample)
    return Intervals(COVERAGE, Z, areas, elsewhere, costs, gains)


def offset(margin: Array, y: Array) -> tuple[float, float]:
    """What has to be added to the margins so that they come true on average, and the variance of that."""
    found, weight = 0.0, 1.0
    for _ in range(50):
        p = expit(margin + found)
        weight = max(float((p * (1 - p)).sum()), 1e-9)
        step = float((y - p).sum()) / weight
        found = float(np.clip(found + step, -FARTHEST, FARTHEST))
        if abs(step) < 1e-9:
            break
    return found, 1 / weight


def variance_between(offsets: list[tuple[float, float]]) -> float:
    """The variance of the groups themselves beyond that of their estimates (DerSimonian and Laird 1986)."""
    if len(offsets) < 2:
        return 0.0
    values, variances = (np.array(each) for each in zip(*offsets, strict=True))
    weights = 1 / variances
    mean = (weights * values).sum() / weights.sum()
    spare = weights.sum() - (weights**2).sum() / weights.sum()
    return max(0.0, float(((weights * (values - mean) ** 2).sum() - (len(values) - 1)) / spare))


def spread_of_dates(held_out: HeldOutMargins) -> float:
    """How far whole dates come out beside the forecast: what the held-out dates show, weighed with what is known beforehand."""
    cells = [held_out.day == day for day in np.unique(held_out.day)]
    offsets = [offset(held_out.margin[cell], held_out.y[cell]) for cell in cells if cell.sum() >= MIN_CELL]
    shown = len(offsets) * variance_between(offsets)
    return float(np.sqrt((PRIOR_DATES * PRIOR_SPREAD**2 + shown) / (PRIOR_DATES + len(offsets))))


def spread_of_bins(held_out: HeldOutMargins) -> float:
    """How far ten equal bins of score come out beside the forecast, beyond chance."""
    parts = np.array_split(np.argsort(held_out.margin, kind="stable"), BINS)
    offsets = [offset(held_out.margin[part], held_out.y[part]) for part in parts if len(part) >= MIN_CELL]
    return float(np.sqrt(variance_between(offsets)))


def _areas(held_out: HeldOutMargins, shared: float) -> tuple[dict[str, Area], Area]:
    """By area its offset, shrunken, with what is left of uncertainty; and the spread for any other area."""
    named = {area for area in held_out.area if area is not None}
    cells = {str(area): held_out.area == area for area in sorted(named, key=str)}
    own = {
        area: offset(held_out.margin[cell], held_out.y[cell]) for area, cell in cells.items() if cell.sum() >= MIN_AREA
    }
    between = variance_between(list(own.values()))
    found = {}
    for area, (value, variance) in own.items():
        share = between / (between + variance)
        found[area] = Area(share * value, float(np.hypot(shared, np.sqrt(between * variance / (between + variance)))))
    return found, Area(0.0, float(np.hypot(shared, np.sqrt(between))))


def what_the_unknown_hides(model: ReadinessModel, sample: Matrix) -> tuple[Array, Array]:
    """Per feature, how much lower and how much higher the margin of half the families would be were it known.

    Each feature is made unknown in turn in rows that know it; the quartiles of what that changes are the answer, so that
    the value that stands for the unknown, already an unfavourable one, is not counted twice.
    """
    margin = model.explain(sample).margin
    costs, gains = np.zeros(sample.shape[1]), np.zeros(sample.shape[1])
    for place in range(sample.shape[1]):
        known = ~np.isnan(sample[:, place])
        if known.sum() < MIN_CELL:
            continue
        blank = sample[known].copy()
        blank[:, place] = np.nan
        quartiles = np.quantile(margin[known] - model.explain(blank).margin, [0.25, 0.75])
        costs[place], gains[place] = max(0.0, -quartiles[0]), max(0.0, quartiles[1])
    return costs, gains
