"""Training from files to a folder: the evaluation, the model that is handed over in its bundle, the card and the report."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from graduasi.bundle import save_bundle
from graduasi.bundle.golden import make_golden, rounded_ranges
from graduasi.dates import from_day
from graduasi.declarations.declarations import Declarations, read_declarations
from graduasi.declarations.findings import set_muted_apart
from graduasi.declarations.programme import EventLabel, Programme
from graduasi.errors import Refused, TrainingError
from graduasi.panel import files
from graduasi.panel.events import Events, events_of_strangers, read_events
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel
from graduasi.readiness.model import ReadinessModel
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.drift.make_reference import make_reference
from graduasi_training.evaluation.evaluate import Tell, evaluate
from graduasi_training.evaluation.incumbent import Incumbent
from graduasi_training.evaluation.interval_check import intervals_of
from graduasi_training.evaluation.leaks.screen import LEAKS
from graduasi_training.evaluation.relapse import learn_relapse
from graduasi_training.evaluation.selective.truth import read_truth
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.fitting.tuning.trials import Budget
from graduasi_training.notes import Note, note, notes_with_key, refuse_unknown_mutes
from graduasi_training.report import write_report
from graduasi_training.report.card.card import write_card
from graduasi_training.study.labels import last_known_on
from graduasi_training.study.splits import RowIndex, all_trainable_rows
from graduasi_training.study.study import Study, prepare


@dataclass(frozen=True)
class Inputs:
    """The files to learn from. `truth` is a simulation's truth.parquet: estimates are compared with it, and nothing learns from it.

    Rows of days after `today` are refused; None allows any day.
    """

    panel: Path
    events: Path | None
    dictionary: Path
    programme: Path
    truth: Path | None = None
    _: KW_ONLY
    today: int | None = None


@dataclass(frozen=True)
class Trained:
    """A finished run. The folder `out` holds bundle/, evaluation.json, card.md and report.html; `digest` is the bundle's."""

    out: Path
    evaluation: dict[str, Any]
    digest: str
    fitted: Fitted
    study: Study
    settings: Settings


@dataclass(frozen=True)
class _Parts:
    """What a bundle is made of, enough to be scored with: its golden households are scored before it has a digest.

    `rows` are the observations that the model learned from.
    """

    study: Study
    model: ReadinessModel
    relapse: RelapseModel | None
    rows: RowIndex
    evaluation: dict[str, Any]
    version: str = "golden"

    @property
    def declarations(self) -> Declarations:
        return self.study.declarations


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
    """Learn from `inputs` and write the run into the folder `out`, in place of an earlier run there.

    With a budget for `tuning`, the settings are searched first. `full` is that of `evaluate`, `language` the card's first.
    `in_service` returns the version of the programme that serves now, to be compared with. Raises Refused with every
    fault of the inputs; then `out` is as it was.
    """
    refuse_unwritable(out)
    truth = None if inputs.truth is None else read_truth(inputs.truth)
    study, panel_notes = read_study(inputs)
    mutes = study.programme.muted
    _warn(set_muted_apart(panel_notes, mutes)[0], tell)
    rows = _rows_to_learn_from(study)
    incumbent = in_service(study.programme)  # before the search, so that a store that does not answer is told at once
    settings, search = _search_settings(study, settings, tuning, out=out, tell=tell)
    evaluation = evaluate(study, settings=settings, tell=tell, full=full, incumbent=incumbent, truth=truth)
    tell(f"fitting the model to hand over on {len(rows):,} rows")
    fitted = fit_and_choose(study.training_rows(rows), study.features, settings=settings)
    if evaluation["intervals"]["shown"]:
        fitted = _with_intervals(study, fitted, rows, settings)
    relapse, relapse_report = learn_relapse(study, settings)
    found = [*panel_notes, *evaluation["notes"], *_notes(relapse_report, search)]
    notes, muted = set_muted_apart(found, mutes)
    _warn(notes_with_key(notes, LEAKS), tell)
    evaluation = {
        "champion": fitted.chosen,
        "data": _data_facts(study, inputs),
        "settings": asdict(settings),
        "tuning": search,
        "relapse": relapse_report,
        **evaluation,
        "notes": notes,
        "muted": muted,
    }
    parts = _Parts(study, fitted.champion, relapse, rows, evaluation)
    digest = _write_run(out, parts, panel_file=inputs.panel, seed=settings.seed, language=language)
    return Trained(out, evaluation, digest, fitted, study, settings)


