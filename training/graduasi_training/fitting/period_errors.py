"""How far whole periods came out beside the forecast, learned by forecasting the past: rolling origins.

Standing at an earlier date, a regression learns from the labels that were known then and forecasts that date's families. Its
error is what a forecast of the next period is in for: the base rate moves, and nobody sees it before the labels are known.
Origins lie at least one label window apart. Closer ones would look at the same months through overlapping labels, and many
looks at one period are not many periods.
"""

from typing import NamedTuple

import numpy as np

from graduasi.arrays import Array
from graduasi.readiness.features import Feature
from graduasi.readiness.preparation import fit_preparation
from graduasi_training.fitting.linear_and_trees import Settings, fit_linear
from graduasi_training.fitting.offsets import Offset, offset
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import MIN_LABELLED_ROWS, RowIndex, forward_start

MAX_ORIGINS = 5
"""Periods further back say little about the next one."""
MAX_ORIGIN_ROWS = 20_000
"""The error of a whole period is a level; it needs no more rows to learn from, nor to be measured on."""


class _Origin(NamedTuple):
    """An earlier date: the rows whose labels were known on it, and the rows of the date itself."""

    known: RowIndex
    forecast: RowIndex


def period_errors(rows: TrainingRows, features: tuple[Feature, ...], *, settings: Settings) -> list[Offset]:
    """For each of at most MAX_ORIGINS dates, the latest first, how far its families came out beside a forecast of that day.

    Rows of one `day` are one period. Empty where no date has labels enough before it.
    """
    rng = np.random.default_rng(settings.seed)
    return [_error(rows, origin, features, settings, rng) for origin in _origins(rows)]


def _origins(rows: TrainingRows) -> list[_Origin]:
    window = max(int(np.median(rows.known_on - rows.day)), 1)
    origins: list[_Origin] = []
    latest_allowed = int(rows.day.max())
    for day in np.unique(rows.day)[::-1].tolist():
        if day > latest_allowed or len(origins) == MAX_ORIGINS:
            continue
        origin = _Origin(
            known=np.flatnonzero((rows.known_on <= day) & (rows.day < day)), forecast=np.flatnonzero(rows.day == day)
        )
        y = rows.y[origin.known]
        if min(len(y), len(origin.forecast)) >= MIN_LABELLED_ROWS and 0 < y.mean() < 1:
            origins.append(origin)
            latest_allowed = day - window
    return origins


def _error(
    rows: TrainingRows, origin: _Origin, features: tuple[Feature, ...], settings: Settings, rng: np.random.Generator
) -> Offset:
    known, forecast = (rng.permutation(part)[:MAX_ORIGIN_ROWS] for part in origin)
    values, y, offset_of_row = rows.values[known], rows.y[known], rows.offset_of(known)
    preparation = fit_preparation(values, features)
    linear = fit_linear(values, y, features, preparation, C=settings.C, offset=offset_of_row)

    def margin(part: RowIndex) -> Array:
        own = linear.base + linear.contributions(rows.values[part], preparation).sum(axis=1)
        return own if rows.offset is None else own + rows.offset[part]

    recent = known[rows.day[known] >= _level_from(rows, known)]
    level = offset(margin(recent), rows.y[recent], rows.household[recent]).value
    return offset(margin(forecast) + level, rows.y[forecast], rows.household[forecast])


def _level_from(rows: TrainingRows, known: RowIndex) -> int:
    """The first of the dates whose level a forecast keeps, as `fit_and_choose` does: the later dates, where there are enough."""
    start = forward_start(rows.day[known], rows.known_on[known], rows.y[known])
    return int(rows.day[known].min()) if start is None else start
