"""Training from files to a folder: evaluation, the model that is handed over, its bundle, card and report."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.bundle import save_bundle
from graduasi.bundle.golden import make_golden, rounded_ranges
from graduasi.bundle.reference import Reference
from graduasi.dates import from_day
from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.declarations.programme import EventLabel, Programme
from graduasi.errors import Refused, TrainingError
from graduasi.panel import files
from graduasi.panel.events import Events, read_events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.drift.make_reference import make_reference
from graduasi_training.evaluation.evaluate import Tell, evaluate
from graduasi_training.evaluation.incumbent import Incumbent
from graduasi_training.evaluation.interval_check import held_out_margins
from graduasi_training.evaluation.relapse import learn_relapse
from graduasi_training.evaluation.selective.truth import read_truth
from graduasi_training.fitting.intervals import fit_intervals
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.fitting.tuning.trials import Budget
from graduasi_training.notes import note
from graduasi_training.report import write_report
from graduasi_training.report.card.card import write_card
from graduasi_training.study.labels import last_known
from graduasi_training.study.splits import all_training_places
from graduasi_training.study.study import Study, prepare


@dataclass(frozen=True)
class Inputs:
    """The files to learn from; `truth` is a simulation's truth.parquet, which estimates are held against and nothing learns from."""

    panel: Path
    events: Path | None
    dictionary: Path
    programme: Path
    truth: Path | None = None


@dataclass(frozen=True)
class Trained:
    """What training left in `out`: bundle/, evaluation.json, card.md, report.html."""

    out: Path
    evaluation: dict[str, Any]
    digest: str
    fitted: Fitted
    study: Study
    settings: Settings


@dataclass(frozen=True)
class _Unsealed:
    """A model with its declarations before it has a digest, enough to be scored with."""

    declarations: Declarations
    model: Any
    relapse: RelapseModel | None
    version: str = "golden"


def train(
    inputs: Inputs,
    out: Path,
    *,
    settings: Settings,
    tell: Tell,
    tuning: Budget | None = None,
    full: bool = False,
    language: str | None = None,
    in_service: Callable[[Programme], Incumbent | None] = lambda programme: None,
) -> Trained:
    """Learn from `inputs` into the folder `out`, in place of an earlier run there; `language` is the card's.

    With a budget for `tuning` the settings are searched first. `in_service` finds the version of the programme that
    serves now, to be compared with. Raises Refused with every fault; then `out` is as it was.
    """
    refuse_unwritable(out)
    truth = None if inputs.truth is None else read_truth(inputs.truth)
    study, warnings = read_study(inputs)
    for warning in warnings:
        tell(f"warning: {warning}")
    places = _places_to_learn_from(study)
    incumbent = in_service(study.programme)  # before the search: a store that does not answer is told at once
    settings, tuned = _tuned(study, settings, tuning, out, tell)
    evaluation = evaluate(study, settings=settings, tell=tell, full=full, incumbent=incumbent, truth=truth)
    tell(f"fitting the model to hand over on {len(places):,} rows")
    fitted = fit_and_choose(study.training_rows(places), study.features, settings=settings)
    if evaluation["intervals"]["shown"]:
        fitted = _with_intervals(study, fitted, places, settings)
    relapse, told = learn_relapse(study, settings)
    evaluation = {
        "champion": fitted.chosen,
        "data": _data_facts(study, inputs),
        "settings": asdict(settings),
        "tuning": tuned,
        "relapse": told,
        **evaluation,
        "notes": [*evaluation["notes"], *_notes(told, tuned)],
    }
    out.mkdir(parents=True, exist_ok=True)
    card = write_card(
        evaluation,
        study.declarations,
        trained_through=from_day(int(study.labels.known_on[places].max())),
        language=language,
    )
    unfinished = out / "bundle.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    reference = make_reference(study, fitted.champion, places, inputs.panel)
    digest = _save(unfinished, study, fitted, evaluation, card, settings, reference, relapse)
    (out / "evaluation.json").write_text(json.dumps(evaluation, indent=1), encoding="utf-8")
    (out / "card.md").write_text(card, encoding="utf-8")
    (out / "report.html").write_text(write_report(evaluation, study, fitted.champion, places), encoding="utf-8")
    shutil.rmtree(out / "bundle", ignore_errors=True)
    unfinished.rename(out / "bundle")
    return Trained(out, evaluation, digest, fitted, study, settings)


