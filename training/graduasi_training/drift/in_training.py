"""Drift within a training run: how the fields moved from the training rows to the test date."""

from typing import Any

import numpy as np

from graduasi.dates import from_day
from graduasi_training.drift.alarms import alarms_of
from graduasi_training.drift.fields import compare_fields
from graduasi_training.drift.histograms import describe, sample_of
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study

FIELD_LIMITS = ("psi", "ks", "missing_change", "unseen_share", "significance", "min_rows")
"""The limits in [drift] of the programme that are about fields."""


def field_drift(study: Study, train: RowIndex, test: RowIndex) -> dict[str, Any]:
    """`evaluation.field_drift`: the last training observation of each household against the cohort `test`.

    They are compared as `graduasi drift` compares. `fields` begins with those that alarm; then come those that moved most.
    """
    limits, day, before = study.programme.drift, study.observations.day, _last_of_each_household(study, train)
    then, now = (sample_of(study.panel, study.observations.snapshot[rows], study.dictionary) for rows in (before, test))
    fields, checks = compare_fields(describe(then, study.dictionary), len(then), now, study.dictionary, limits)
    alarms = alarms_of(checks, significance=limits.significance)
    for alarm in alarms:
        fields[alarm.name]["status"] = "alarm"
    order = sorted(fields, key=lambda name: (fields[name]["status"] != "alarm", -(fields[name]["psi"] or 0.0)))
    return {
        "from": from_day(int(day[before].min())).isoformat(),
        "through": from_day(int(day[before].max())).isoformat(),
        "to": from_day(int(day[test].max())).isoformat(),
        "n_then": len(then),
        "n_now": len(now),
        "limits": limits.model_dump(include=set(FIELD_LIMITS)),
        "fields": {name: fields[name] for name in order},
        "alarms": list(dict.fromkeys(alarm.sentence for alarm in alarms)),
    }


def _last_of_each_household(study: Study, rows: RowIndex) -> RowIndex:
    """The latest of the observations `rows` of each household: the tests take households as independent."""
    latest_first = rows[np.argsort(study.observations.day[rows], kind="stable")][::-1]
    household = study.panel.household[study.observations.snapshot[latest_first]]
    return latest_first[np.unique(household, return_index=True)[1]]
