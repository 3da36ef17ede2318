"""The version in service beside the candidate: it scores the last test cohort, and both are compared in pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graduasi.bundle import Bundle
from graduasi.dates import iso_day
from graduasi.declarations.dictionary import Field
from graduasi.readiness.features import Feature
from graduasi.scoring.scores import features_as_read
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.comparison import compare
from graduasi_training.study.study import Study

FAVOURED = "the version in service learned from labels of this fold, which favours it"
NOT_FAVOURED = "the version in service learned from no label of this fold"


@dataclass(frozen=True)
class Incumbent:
    """The version in service. `bundle` is None, and `note` says why, when it could not be opened."""

    version: str
    bundle: Bundle | None
    note: str | None = None


def against_incumbent(
    incumbent: Incumbent | None, study: Study, last: JudgedFold, *, metrics: Sequence[str]
) -> dict[str, Any]:
    """The section `incumbent` of evaluation.json: the procedure's champion on the last fold against the version in service.

    Where they cannot be compared, `comparison` is null and `note` says why.
    """
    if incumbent is None:
        return _not_compared(None, "no version of this programme was in service at training")
    why_not = incumbent.note if incumbent.bundle is None else _difference(incumbent.bundle, study)
    if why_not is not None or incumbent.bundle is None:
        return _not_compared(incumbent.version, why_not)
    snapshots = study.observations.snapshot[last.fold.test]
    features = features_as_read(study.panel, snapshots, as_of=last.fold.day, bundle=incumbent.bundle)
    forecast = incumbent.bundle.model.explain(features.values).score
    judged = {f"version {incumbent.version}": judge_on(forecast, last.test, last.clusters)}
    rows = [row for metric in metrics for row in compare(last.judged["champion"], judged, metric)]
    label = incumbent.bundle.programme.target.name
    other_label = "" if label == study.programme.target.name else f"; it was trained for another label, {label}"
    favoured = _has_learned_from(incumbent.bundle, study, last)
    note = (FAVOURED if favoured else NOT_FAVOURED) + other_label
    return {"version": incumbent.version, "comparison": rows, "learned_from_fold": favoured, "note": note}


def _not_compared(version: str | None, note: str | None) -> dict[str, Any]:
    return {"version": version, "comparison": None, "learned_from_fold": None, "note": note}


def _has_learned_from(bundle: Bundle, study: Study, last: JudgedFold) -> bool:
    """Whether any label of the fold was known when the bundle's panel ended; true if the bundle does not say when that was."""
    ended = (bundle.about.get("data") or {}).get("last_known_on")
    if ended is None:
        return True
    rows = last.fold.test[last.test.labelled]
    return bool(study.labels.known_on[rows].min() <= iso_day(ended))


def _difference(bundle: Bundle, study: Study) -> str | None:
    """Why the version in service cannot score this study's features; None when it can."""
    theirs, ours = ({_meaning(feature) for feature in features} for features in (bundle.model.features, study.features))
    if theirs != ours:
        fields = sorted({meaning[0].partition("__")[0] for meaning in theirs ^ ours})
        return f"it reads other features, or reads them otherwise ({', '.join(fields)})"
    if [feature.name for feature in bundle.model.features] != [feature.name for feature in study.features]:
        return "its dictionary declares the fields in another order"
    if bundle.programme.max_data_age_days != study.programme.max_data_age_days:
        return "its programme carries fields forward for another number of days (max_data_age_days)"
    return None


def _meaning(feature: Feature) -> tuple[Any, ...]:
    """What must be equal for a feature's number to mean the same to both models."""
    field: Field = feature.field
    return feature.name, field.type, field.categories, field.per, field.unit, field.lag_days
