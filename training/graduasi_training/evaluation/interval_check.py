"""Do the intervals hold on a period later than any they were made from? If they do not, none is shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array
from graduasi.readiness.features import carried_features
from graduasi.readiness.model import logistic
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.fitting.intervals import COVERAGE, HeldOutMargins, fit_intervals
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import Fitted
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.judging.metrics import log_odds
from graduasi_training.notes import note
from graduasi_training.study.study import Study

Places = npt.NDArray[np.intp]
BINS, MIN_BIN = 10, 20
ENDS = ("low", "observed", "high")
MIN_HELD_SHARE = 0.7
"""If each bin holds with 90 %, fewer than seven of ten do so once in eighty times: then the intervals are not as stated."""


def sampling_error(row: dict[str, Any]) -> float:
    """Two standard errors of the observed rate, no smaller than if the nearest end were the true rate.

    Of 20 families none may turn out ready at a true rate of 5 %: an observed rate of 0 alone would claim no error at all.
    """
    nearest = min(max(row["observed"], row["low"]), row["high"])
    return float(2 * np.sqrt(max(rate * (1 - rate) for rate in (row["observed"], nearest)) / row["n"]))


def holds(row: dict[str, Any]) -> bool:
    """Whether the observed rate lies between the mean ends, give or take its sampling error."""
    slack = sampling_error(row)
    return bool(row["low"] - slack <= row["observed"] <= row["high"] + slack)


def held_out_margins(study: Study, fitted: Fitted, places: Places) -> HeldOutMargins:
    """What the inner folds kept out, of the observations `places` that `fitted` learned from."""
    kept = places[fitted.held_out]
    area = study.group_values("area_code", kept)
    return HeldOutMargins(fitted.margin, study.labels.value[kept], study.observations.day[kept], area)


def check_intervals(study: Study, last: JudgedFold, settings: Settings) -> dict[str, Any]:
    """`evaluation.intervals`: made on what was known on the last test date, held against what came after it."""
    model, test = last.fitted.champion, last.fold.test
    made = fit_intervals(
        held_out_margins(study, last.fitted, last.fold.train),
        model,
        study.values[last.fold.train],
        rng=np.random.default_rng(settings.seed),
    )
    places = test[last.test.labelled]
    margin = model.explain(study.values[places]).margin
    area = study.group_values("area_code", places)
    values = study.values[places]
    carried = carried_features(values, study.panel.values[study.observations.snapshot[places]], study.dictionary)
    ends = made.around(margin, pa.array(area, pa.string()), np.isnan(values), carried)
    low, high = (logistic(end) for end in ends)
    told = StatedIntervals(margin, low, high, study.labels.value[places])
    bins = told.bins()
    areas = {
        str(name): told.row(np.flatnonzero(area == name))
        for name in sorted({one for one in area if one is not None}, key=str)
        if (area == name).sum() >= MIN_GROUP
    }
    return {
        "nominal": COVERAGE,
        "shown": told.hold_as_stated(),
        "mean_width": float((high - low).mean()),
        "next_period": {
            "test_as_of": last.date,
            "n": len(places),
            "held": sum(map(holds, bins)),
            "whole": told.whole(),
            "bins": bins,
        },
        "areas": areas,
    }


def note_on_intervals(checked: dict[str, Any]) -> list[str]:
    """Why scores of this model carry no interval, where they do not; and the areas in which they did not hold."""
    if checked["shown"]:
        missed = [name for name, row in checked["areas"].items() if not holds(row)]
        told = note("areas_missed", missed=len(missed), areas=len(checked["areas"]), names=", ".join(missed))
        return [told] if missed else []
    period = checked["next_period"]
    if not holds(period["whole"]):
        return [note("intervals_failed_on_the_whole", **{key: f"{period['whole'][key]:.3f}" for key in ENDS})]
    return [note("intervals_failed", held=period["held"], bins=len(period["bins"]))]


@dataclass(frozen=True)
class StatedIntervals:
    """What was said of some households, ordered by `margin`: ends of a probability, and how it came out."""

    margin: Array
    low: Array
    high: Array
    y: Array

    def bins(self) -> list[dict[str, Any]]:
        """Up to ten bins of equal size, none below MIN_BIN households while there are as many."""
        count = min(BINS, max(1, len(self.y) // MIN_BIN))
        return [self.row(part) for part in np.array_split(np.argsort(self.margin, kind="stable"), count)]

    def whole(self) -> dict[str, Any]:
        """All households as one row: small bins forgive much, all of them together forgive little."""
        return self.row(np.arange(len(self.y)))

    def hold_as_stated(self) -> bool:
        """Whether the whole and so many bins hold that the intervals may be shown."""
        bins = self.bins()
        return holds(self.whole()) and sum(map(holds, bins)) >= MIN_HELD_SHARE * len(bins)

    def row(self, part: Places) -> dict[str, Any]:
        """Size, mean ends and observed rate of some households."""
        low, high, observed = (float(each[part].mean()) for each in (self.low, self.high, self.y))
        return {"n": len(part), "low": low, "high": high, "observed": observed}


def conformal_sets(study: Study, last: JudgedFold) -> dict[str, Any] | None:
    """What label sets with 90 % for each class would say of the next period: a diagnostic, shown nowhere else.

    Split conformal by class (Vovk 2012): a label is in a family's set unless the score is odder than 90 % of that class.
    None where no held-out row had one of the outcomes.
    """
    held_out = held_out_margins(study, last.fitted, last.fold.train)
    if not 0 < held_out.y.mean() < 1:
        return None
    places = last.fold.test[last.test.labelled]
    margin, y = log_odds(last.champion[last.test.labelled]), study.labels.value[places]
    may_be_ready = margin >= np.quantile(held_out.margin[held_out.y == 1], 1 - COVERAGE)
    may_not_be = margin <= np.quantile(held_out.margin[held_out.y == 0], COVERAGE)
    return {
        "nominal": COVERAGE,
        "n": len(places),
        "both": float((may_be_ready & may_not_be).mean()),
        "neither": float((~may_be_ready & ~may_not_be).mean()),
        "coverage": {"ready": float(may_be_ready[y == 1].mean()), "not_ready": float(may_not_be[y == 0].mean())},
    }


def bins_that_hold(bins: list[dict[str, Any]]) -> int:
    """In how many bins the observed rate lies between the mean ends, give or take sampling error."""
    return sum(map(holds, bins))
