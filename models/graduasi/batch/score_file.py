"""Scores a file of any size: it is checked whole, scored part by part, and put under its name in one step.

Nothing appears under the target's name until every part is good. Until then finished parts lie in a folder beside it,
from which an interrupted job can resume.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from graduasi.batch import parts
from graduasi.batch.finished_parts import UNSORTED, FinishedParts, folder_beside
from graduasi.batch.job import Job
from graduasi.batch.target import file_behind, held, refuse_unwritable
from graduasi.dates import from_day
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.events import events_of_strangers
from graduasi.panel.faults import Faults
from graduasi.panel.table_contract import check_table, header_faults
from graduasi.scoring.cohort import cohort_on, households_out
from graduasi.scoring.scores import score_rows, to_table

Progress = Callable[[int, int], None]
"""Called after each part with two numbers: the households done, and all households."""


@dataclass(frozen=True)
class Report:
    """What was done."""

    as_of: int
    """The day that was scored for."""
    households: int
    """In the panel; those outside the cohort are not scored."""
    scored: int
    resumed: int
    """How many of `households` an earlier run had finished; 0 unless the job resumes."""
    bands: dict[str, int]
    """How many households are in each band."""
    warnings: tuple[str, ...]


def score_file(job: Job, *, progress: Progress = lambda done, total: None) -> Report:
    """Score every household of the cohort.

    Raises PanelError with every fault of the panel, and Refused for a target that cannot be written, or that another run
    is writing; then nothing is written. A target that is a symbolic link stays one: the file that it leads to is written.
    """
    job = replace(job, target=file_behind(job.target))
    _check_target(job)
    with held(job.target):
        return _score_held(job, progress)


def _score_held(job: Job, progress: Progress) -> Report:
    """`score_file` while no other run writes the target."""
    faults = header_faults(files.column_names(job.panel), job.bundle.dictionary)
    if faults:
        raise PanelError(faults.sentences(job.panel.name))
    survey = parts.survey_panel(job.panel)
    if not survey.rows:
        raise PanelError(f"{job.panel.name}: the file has no rows")
    file = job.events_file.name if job.events_file else "events"
    remarks = [finding["text"] for finding in events_of_strangers(job.events, survey.household_ids, file=file)]
    day = job.as_of if job.as_of is not None else (survey.latest_known or 0)
    finished = FinishedParts(job, day, parts=survey.parts)
    if job.resume and (scores := finished.scores_already_there()) is not None:
        return Report(
            day, survey.households, scores.scored, survey.households, scores.bands, (*remarks, *scores.warnings)
        )
    resumed = min(finished.open() * survey.households_per_part, survey.households)
    _score_parts(job, survey, day, finished=finished, progress=progress)
    scores = finished.merge()
    finished.discard()
    if not scores.scored:
        raise PanelError(f"nobody is in the cohort on {from_day(day)}; check --as-of and the rules under [[cohort]]")
    return Report(day, survey.households, scores.scored, resumed, scores.bands, (*remarks, *scores.warnings))


def _check_target(job: Job) -> None:
    """Refuse a target of another kind, and one that is read to make the scores or would be read the next time."""
    if job.target.suffix.lower() not in (".parquet", ".csv"):
        raise PanelError(f"{job.target}: scores are written as .parquet or .csv")
    inputs = [*files.parts_of(job.panel), *([job.events_file] if job.events_file else [])]
    is_in_panel_folder = job.panel.is_dir() and job.target.resolve().parent == job.panel.resolve()
    if is_in_panel_folder or job.target.resolve() in {path.resolve() for path in inputs}:
        raise PanelError(f"{job.target}: is read to make the scores, or lies among what is; write them to another file")
    refuse_unwritable(job.target)
    folder_beside(job.target)


def _score_parts(job: Job, survey: parts.Survey, day: int, *, finished: FinishedParts, progress: Progress) -> None:
    """Score and keep every part that is not finished yet; once a fault is found, the rest is only checked.

    Raises PanelError with every fault, and discards all parts.
    """
    faults = Faults()
    out = households_out(job.events, job.bundle.programme, day=day)
    for number, part in parts.read_parts(job.panel, survey, sort_folder=finished.folder / UNSORTED):
        if not finished.has(number):
            table, row_numbers = parts.split_row_numbers(part)
            panel, notes = check_table(
                table, job.bundle.dictionary, faults=faults, row_numbers=row_numbers, today=job.today
            )
            if not faults:
                rows = cohort_on(panel, day, job.bundle.declarations, out=out)
                scored = score_rows(panel, rows, as_of=day, bundle=job.bundle)
                finished.write(number, to_table(scored, job.bundle, reasons=job.reasons), notes)
        progress(min(finished.count() * survey.households_per_part, survey.households), survey.households)
    if faults:
        finished.discard()
        raise PanelError(faults.sentences(job.panel.name))
