"""Does a 90 % interval hold in the next period, and does a base rate that moved stay out of the forecast?

Families with two fields that tell of readiness by a straight line, and two that tell nothing. Every window of twelve months
has a level of its own, and what differs between the designs is how that level moves. The model that would be handed over
forecasts the families of the last date, of whom no label is known; the true rate of each is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import expit

from graduasi.arrays import Array
from graduasi.declarations.dictionary import Field
from graduasi.readiness.features import Feature
from graduasi.readiness.intervals import Intervals
from graduasi.readiness.model import logistic
from graduasi_training.fitting.intervals import HeldOutMargins, fit_intervals
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.offsets import offset
from graduasi_training.fitting.period_errors import period_errors
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import RowIndex
from tools.claims.claim import Claim

WEIGHTS = np.array([0.9, -0.6, 0.0, 0.0])
BASE = -0.7
YEARLY_SHOCK = 0.4
"""Standard deviation of what the level moves by in a year, in log-odds: the prior's own."""
QUICK = Settings(trees=TreeSettings(trees=30, learning_rate=0.2))
"""Few trees: the truth is a straight line, and it is the level that is tested."""


def _field(number: int) -> Field:
    return Field(name=f"field_{number}", type="number", kind="context", label={"en": "Field"}, source="made up")


FEATURES = tuple(Feature(f"field_{number}", _field(number), "value") for number in range(len(WEIGHTS)))
LEAST, MOST = 0.85, 0.95
"""Of a nominal 90 %."""


@dataclass(frozen=True)
class Design:
    """Dates so many months apart, the families of each, and how the level of a date's twelve months is drawn."""

    name: str
    before: str
    months: int
    dates: int
    families: int
    level: Callable[[np.random.Generator, int], Array]
    hidden: float = 0.0
    """Standard deviation, in log-odds, of what families differ by and no field tells."""


def independent(months: int, shock: float = YEARLY_SHOCK) -> Callable[[np.random.Generator, int], Array]:
    """The mean of independent monthly shocks over the year that follows a date; years apart have nothing in common."""

    def level(rng: np.random.Generator, dates: int) -> Array:
        monthly = rng.normal(0, shock * np.sqrt(12), dates * months + 12)
        return np.array([monthly[date * months : date * months + 12].mean() for date in range(dates)])

    return level


def walk(months: int) -> Callable[[np.random.Generator, int], Array]:
    """A random walk, which moves by YEARLY_SHOCK in a year."""
    step = YEARLY_SHOCK * np.sqrt(months / 12)
    return lambda rng, dates: np.cumsum(rng.normal(0, step, dates))


DESIGNS = (
    Design("yearly, independent shocks", "78 %", 12, 9, 1500, independent(12)),
    Design("yearly, random walk", "70 %", 12, 9, 1500, walk(12)),
    Design("quarterly, random walk", "65 %", 3, 21, 700, walk(3)),
    Design("monthly, random walk", "43 %", 1, 60, 300, walk(1)),
    Design("monthly, independent shocks", "45 %", 1, 60, 300, independent(1)),
)
HIDDEN = Design(
    "families differ by an sd of 1 that no field tells", "100 %; 33 %", 12, 9, 1500, independent(12), hidden=1.0
)
STILL = Design("yearly, no shocks", "100 %", 12, 9, 1500, independent(12, 0.0))


def draw(design: Design, seed: int, *, families: int | None = None) -> tuple[TrainingRows, Array]:
    """The rows of all dates, and the true rate of each; a label is known twelve months after its date."""
    rng = np.random.default_rng(seed)
    families = families or design.families
    level = design.level(rng, design.dates)
    date = np.repeat(np.arange(design.dates), families)
    household = np.tile(np.arange(families, dtype=np.int32), design.dates)
    own = rng.normal(size=(families, len(WEIGHTS)))
    values = np.sqrt(0.5) * own[household] + np.sqrt(0.5) * rng.normal(size=(len(date), len(WEIGHTS)))
    hidden = rng.normal(0, design.hidden, families)[household] if design.hidden else 0.0
    rate = expit(values @ WEIGHTS + BASE + level[date] + hidden)
    y = (rng.random(len(date)) < rate).astype(float)
    day = (date * design.months * 30.4375).astype(np.int32)
    return TrainingRows(values, y, household, day, day + 365), rate


