"""`graduasi drift` as a function: a panel file and a bundle to one plain result."""

from pathlib import Path
from typing import Any

import numpy as np

from graduasi.bundle import Bundle
from graduasi.bundle.reference import Reference
from graduasi.dates import add_months, from_day, to_day
from graduasi.errors import BundleError, PanelError
from graduasi.panel import files
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.features import HISTORY_MONTHS, build_features
from graduasi_training.drift.alarms import NOTHING, Check, Found, alarms_of, not_enough
from graduasi_training.drift.fields import compare_fields, compare_scores
from graduasi_training.drift.histograms import sample_of
from graduasi_training.drift.sampling import last_day, watched_rows, with_undeclared


def watch_panel(file: Path, events: Events, *, bundle: Bundle, day: int | None = None) -> dict[str, Any]:
    """Compare the panel in `file` with the bundle's reference. Raises Refused for a broken panel or an old bundle."""
    if bundle.reference is None:
        raise BundleError(
            "the bundle has no reference.json, so there is nothing to compare with; it was made by an earlier version: "
            "train it again (graduasi train), or give a later bundle with --model"
        )
    table = files.read_table(file)
    panel, notes = check_panel(table, bundle.dictionary, file=file.name)
    if day is None:
        day = last_day(panel, events, bundle.declarations)
    wide, extra = with_undeclared(panel, table, bundle.dictionary)
    found = _watch(panel, wide, extra, events, day=day, bundle=bundle, reference=bundle.reference)
    return {**found, "warnings": notes.sentences()}


def _watch(
    panel: Panel,
    wide: Panel,
    extra: dict[str, tuple[str, ...]],
    events: Events,
    *,
    day: int,
    bundle: Bundle,
    reference: Reference,
) -> dict[str, Any]:
    dictionary, limits = bundle.dictionary, bundle.programme.drift
    rows = watched_rows(panel, events, day=day, declarations=bundle.declarations)
    if not (panel.known_on <= day).any():
        raise PanelError(f"nothing in the panel was known on {from_day(day)}; check --as-of")
    sample = sample_of(wide, rows, dictionary, extra)
    fields, tests = compare_fields(reference.fields, reference.n, sample, dictionary, limits)
    score, of_score = compare_scores(reference, _scores(panel, rows, day, bundle), limits)
    calibration, of_calibration = compare_calibration(panel, events, day=day, bundle=bundle, reference=reference)
    alarms = alarms_of([*tests, *of_score, *of_calibration], significance=limits.significance)
    _mark(alarms, fields, score, calibration)
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


def _scores(panel: Panel, rows: "np.ndarray[Any, np.dtype[np.intp]]", day: int, bundle: Bundle) -> Any:
    if not len(rows):
        return np.zeros(0)
    oldest = add_months(panel.as_of[rows].min(keepdims=True), -HISTORY_MONTHS)[0]
    kept = np.flatnonzero((panel.as_of >= oldest) & np.isin(panel.household, panel.household[rows]))
    panel, rows = panel.take(kept), np.searchsorted(kept, rows)  # what no feature looks at costs nothing
    features = build_features(panel, rows, as_of=day, declarations=bundle.declarations)
    return bundle.model.explain(features.values).score


def _mark(alarms: list[Check], fields: dict[str, Any], score: dict[str, Any], calibration: dict[str, Any]) -> None:
    places = {**fields, "score": score, "calibration": calibration}
    for alarm in alarms:
        places[alarm.name]["status"] = "alarm"


def _too_few(now: int, then: int, least: int) -> str:
    return (
        f"not enough data: {now:,} households in the cohort have a snapshot that is not stale, and training had {then:,}; "
        f"{least:,} in each are needed to tell drift from chance (min_rows in [drift])"
    )


def compare_calibration(panel: Panel, events: Events, *, day: int, bundle: Bundle, reference: Reference) -> Found:
    """Calibration on labels that matured after training, as far as there are any."""
    latest = max(int(panel.known_on.max()), int(events.known_on.max()) if len(events) else 0)
    if min(day, latest) <= to_day(reference.calibration.labels_known_through):
        return not_enough(NOTHING)
    from graduasi_training.drift.matured_labels import compare_matured

    return compare_matured(panel, events, day=day, bundle=bundle, reference=reference)
