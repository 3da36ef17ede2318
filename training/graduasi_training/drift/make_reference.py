"""The reference that training leaves in the bundle: what the panel looked like, in counts."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.bundle.reference import SMALLEST, CalibrationReference, Reference
from graduasi.dates import from_day
from graduasi.panel import files
from graduasi.readiness.features import build_features
from graduasi.readiness.model import ReadinessModel
from graduasi_training.drift.histograms import describe, histogram, sample_of
from graduasi_training.drift.sampling import columns_with_undeclared, last_day, watched_rows, with_undeclared
from graduasi_training.study.study import Study

SCORED_ROWS = 20_000
"""The mean score over training is taken from about so many rows."""


def make_reference(study: Study, model: ReadinessModel, places: npt.NDArray[np.intp], panel_file: Path) -> Reference:
    """The latest snapshots of the cohort on the last day that the panel knows of; `places` is what was trained on."""
    panel, declarations, dictionary = study.panel, study.declarations, study.dictionary
    day = last_day(panel, study.events, declarations)
    rows = watched_rows(panel, study.events, day=day, declarations=declarations)
    features = build_features(panel, rows, as_of=day, declarations=declarations).values
    score = model.explain(features).score if len(rows) >= SMALLEST else np.zeros(0)
    names = [name for name in columns_with_undeclared(dictionary) if name in files.column_names(panel_file)]
    extra: dict[str, tuple[str, ...]] = {}
    if names:
        batches = files.read_batches(panel_file, columns=["household_id", "as_of", *names])
        table = pa.concat_tables(batches, promote_options="permissive")
        panel, extra = with_undeclared(panel, table, dictionary)
    return Reference(
        as_of=from_day(day),
        n=len(rows) if len(rows) >= SMALLEST else 0,
        fields=describe(sample_of(panel, rows, dictionary, extra), dictionary),
        score=histogram(score),
        mean_score=float(score.mean()) if len(score) else None,
        calibration=_calibration(study, model, places),
    )


def _calibration(study: Study, model: ReadinessModel, places: npt.NDArray[np.intp]) -> CalibrationReference:
    labels = study.labels
    enough = len(places) >= SMALLEST
    sample = places[:: max(1, len(places) // SCORED_ROWS)]
    return CalibrationReference(
        labels_known_through=from_day(int(labels.known_on[labels.is_labelled].max())),
        n=len(places) if enough else 0,
        observed=float(labels.value[places].mean()) if enough else None,
        mean_score=float(model.explain(study.values[sample]).score.mean()) if enough else None,
    )