def _notes(relapse: Mapping[str, Any], tuned: Mapping[str, Any] | None) -> list[str]:
    """What the relapse risk and the search for settings leave to say."""
    said = [relapse["note"]] if "note" in relapse else []
    return [*said, note("not_tuned")] if tuned is None else said


def _places_to_learn_from(study: Study) -> npt.NDArray[np.intp]:
    """All that has matured. Raises TrainingError when that can teach nothing."""
    target = study.programme.target
    if isinstance(target, EventLabel) and not len(study.events):
        raise TrainingError(
            f"the label {target.name} asks for the event {target.event}, and there are no events; give --events"
        )
    return all_training_places(study.observations, study.labels)


def _with_intervals(study: Study, fitted: Fitted, places: npt.NDArray[np.intp], settings: Settings) -> Fitted:
    """The champion with intervals made from everything that has matured, as those that were tested were made before."""
    made = fit_intervals(
        held_out_margins(study, fitted, places),
        fitted.champion,
        study.values[places],
        rng=np.random.default_rng(settings.seed),
    )
    champion = replace(fitted.champion, intervals=made)
    return replace(fitted, candidates={**fitted.candidates, fitted.chosen: champion})


def _tuned(
    study: Study, settings: Settings, tuning: Budget | None, out: Path, tell: Tell
) -> tuple[Settings, dict[str, Any] | None]:
    if tuning is None:
        return settings, None
    from graduasi_training.fitting.tuning.tune import (
        tune,  # Optuna takes a second to import, and most runs search nothing
    )

    return tune(study, settings, tuning, out=out, tell=tell)


def read_study(inputs: Inputs) -> tuple[Study, list[str]]:
    """Read and check everything; faults of panel and events are told together."""
    declarations = read_declarations(inputs.dictionary, inputs.programme)
    faults: list[str] = []
    panel: Panel | None = None
    events: Events | None = None
    warnings: list[str] = []
    try:
        panel, notes = check_panel(files.read_table(inputs.panel), declarations.dictionary, file=inputs.panel.name)
        warnings = notes.sentences()
    except Refused as refusal:
        faults += refusal.reasons
    try:
        events = read_events(inputs.events, declarations.programme)
    except Refused as refusal:
        faults += refusal.reasons
    if panel is None or events is None:
        raise Refused(faults)
    return prepare(panel, events, declarations), warnings


def _data_facts(study: Study, inputs: Inputs) -> dict[str, Any]:
    digest = hashlib.sha256()
    for part in files.parts_of(inputs.panel):
        with part.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return {
        "rows": len(study.observations),
        "households": int(study.panel.household.max()) + 1,
        "snapshots": len(study.panel),
        "sha256": digest.hexdigest(),
        "mature_rows": int(study.labels.is_labelled.sum()),
        "first_as_of": from_day(int(study.panel.as_of.min())).isoformat(),
        "last_as_of": from_day(int(study.panel.as_of.max())).isoformat(),
        "last_known_on": from_day(last_known(study.panel, study.events)).isoformat(),
        "synthetic": study.dictionary.synthetic,
    }


def _save(
    folder: Path,
    study: Study,
    fitted: Fitted,
    evaluation: dict[str, Any],
    card: str,
    settings: Settings,
    reference: Reference,
    relapse: RelapseModel | None,
) -> str:
    unsealed = _Unsealed(study.declarations, fitted.champion, relapse)
    ranges = rounded_ranges(study.dictionary, study.panel)
    golden = make_golden(unsealed, ranges, day=int(study.panel.as_of.max()), rng=np.random.default_rng(settings.seed))
    about = {
        "champion": evaluation["champion"],
        "label": evaluation["label"],
        "data": evaluation["data"],
        "auc": evaluation["folds"][-1]["candidates"]["champion"]["auc"],
    }
    return save_bundle(
        folder,
        declarations=study.declarations,
        model=fitted.champion,
        golden=golden,
        card=card,
        about=about,
        reference=reference,
        relapse=relapse,
    )


def refuse_unwritable(folder: Path) -> None:
    """Raises Refused when the folder is a file, or cannot be made or written to. Makes nothing."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise Refused(f"{folder}: {there} is a file, not a folder; name another folder to write to")
    if not os.access(there, os.W_OK | os.X_OK):
        raise Refused(
            f"{folder}: {there} cannot be written to; name another folder, or ask for the right to write there"
        )
