"""Base rates that show who is found: of every date that is learned from, and of families visited lately or longer ago.

Where ready families are found less often, young labels may hold too few of them, and families that nobody has found lately are
readier than the fields of their last visit say.
"""

from typing import Any

import numpy as np

from graduasi.arrays import Array, Mask
from graduasi.dates import from_day
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.notes import Note, note
from graduasi_training.study.splits import Fold
from graduasi_training.study.study import Study

TWO_ERRORS = 1.96
"""Standard errors either side of a 95 % interval."""


def base_rates(study: Study, fold: Fold) -> list[dict[str, Any]]:
    """One row for each as-of date up to the fold's, with the labels that a model could learn from on the test date.

    `rows` counts the cohort, `labelled` those of it whose label was known by the test date; on the test date itself, those
    labelled since. `base_rate` is the share of ready among the labelled, null where there is none.
    """
    observations, labels = study.observations, study.labels
    learned_from = labels.trainable(fold.day)
    rows = []
    for day in np.unique(observations.day[observations.day <= fold.day]):
        in_cohort = observations.day == day
        labelled = in_cohort & (labels.is_labelled if day == fold.day else learned_from)
        values = labels.value[labelled]
        rows.append({
            "as_of": from_day(int(day)).isoformat(),
            "rows": int(in_cohort.sum()),
            "labelled": len(values),
            "base_rate": float(values.mean()) if len(values) else None,
        })  # fmt: skip
    return rows


def by_last_visit(study: Study, judged: JudgedFold) -> dict[str, Any]:
    """The cohort of a test date in two parts: visited as lately as is usual (`lately`), and longer ago (`longer_ago`).

    `usual_days` is the median age of the latest visit. Each part has `rows`, `labelled`, and among the labelled the `base_rate`
    and the champion's `mean_forecast`, null where there is none.
    """
    observations, test = study.observations, judged.fold.test
    age_days = observations.day[test] - study.panel.as_of[observations.snapshot[test]]
    usual_days = int(np.median(age_days))
    return {
        "usual_days": usual_days,
        "lately": _part(judged, age_days <= usual_days),
        "longer_ago": _part(judged, age_days > usual_days),
    }


def _part(judged: JudgedFold, rows: Mask) -> dict[str, Any]:
    labelled = rows & judged.test.labelled
    known = {"base_rate": _mean(judged.test.y[labelled]), "mean_forecast": _mean(judged.champion[labelled])}
    return {"rows": int(rows.sum()), "labelled": int(labelled.sum()), **known}


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None


def note_on_last_visit(study: Study, judged: JudgedFold) -> list[Note]:
    """A note where families visited longer ago came out further from the forecast than drift may, and than chance explains."""
    parts = by_last_visit(study, judged)
    part = parts["longer_ago"]
    if part["labelled"] < MIN_GROUP:
        return []
    observed, forecast, known = part["base_rate"], part["mean_forecast"], part["labelled"]
    chance = TWO_ERRORS * np.sqrt(forecast * (1 - forecast) / known)
    if abs(observed - forecast) <= max(chance, study.programme.drift.calibration_gap):
        return []
    ready, expected = round(observed * known), round(forecast * known)
    return [note("last_visit", days=parts["usual_days"], known=known, ready=ready, expected=expected)]
