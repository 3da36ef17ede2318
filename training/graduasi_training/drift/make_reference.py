"""The reference that training puts into the bundle: what the panel looked like, as counts."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from graduasi.bundle.reference import SMALLEST_CELL, CalibrationReference, Reference
from graduasi.dates import from_day
from graduasi.panel import files
from graduasi.readiness.features import build_features
from graduasi.readiness.model import ReadinessModel
from graduasi_training.drift.histograms import describe, histogram, sample_of
from graduasi_training.drift.sampling import columns_with_undeclared, last_day, watched_rows, with_undeclared
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study

MEAN_SCORE_ROWS = 20_000
"""The mean score of the training rows is taken over about so many of them."""


def make_reference(study: Study, model: ReadinessModel, train: RowIndex, panel_file: Path) -> Reference:
    """The cohort's latest snapshots on the panel's last day, and how scores of the training observations `train` came out.

    `panel_file` is what `study.panel` was read from: category values that the dictionary does not list are read from it again.
    """
    panel, declarations, dictionary = study.panel, study.declarations, study.dictionary
    day = last_day(panel, study.events, declarations)
    rows = watched_rows(panel, study.events, day=day, declarations=declarations)
    features = build_features(panel, rows, as_of=day, declarations=declarations).values
    score = model.explain(features).score if len(rows) >= SMALLEST_CELL else np.zeros(0)
    names = [name for name in columns_with_undeclared(dictionary) if name in files.column_names(panel_file)]
    extra: dict[str, tuple[str, ...]] = {}
    if names:
        batches = files.read_batches(panel_file, columns=["household_id", "as_of", *names])
        table = pa.concat_tables(batches, promote_options="permissive")
        panel, extra = with_undeclared(panel, table, dictionary)
    return Reference(
        as_of=from_day(day),
        n=len(rows) if len(rows) >= SMALLEST_CELL else 0,
        fields=describe(sample_of(panel, rows, dictionary, extra), dictionary),
        score=histogram(score),
        mean_score=float(score.mean()) if len(score) else None,
        calibration=_calibration(study, model, train),
    )


def _calibration(study: Study, model: ReadinessModel, train: RowIndex) -> CalibrationReference:
    labels = study.labels
    enough = len(train) >= SMALLEST_CELL
    sample = train[:: max(1, len(train) // MEAN_SCORE_ROWS)]
    return CalibrationReference(
        labels_known_through=from_day(int(labels.known_on[labels.is_labelled].max())),
        n=len(train) if enough else 0,
        observed=float(labels.value[train].mean()) if enough else None,
        mean_score=float(model.explain(study.values[sample]).score.mean()) if enough else None,
    )
