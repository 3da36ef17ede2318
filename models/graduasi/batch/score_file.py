"""Scoring a file of any size: checked whole, scored part by part, resumable after a kill, replaced in one step.

Finished parts lie in a folder beside the target, with a fingerprint of input, bundle, date and options. A later run
with the same fingerprint keeps them. Nothing appears under the target's own name until every part is good.
"""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.batch import parts
from graduasi.bundle import Bundle
from graduasi.dates import from_day
from graduasi.errors import PanelError
from graduasi.panel import files
from graduasi.panel.events import Events, households_out, in_cohort_by_events
from graduasi.panel.faults import Faults
from graduasi.panel.table_contract import Notes, check_table, header_faults
from graduasi.scoring.scores import NESTED, SCORES, cohort_of, score_rows, to_table

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """What to score and how. `as_of` None: the latest day on which anything in the file became known."""

    panel: Path
    target: Path
    bundle: Bundle
    events: Events
    events_file: Path | None = None
    as_of: int | None = None
    reasons: int = 5
    resume: bool = False


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
                rows = cohort_of(
                    panel, panel.latest_known(day), programme=job.bundle.programme, dictionary=job.bundle.dictionary
                )
                rows = rows[in_cohort_by_events(panel.household_id.take(pa.array(rows)), out)]
                store.write(
                    number,
                    to_table(score_rows(panel, rows, as_of=day, bundle=job.bundle), job.bundle, reasons=job.reasons),
                    notes,
                )
        progress(min(store.count() * look.per_part, look.households), look.households)
    if faults:
        store.discard()
        raise PanelError(faults.sentences(job.panel.name))


@dataclass(frozen=True)
class _Made:
    """What finished scores are: how many of each band, and what the panel's reader should know."""

    bands: dict[str, int]
    warnings: tuple[str, ...]

    @property
    def scored(self) -> int:
        return sum(self.bands.values())


class _Store:
    """The folder of finished parts, and the fingerprint that says what they are parts of."""

    def __init__(self, job: Job, day: int) -> None:
        self.folder = job.target.with_name(job.target.name + ".parts")
        self._resume = job.resume
        self._target = job.target
        self._fingerprint = {
            "panel": [_digest(part) for part in files.parts_of(job.panel)],
            "events": None if job.events_file is None else _digest(job.events_file),
            "bundle": job.bundle.digest,
            "as_of": day,
            "reasons": job.reasons,
            "form": 2,  # of the parts; an earlier version may have told less
            "columns": SCORES.names,
        }
        self._metadata = {
            "graduasi.dictionary": job.bundle.dictionary.text,
            "graduasi.programme": job.bundle.programme.text,
            "graduasi.as_of": str(day),
            "graduasi.fingerprint": json.dumps(self._fingerprint),
        }

    def finished(self) -> _Made | None:
        """The target, if it is what this very work gives; only Parquet can say so of itself."""
        target = self._target
        if target.suffix.lower() != ".parquet" or not target.is_file():
            return None
        try:
            metadata = pq.read_schema(target).metadata or {}
        except pa.ArrowInvalid:
            return None
        if metadata.get(b"graduasi.fingerprint") != self._metadata["graduasi.fingerprint"].encode():
            return None
        warnings = json.loads(metadata.get(b"graduasi.warnings", b"[]"))
        return _Made(_count_bands(pq.read_table(target, columns=["band"])), tuple(warnings))

    def open(self) -> list[Path]:
        """Make the folder; return the parts that an earlier run of the same work left."""
        state, fingerprint = self.folder / "state.json", json.dumps(self._fingerprint)
        same = self._resume and state.is_file() and state.read_text() == fingerprint
        if not same:
            self.discard()
            self.folder.mkdir(parents=True)
            state.write_text(fingerprint)
        return sorted(self.folder.glob("*.parquet"))

    def has(self, number: int) -> bool:
        return self._path(number).exists()

    def count(self) -> int:
        return sum(1 for _ in self.folder.glob("*.parquet"))

    def write(self, number: int, table: pa.Table, notes: Notes) -> None:
        unfinished = self.folder / "unfinished"
        noted = table.replace_schema_metadata({"graduasi.notes": json.dumps(asdict(notes))})
        pq.write_table(noted, unfinished, compression="lz4")
        unfinished.replace(self._path(number))

    def merge(self, target: Path) -> _Made:
        """All parts as one file at `target`, in household order; no file where nobody was scored."""
        unfinished, warnings = self.folder / "merged", self._warnings()
        schema = SCORES.with_metadata({**self._metadata, "graduasi.warnings": json.dumps(warnings)})
        bands = dict[str, int]()
        writer = (
            _CsvWriter(unfinished)
            if target.suffix.lower() == ".csv"
            else pq.ParquetWriter(unfinished, schema, compression="snappy")
        )
        with writer:
            for part in sorted(self.folder.glob("*.parquet")):
                table = pq.read_table(part)
                for band, count in _count_bands(table).items():
                    bands[band] = bands.get(band, 0) + count
                writer.write_table(table.cast(schema))
        if bands:
            files.replace_atomically(unfinished, target)
        return _Made(bands, warnings)

    def _warnings(self) -> tuple[str, ...]:
        """What was noted while any of the parts was made, in this run or in one before it."""
        notes = Notes()
        for part in sorted(self.folder.glob("*.parquet")):
            notes = notes.joined(Notes(**json.loads(pq.read_schema(part).metadata[b"graduasi.notes"])))
        return tuple(notes.sentences())

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05}.parquet"


def _count_bands(table: pa.Table) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in table.column("band").value_counts().to_pylist()}


class _CsvWriter:
    """Scores as CSV: nested columns as JSON."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(SCORES.names)

    def __enter__(self) -> "_CsvWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write_table(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            self._writer.writerow([json.dumps(row[name]) if name in NESTED else row[name] for name in SCORES.names])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
