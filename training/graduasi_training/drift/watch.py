"""`graduasi drift` as a function: from a panel file and a bundle to a report that can be written as JSON."""

from pathlib import Path
from typing import Any

import numpy as np

from graduasi.bundle import Bundle
from graduasi.bundle.reference import Reference
from graduasi.dates import add_months, from_day, to_day
from graduasi.errors import BundleError, PanelError
from graduasi.panel import files
from graduasi.panel.events import Events, events_of_strangers
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.features import HISTORY_MONTHS
from graduasi.scoring.scores import features_as_read
from graduasi_training.drift.alarms import NOTHING_MATURED, Comparison, alarms_of, not_enough_data
from graduasi_training.drift.fields import compare_fields, compare_scores
from graduasi_training.drift.histograms import Sample, sample_of
from graduasi_training.drift.sampling import last_day, watched_rows, with_undeclared
from graduasi_training.study.splits import RowIndex


def watch_panel(
    file: Path, events: Events, *, bundle: Bundle, day: int | None = None, today: int | None = None
) -> dict[str, Any]:
    """Compare the panel in `file` with the bundle's reference, as of `day` (default: `last_day` of the panel).

    Raises PanelError for a broken panel, also for rows of days after `today`, if it is given; BundleError for a bundle without a reference.
    """
    if bundle.reference is None:
        raise BundleError(
            "the bundle has no reference.json, so there is nothing to compare with; it was made by an earlier version: "
            "train it again (graduasi train), or give a later bundle with --model"
        )
    table = files.read_table(file)
    panel, remarks = check_panel(table, bundle.dictionary, file=file.name, today=today)
    if day is None:
        day = last_day(panel, events, bundle.declarations)
    if not (panel.known_on <= day).any():
        raise PanelError(f"nothing in the panel was known on {from_day(day)}; check --as-of")
    rows = watched_rows(panel, events, day=day, declarations=bundle.declarations)
    with_extra, extra = with_undeclared(panel, table, bundle.dictionary)
    sample = sample_of(with_extra, rows, bundle.dictionary, extra)
    report = _compare(panel, rows, sample, events, day=day, bundle=bundle, reference=bundle.reference)
    strangers = events_of_strangers(events, panel.household_id, file="events")
    return {**report, "warnings": [*remarks.sentences(), *(finding["text"] for finding in strangers)]}


def _compare(
    panel: Panel, rows: RowIndex, sample: Sample, events: Events, *, day: int, bundle: Bundle, reference: Reference
) -> dict[str, Any]:
    """The report on the snapshots at `rows`; `sample` is made of them."""
    limits = bundle.programme.drift
    fields, field_checks = compare_fields(reference.fields, reference.n, sample, bundle.dictionary, limits)
    score, score_checks = compare_scores(reference, _scores(panel, rows, day, bundle), limits)
    calibration, calibration_checks = compare_calibration(panel, events, day=day, bundle=bundle, reference=reference)
    alarms = alarms_of([*field_checks, *score_checks, *calibration_checks], significance=limits.significance)
    parts = {**fields, "score": score, "calibration": calibration}
    for alarm in alarms:
        parts[alarm.name]["status"] = "alarm"
    enough = min(len(rows), reference.n) >= limits.min_rows
    return {
        "status": "alarm" if alarms else "ok" if enough else "not_enough_data",
        "as_of": from_day(day).isoformat(),
        "reference_as_of": reference.as_of.isoformat(),
        "model_version": bundle.version,
        "n": len(rows),
        "n_reference": reference.n,
        "limits": limits.model_dump(),
        "fields": fields,
        "score": score,
        "calibration": calibration,
        "alarms": list(dict.fromkeys(alarm.sentence for alarm in alarms)),
        "notes": [] if enough else [_too_few(len(rows), reference.n, limits.min_rows)],
    }


def _scores(panel: Panel, rows: RowIndex, day: int, bundle: Bundle) -> Any:
    """The score of each of `rows`. Snapshots that no feature reads are left out first, to save time."""
    if not len(rows):
        return np.zeros(0)
    oldest = add_months(panel.as_of[rows].min(keepdims=True), -HISTORY_MONTHS)[0]
    needed = np.flatnonzero((panel.as_of >= oldest) & np.isin(panel.household, panel.household[rows]))
    history, rows_in_history = panel.take(needed), np.searchsorted(needed, rows)
    features = features_as_read(history, rows_in_history, as_of=day, bundle=bundle)
    return bundle.model.explain(features.values).score


def _too_few(now: int, then: int, min_rows: int) -> str:
    return (
        f"not enough data: {now:,} households in the cohort have a snapshot that is not stale, and training had {then:,}; "
        f"{min_rows:,} in each are needed to tell drift from chance (min_rows in [drift])"
    )


def compare_calibration(panel: Panel, events: Events, *, day: int, bundle: Bundle, reference: Reference) -> Comparison:
    """Calibration on labels that matured after training; not enough data where nothing after training is known by `day`."""
    latest = max(int(panel.known_on.max()), int(events.known_on.max()) if len(events) else 0)
    if min(day, latest) <= to_day(reference.calibration.labels_known_through):
        return not_enough_data(NOTHING_MATURED)
    # Loaded only here: most panels that are watched have no label that matured after training.
    from graduasi_training.drift.matured_labels import compare_matured

    return compare_matured(panel, events, day=day, bundle=bundle, reference=reference)
