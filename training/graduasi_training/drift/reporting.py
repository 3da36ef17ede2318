"""Drift inside training: how the fields moved between two sets of observations of one study."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi_training.drift.comparing import compare_fields
from graduasi_training.drift.counting import describe, sample_of
from graduasi_training.study import Study


def drift_rows(study: Study, before: npt.NDArray[np.intp], after: npt.NDArray[np.intp]) -> list[dict[str, Any]]:
    """For a training report: how each field moved from the observations `before` to those `after`, most first.

    One entry a field: field, status, psi, ks, missing_then, missing_now, missing_change, n_then, n_now.
    """
    then, now = (
        sample_of(study.panel, study.observations.snapshot[part], study.dictionary) for part in (before, after)
    )
    figures, _ = compare_fields(
        describe(then, study.dictionary), len(then), now, study.dictionary, study.programme.drift
    )
    rows = [{"field": name, **{key: row[key] for key in row if key != "unseen"}} for name, row in figures.items()]
    return sorted(rows, key=lambda row: -1.0 if row["psi"] is None else row["psi"], reverse=True)
