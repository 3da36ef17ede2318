"""The base rate of every date that is learned from: whether young labels hold as many ready families as old ones."""

from typing import Any

import numpy as np

from graduasi.dates import from_day
from graduasi_training.study.splits import Fold
from graduasi_training.study.study import Study


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
