"""Scoring a file of any size: checked whole, scored part by part, resumable after a kill, replaced in one step.

Finished parts lie in a folder beside the target, with a fingerprint of input, bundle, date and options. A later run
with the same fingerprint keeps them. Nothing appears under the target's own name until every part is good.
"""

from collections.abc import Callable
from dataclasses import dataclass

from graduasi.batch import parts
from graduasi.batch.finished_parts import Job, _Store
from graduasi.dates import from_day
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.faults import Faults
from graduasi.panel.table_contract import check_table, header_faults
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import score_rows, to_table

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Report:
    """What was done: the day, households in the file and scored, households kept from an earlier run, warnings."""

    as_of: int
    households: int
    scored: int
    resumed: int
    bands: dict[str, int]
    warnings: tuple[str, ...]


def score_file(job: Job, *, progress: Progress = lambda done, total: None) -> Report:
    """Score every household of the cohort. Raises PanelError with every fault of the file; then nothing is written."""
    if job.target.suffix.lower() not in (".parquet", ".csv"):
        raise PanelError(f"{job.target}: scores are written as .parquet or .csv")
    _refuse_to_overwrite(job)
    faults = header_faults(files.column_names(job.panel), job.bundle.dictionary)
    if faults:
        raise PanelError(faults.sentences(job.panel.name))
    look = parts.survey(job.panel)
    if not look.rows:
        raise PanelError(f"{job.panel.name}: the file has no rows")
    day = job.as_of if job.as_of is not None else (look.latest_known or 0)
    store = _Store(job, day)
    if job.resume and (done := store.finished()) is not None:
        return Report(day, look.households, done.scored, look.households, done.bands, done.warnings)
    kept = store.open()
    resumed = min(len(kept) * look.per_part, look.households)
    _score_parts(job, look, day, store=store, progress=progress)
    made = store.merge(job.target)
    store.discard()
    if not made.scored:
        raise PanelError(f"nobody is in the cohort on {from_day(day)}; check --as-of and the rules under [[cohort]]")
    return Report(day, look.households, made.scored, resumed if job.resume else 0, made.bands, made.warnings)


def _refuse_to_overwrite(job: Job) -> None:
    """Scores never take the place of what they are made from."""
    read = [*files.parts_of(job.panel), *([job.events_file] if job.events_file else [])]
    is_part = job.panel.is_dir() and job.target.resolve().parent == job.panel.resolve()  # of the next run's panel
    if is_part or job.target.resolve() in {path.resolve() for path in read}:
        raise PanelError(f"{job.target}: is read to make the scores, or lies among what is; write them to another file")


def _score_parts(job: Job, look: parts.Survey, day: int, *, store: "_Store", progress: Progress) -> None:
    faults = Faults()
    out = households_out(job.events, job.bundle.programme, day=day)
    for number, table in parts.read_parts(job.panel, look, store.folder / "unsorted"):
        if not store.has(number):
            table, numbers = parts.row_numbers(table)
            panel, notes = check_table(table, job.bundle.dictionary, faults=faults, first_row=numbers)
            if not faults:
                rows = cohort_on(panel, day, job.bundle.declarations, out=out)
                store.write(
                    number,
                    to_table(score_rows(panel, rows, as_of=day, bundle=job.bundle), job.bundle, reasons=job.reasons),
                    notes,
                )
        progress(min(store.count() * look.per_part, look.households), look.households)
    if faults:
        store.discard()
        raise PanelError(faults.sentences(job.panel.name))
