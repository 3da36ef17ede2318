"""Do the intervals hold on a period later than any they were made from? If they do not, none is shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi.readiness.intervals import Intervals
from graduasi_training.evaluation.folds.fitted import FittedFold
from graduasi_training.evaluation.folds.proposed import ends_of
from graduasi_training.fitting.intervals import COVERAGE, HeldOutMargins, fit_intervals
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.period_errors import period_errors
from graduasi_training.fitting.selection import Fitted
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.judging.metrics import log_odds
from graduasi_training.notes import Note, note
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study

MAX_CHECK_BINS, MIN_BIN_FAMILIES = 10, 20
RATES = ("low", "observed", "high")
"""The rates of a row of intervals that a note quotes."""
MIN_HELD_SHARE = 0.7
"""All bins share the luck of their one period: where it is the only thing that went wrong, they miss together, and the period as
a whole tells. Fewer than seven of ten that hold although the whole does means that some scores are off against others."""


def sampling_error(row: dict[str, Any]) -> float:
    """Two standard errors of the observed rate, no smaller than if the nearest end were the true rate.

    Of 20 families none may turn out ready at a true rate of 5 %: an observed rate of 0 alone would claim no error at all.
    `row` has `n`, `low`, `high` and `observed`.
    """
    nearest = min(max(row["observed"], row["low"]), row["high"])
    return float(2 * np.sqrt(max(rate * (1 - rate) for rate in (row["observed"], nearest)) / row["n"]))


def holds(row: dict[str, Any]) -> bool:
    """Whether the observed rate lies between the mean ends, give or take its sampling error."""
    slack = sampling_error(row)
    return bool(row["low"] - slack <= row["observed"] <= row["high"] + slack)


def bins_that_hold(bins: list[dict[str, Any]]) -> int:
    """In how many bins the interval holds."""
    return sum(map(holds, bins))


def held_out_margins(study: Study, fitted: Fitted, rows: RowIndex) -> HeldOutMargins:
    """The margins that the inner folds held out; `rows` are the observations that `fitted` learned from."""
    held_out = rows[fitted.held_out]
    household = study.panel.household[study.observations.snapshot[held_out]]
    area = study.group_values("area_code", held_out)
    return HeldOutMargins(fitted.margin, study.labels.value[held_out], household, area)


def intervals_of(study: Study, fitted: Fitted, rows: RowIndex, settings: Settings) -> Intervals:
    """The intervals of the chosen model, from what it can have known; `rows` are the observations that `fitted` learned from."""
    return fit_intervals(
        held_out_margins(study, fitted, rows),
        period_errors(study.training_rows(rows), study.features, settings=settings),
        fitted.champion,
        study.values[rows],
        rng=np.random.default_rng(settings.seed),
    )


def check_intervals(study: Study, last: FittedFold) -> dict[str, Any]:
    """`evaluation.intervals`: made from what was known on the last test date, and held against what came after it."""
    known = last.test.labelled
    rows, score = last.fold.test[known], last.champion[known]
    ends = ends_of(study, rows, last.model(with_intervals=True), score)
    assert ends is not None
    low, high = ends
    area = study.group_values("area_code", rows)
    stated = StatedIntervals(log_odds(score), low, high, study.labels.value[rows])
    bins = stated.bins()
    areas = {
        str(name): stated.row(np.flatnonzero(area == name))
        for name in sorted({name for name in area if name is not None}, key=str)
        if (area == name).sum() >= MIN_GROUP
    }
    return {
        "nominal": COVERAGE,
        "shown": stated.hold_as_stated(),
        "mean_width": float((high - low).mean()),
        "next_period": {
            "test_as_of": last.date,
            "n": len(rows),
            "held": bins_that_hold(bins),
            "whole": stated.whole(),
            "bins": bins,
        },
        "areas": areas,
    }


def note_on_intervals(report: dict[str, Any]) -> list[Note]:
    """Why scores of this model carry no interval, where they do not; else the areas in which intervals did not hold.

    `report` is `evaluation.intervals`.
    """
    if report["shown"]:
        missed = [name for name, row in report["areas"].items() if not holds(row)]
        if not missed:
            return []
        return [note("areas_missed", missed=len(missed), areas=len(report["areas"]), names=", ".join(missed))]
    period = report["next_period"]
    if not holds(period["whole"]):
        return [note("intervals_failed_on_the_whole", **{name: f"{period['whole'][name]:.3f}" for name in RATES})]
    return [note("intervals_failed", held=period["held"], bins=len(period["bins"]))]


@dataclass(frozen=True)
class StatedIntervals:
    """The intervals stated for some households, and their outcomes.

    `low` and `high` are probabilities, `y` is 0 or 1; `margin` is what the households are ordered by.
    """

    margin: Array
    low: Array
    high: Array
    y: Array

    def bins(self) -> list[dict[str, Any]]:
        """Up to MAX_CHECK_BINS bins of equal size by margin; fewer where a bin would have less than MIN_BIN_FAMILIES."""
        count = min(MAX_CHECK_BINS, max(1, len(self.y) // MIN_BIN_FAMILIES))
        return [self.row(rows) for rows in np.array_split(np.argsort(self.margin, kind="stable"), count)]

    def whole(self) -> dict[str, Any]:
        """All households as one row: small bins forgive much, all of them together forgive little."""
        return self.row(np.arange(len(self.y)))

    def hold_as_stated(self) -> bool:
        """Whether the intervals may be shown: the whole holds, and at least MIN_HELD_SHARE of the bins do."""
        bins = self.bins()
        return holds(self.whole()) and bins_that_hold(bins) >= MIN_HELD_SHARE * len(bins)

    def row(self, rows: RowIndex) -> dict[str, Any]:
        """The number, mean ends and observed rate of some of the households."""
        low, high, observed = (float(rates[rows].mean()) for rates in (self.low, self.high, self.y))
        return {"n": len(rows), "low": low, "high": high, "observed": observed}


def conformal_sets(study: Study, last: FittedFold) -> dict[str, Any] | None:
    """What label sets with 90 % for each class would say of the next period: a diagnostic, shown nowhere else.

    Split conformal by class (Vovk 2012): a label is in a family's set unless the score is odder than 90 % of that class.
    None where no held-out row had one of the outcomes.
    """
    held_out = held_out_margins(study, last.fitted, last.fold.train)
    if not 0 < held_out.y.mean() < 1:
        return None
    rows = last.fold.test[last.test.labelled]
    margin, y = log_odds(last.champion[last.test.labelled]), study.labels.value[rows]
    ready_in_set = margin >= np.quantile(held_out.margin[held_out.y == 1], 1 - COVERAGE)
    not_ready_in_set = margin <= np.quantile(held_out.margin[held_out.y == 0], COVERAGE)
    return {
        "nominal": COVERAGE,
        "n": len(rows),
        "both": float((ready_in_set & not_ready_in_set).mean()),
        "neither": float((~ready_in_set & ~not_ready_in_set).mean()),
        "coverage": {
            "ready": float(ready_in_set[y == 1].mean()),
            "not_ready": float(not_ready_in_set[y == 0].mean()),
        },
    }