def refuse_unwritable(folder: Path) -> None:
    """Raises Refused where the folder is a file, or cannot be made or written to. Makes nothing.

    A run asks this first: it may take hours until it writes.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise Refused(f"{folder}: {existing} is a file, not a folder; name another folder to write to")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise Refused(
            f"{folder}: {existing} cannot be written to; name another folder, or ask for the right to write there"
        )


def _warn(notes: Iterable[Note], tell: Tell) -> None:
    """Tell the person who waits what must not go unnoticed in a long run."""
    for each in notes:
        tell(f"warning: {each['text']} [{each['code']}]")


def _notes(relapse: Mapping[str, Any], search: Mapping[str, Any] | None) -> list[Note]:
    """The note on the relapse risk, if there is one, and that the settings were not searched, if they were not."""
    notes: list[Note] = [relapse["note"]] if "note" in relapse else []
    return [*notes, note("not_tuned")] if search is None else notes


def _rows_to_learn_from(study: Study) -> RowIndex:
    """Every observation whose label has matured. Raises TrainingError where they can teach nothing."""
    target = study.programme.target
    if isinstance(target, EventLabel) and not len(study.events):
        raise TrainingError(
            f"the label {target.name} asks for the event {target.event}, and there are no events; give --events"
        )
    return all_trainable_rows(study.observations, study.labels)


def _with_intervals(study: Study, fitted: Fitted, rows: RowIndex, settings: Settings) -> Fitted:
    """The champion with intervals from everything that has matured, made as those that the evaluation checked."""
    champion = replace(fitted.champion, intervals=intervals_of(study, fitted, rows, settings))
    return replace(fitted, candidates={**fitted.candidates, fitted.chosen: champion})


def _search_settings(
    study: Study, settings: Settings, tuning: Budget | None, *, out: Path, tell: Tell
) -> tuple[Settings, dict[str, Any] | None]:
    """The settings to use and `evaluation.tuning`; without a budget the settings as given and null."""
    if tuning is None:
        return settings, None
    # Optuna takes a second to import, and most runs search nothing.
    from graduasi_training.fitting.tuning.tune import tune

    return tune(study, settings, tuning, out=out, tell=tell)


def read_study(inputs: Inputs) -> tuple[Study, list[Note]]:
    """The study made from the files, and what is to be known of the panel.

    Raises Refused with the faults of panel and events together.
    """
    declarations = read_declarations(inputs.dictionary, inputs.programme)
    refuse_unknown_mutes(declarations.programme, file=inputs.programme.name)
    faults: list[str] = []
    panel: Panel | None = None
    events: Events | None = None
    notes: list[Note] = []
    try:
        table = files.read_table(inputs.panel)
        panel, remarks = check_panel(table, declarations.dictionary, file=inputs.panel.name, today=inputs.today)
        notes = remarks.findings()
    except Refused as refusal:
        faults += refusal.reasons
    try:
        events = read_events(inputs.events, declarations.programme, today=inputs.today)
    except Refused as refusal:
        faults += refusal.reasons
    if panel is None or events is None:
        raise Refused(faults)
    file = inputs.events.name if inputs.events else "events"
    notes += events_of_strangers(events, panel.household_id, file=file)
    return prepare(panel, events, declarations), notes


def _data_facts(study: Study, inputs: Inputs) -> dict[str, Any]:
    """`evaluation.data`: sizes and dates of the panel, and the SHA-256 of its files."""
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
        "last_known_on": from_day(last_known_on(study.panel, study.events)).isoformat(),
        "synthetic": study.dictionary.synthetic,
    }


def _write_run(out: Path, parts: _Parts, *, panel_file: Path, seed: int, language: str | None) -> str:
    """Write all that a run leaves into the folder `out` and return the bundle's digest.

    The new bundle takes the place of an earlier one last, when everything else is written.
    """
    study, evaluation = parts.study, parts.evaluation
    out.mkdir(parents=True, exist_ok=True)
    trained_through = from_day(int(study.labels.known_on[parts.rows].max()))
    card = write_card(evaluation, study.declarations, trained_through=trained_through, language=language)
    unfinished = out / "bundle.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    digest = _save_bundle(unfinished, parts, card=card, panel_file=panel_file, seed=seed)
    (out / "evaluation.json").write_text(json.dumps(evaluation, indent=1), encoding="utf-8")
    (out / "card.md").write_text(card, encoding="utf-8")
    (out / "report.html").write_text(write_report(evaluation, study, parts.model, parts.rows), encoding="utf-8")
    shutil.rmtree(out / "bundle", ignore_errors=True)
    unfinished.rename(out / "bundle")
    return digest


def _save_bundle(folder: Path, parts: _Parts, *, card: str, panel_file: Path, seed: int) -> str:
    study, evaluation = parts.study, parts.evaluation
    ranges, last_day = rounded_ranges(study.dictionary, study.panel), int(study.panel.as_of.max())
    return save_bundle(
        folder,
        declarations=study.declarations,
        model=parts.model,
        golden=make_golden(parts, ranges, day=last_day, rng=np.random.default_rng(seed)),
        card=card,
        about={
            "champion": evaluation["champion"],
            "label": evaluation["label"],
            "data": evaluation["data"],
            "auc": evaluation["folds"][-1]["candidates"]["champion"]["auc"],
        },
        reference=make_reference(study, parts.model, parts.rows, panel_file),
        relapse=parts.relapse,
    )
