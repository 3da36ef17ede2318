"""Drift inside training: how the fields moved between two sets of observations of one study."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.dates import from_day
from graduasi_training.drift.alarms import alarms_of
from graduasi_training.drift.fields import compare_fields
from graduasi_training.drift.histograms import describe, sample_of
from graduasi_training.study.study import Study

LIMITS = ("psi", "ks", "missing_change", "unseen_share", "significance", "min_rows")
"""Those of the programme's limits that are about fields."""
Places = npt.NDArray[np.intp]


def field_drift(study: Study, train: Places, test: Places) -> dict[str, Any]:
    """`evaluation.field_drift`: each household as `train` saw it last against the cohort `test`, as `graduasi drift` compares.

    `fields` has those that alarm first, then those that moved most.
    """
    limits, day, before = study.programme.drift, study.observations.day, _last_of_each(study, train)
    then, now = (sample_of(study.panel, study.observations.snapshot[part], study.dictionary) for part in (before, test))
    fields, tests = compare_fields(describe(then, study.dictionary), len(then), now, study.dictionary, limits)
    alarms = alarms_of(tests, significance=limits.significance)
    for alarm in alarms:
        fields[alarm.name]["status"] = "alarm"
    order = sorted(fields, key=lambda name: (fields[name]["status"] != "alarm", -(fields[name]["psi"] or 0.0)))
    return {
        "from": from_day(int(day[before].min())).isoformat(),
        "through": from_day(int(day[before].max())).isoformat(),
        "to": from_day(int(day[test].max())).isoformat(),
        "n_then": len(then),
        "n_now": len(now),
        "limits": limits.model_dump(include=set(LIMITS)),
        "fields": {name: fields[name] for name in order},
        "alarms": list(dict.fromkeys(alarm.sentence for alarm in alarms)),
    }


def _last_of_each(study: Study, places: Places) -> Places:
    """The latest observation of each household: tests of chance count a household once."""
    latest = places[np.argsort(study.observations.day[places], kind="stable")][::-1]
    household = study.panel.household[study.observations.snapshot[latest]]
    return latest[np.unique(household, return_index=True)[1]]