def hand_over(rows: TrainingRows) -> tuple[Fitted, Intervals, TrainingRows]:
    """The model and its intervals from the labels known on the last date; with the rows it learned from."""
    known = rows.take(np.flatnonzero(rows.known_on <= rows.day.max()))
    fitted = fit_and_choose(known, FEATURES, settings=QUICK)
    held_out = fitted.held_out
    areas = np.full(len(held_out), None, dtype=object)
    margins = HeldOutMargins(fitted.margin, known.y[held_out], known.household[held_out], areas)
    errors = period_errors(known, FEATURES, settings=QUICK)
    rng = np.random.default_rng(0)
    return fitted, fit_intervals(margins, errors, fitted.champion, known.values, rng=rng), known


def next_period(design: Design, seed: int) -> tuple[bool, float, float]:
    """Whether the interval of the whole next period holds its true rate, in which share of its ten bins, and of families, it does."""
    rows, rate = draw(design, seed)
    fitted, intervals, _ = hand_over(rows)
    last = np.flatnonzero(rows.day == rows.day.max())
    margin = fitted.champion.explain(rows.values[last]).margin
    nothing = np.zeros((len(last), len(WEIGHTS)), dtype=bool)
    ends = intervals.around(margin, pa.nulls(len(last), pa.string()), nothing, nothing)
    low, high = logistic(ends.low), logistic(ends.high)

    def holds(part: RowIndex) -> bool:
        return bool(low[part].mean() <= rate[last][part].mean() <= high[part].mean())

    bins = np.array_split(np.argsort(margin), 10)
    in_bins = float(np.mean([holds(rows_of_bin) for rows_of_bin in bins]))
    return holds(np.arange(len(last))), in_bins, float(((low <= rate[last]) & (rate[last] <= high)).mean())


def level_error(seed: int, step: float, after: int) -> float:
    """How far the mean forecast margin lies above the truth where the level rose by `step` before date `after` of nine."""

    def level(_: np.random.Generator, dates: int) -> Array:
        return step * (np.arange(dates) >= after).astype(float)

    rows, rate = draw(Design("", "", 12, 9, 1500, level), seed)
    fitted, _, _ = hand_over(rows)
    last = np.flatnonzero(rows.day == rows.day.max())
    return float((fitted.champion.explain(rows.values[last]).margin - np.log(rate[last] / (1 - rate[last]))).mean())


def _hidden(seeds: int) -> Claim:
    """The interval is of the rate among families alike, and not of one family's own."""
    held = [next_period(HIDDEN, seed) for seed in range(max(seeds // 3, 3))]
    _, bins, own = (float(np.mean(part)) for part in zip(*held, strict=True))
    return Claim(
        f"{HIDDEN.name}: interval holds the rate of bins; of single families",
        HIDDEN.before,
        f"{bins:.0%}; {own:.0%}",
        "bins 85 % or more; nothing about a single family",
        bins >= LEAST,
    )


def claims(seeds: int) -> Iterator[Claim]:
    """Coverage of the next period in each design, and the level after a step of the base rate."""
    for design in (*DESIGNS, STILL):
        held = [next_period(design, seed) for seed in range(seeds)]
        whole, bins, _ = (float(np.mean(part)) for part in zip(*held, strict=True))
        is_still = design is STILL
        yield Claim(
            f"interval of the next period, {design.name}",
            design.before,
            f"{whole:.0%} (bins {bins:.0%})",
            "90 %: 85 to 95" if not is_still else "90 % or more: a period may move",
            LEAST <= whole <= (1.0 if is_still else MOST),
        )
    yield _hidden(seeds)
    for step, after in ((1.0, 5), (0.5, 5), (-0.5, 5), (-1.0, 5)):
        errors = [level_error(seed, step, after) for seed in range(max(seeds // 6, 3))]
        mean = float(np.mean(errors))
        yield Claim(
            f"base rate moved by {step:+.1f} log-odds before the forecast: forecast less truth",
            "+0.37" if step == 1.0 else "not run",
            f"{mean:+.2f}",
            "within 0.05",
            abs(mean) <= 0.05,
        )
    saturated = [
        offset(np.full(100, margin), np.repeat([1.0, 0.0], [int(100 * rate), 100 - int(100 * rate)])).value
        for margin, rate in ((3.0, 0.5), (-3.0, 0.4), (-6.0, 0.05))
    ]
    yield Claim(
        "offset of margins 3, −3, −6 where 50, 40, 5 % came out",
        "+12, −12, −12",
        ", ".join(f"{value:+.2f}" for value in saturated),
        "−3.00, +2.59, +3.06",
        np.allclose(saturated, [-3.0, 2.59, 3.06], atol=0.01),
    )
