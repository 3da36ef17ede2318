"""The scores of finished parts, kept in a folder beside the target until they are merged into one file.

The folder says by its fingerprint which job the parts belong to, so that a later run of the same job can keep them. Whoever
uses it holds the target (`graduasi.batch.target.held`). Only files of its own are ever read, and deleted.
"""

import contextlib
import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.batch.job import Job
from graduasi.errors import PanelError, Refused
from graduasi.panel import files
from graduasi.panel.identifiers import harmless
from graduasi.panel.table_contract import Notes
from graduasi.scoring.scores import NESTED_COLUMNS, SCORES

STATE, UNFINISHED, MERGED, UNSORTED = "state.json", "unfinished", "merged", "unsorted"
PART = "[0-9][0-9][0-9][0-9][0-9].parquet"
AGAIN = "nothing was written; run the command again"
OWN_FILES = (STATE, UNFINISHED, MERGED, PART, f"{UNSORTED}/*.arrow", f"{UNSORTED}/complete")


@dataclass(frozen=True)
class FinishedScores:
    """What a complete scores file holds."""

    bands: dict[str, int]
    """How many households are in each band."""
    warnings: tuple[str, ...]
    """What was noted when the panel was read."""

    @property
    def scored(self) -> int:
        return sum(self.bands.values())


class FinishedParts:
    """The folder of a job's finished parts: `parts` of them when it is done. `day` is the day that the job scores for."""

    def __init__(self, job: Job, day: int, *, parts: int) -> None:
        self.folder = folder_beside(job.target)
        self._parts = parts
        self._resume = job.resume
        self._target = job.target
        self._fingerprint = json.dumps(job.fingerprint(day))
        self._metadata = {
            "graduasi.dictionary": job.bundle.dictionary.text,
            "graduasi.programme": job.bundle.programme.text,
            "graduasi.as_of": str(day),
            "graduasi.fingerprint": self._fingerprint,
        }

    def scores_already_there(self) -> FinishedScores | None:
        """What the target holds, if the same job has written it before; only a Parquet file carries the fingerprint to tell."""
        if self._target.suffix.lower() != ".parquet" or not self._target.is_file():
            return None
        try:
            metadata = pq.read_schema(self._target).metadata or {}
        except pa.ArrowInvalid:
            return None
        if metadata.get(b"graduasi.fingerprint") != self._fingerprint.encode():
            return None
        warnings = json.loads(metadata.get(b"graduasi.warnings", b"[]"))
        return FinishedScores(_count_bands(pq.read_table(self._target, columns=["band"])), tuple(warnings))

    def open(self) -> int:
        """Make the folder; return how many parts of the same job it holds, which is 0 unless the job resumes."""
        state = self.folder / STATE
        is_same_job = self._resume and state.is_file() and state.read_text() == self._fingerprint
        if not is_same_job:
            self.discard()
            self.folder.mkdir(parents=True, exist_ok=True)
            state.write_text(self._fingerprint)
        return self.count()

    def has(self, number: int) -> bool:
        return self._path(number).exists()

    def count(self) -> int:
        return len(self._paths())

    def write(self, number: int, scores: pa.Table, notes: Notes) -> None:
        """Keep the scores of one part. Under its name the file is complete: it is written under another one first."""
        unfinished = self.folder / UNFINISHED
        table = scores.replace_schema_metadata({"graduasi.notes": json.dumps(asdict(notes))})
        pq.write_table(table, unfinished, compression="lz4")
        unfinished.replace(self._path(number))

    def merge(self) -> FinishedScores:
        """Put all parts into the target, by household; writes no file if nobody was scored.

        Raises PanelError, and leaves the target as it is, unless each part is there once and whole.
        """
        self._refuse_incomplete()
        merged, warnings = self.folder / MERGED, self._warnings()
        schema = SCORES.with_metadata({**self._metadata, "graduasi.warnings": json.dumps(warnings)})
        bands, rows, last = dict[str, int](), 0, ""
        writer = (
            _CsvWriter(merged)
            if self._target.suffix.lower() == ".csv"
            else pq.ParquetWriter(merged, schema, compression="snappy")
        )
        with writer:
            for path in self._paths():
                table = pq.read_table(path)
                if len(table) and table["household_id"][0].as_py() <= last:
                    raise PanelError(f"{self.folder}: its parts are not those of one run; {AGAIN}")
                last = table["household_id"][-1].as_py() if len(table) else last
                for band, count in _count_bands(table).items():
                    bands[band] = bands.get(band, 0) + count
                writer.write_table(table.cast(schema))
                rows += len(table)
        if bands:
            self._move(merged, rows)
        return FinishedScores(bands, warnings)

    def _refuse_incomplete(self) -> None:
        """Raise PanelError unless the folder holds every part, and no other."""
        expected = [self._path(number) for number in range(self._parts)]
        if self._paths() != expected:
            missing = len(set(expected) - set(self._paths()))
            raise PanelError(f"{self.folder}: {missing} of {self._parts} parts are missing; {AGAIN}")

    def _move(self, merged: Path, rows: int) -> None:
        """Put the merged file in the target's place, if it holds as many rows as the parts do."""
        if self._target.suffix.lower() != ".csv" and pq.read_metadata(merged).num_rows != rows:
            raise PanelError(f"{merged}: holds other rows than its parts; {AGAIN}")
        files.replace_atomically(merged, self._target)

    def _warnings(self) -> tuple[str, ...]:
        """What was noted about any of the parts, in this run or in one before it."""
        notes = Notes()
        for path in self._paths():
            notes = notes.joined(Notes(**json.loads(pq.read_schema(path).metadata[b"graduasi.notes"])))
        return tuple(notes.sentences())

    def discard(self) -> None:
        """Delete the folder, as far as it holds nothing but files of its own."""
        for pattern in OWN_FILES:
            for path in self.folder.glob(pattern):
                path.unlink(missing_ok=True)
        for folder in (self.folder / UNSORTED, self.folder):
            with contextlib.suppress(OSError):  # not there, or it holds what somebody else has put into it
                folder.rmdir()

    def _paths(self) -> list[Path]:
        """The finished parts by number, and so by household."""
        return sorted(self.folder.glob(PART))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05}.parquet"


def folder_beside(target: Path) -> Path:
    """The folder in which a job keeps what it has finished. Raises Refused for one that holds what no job put there."""
    folder = target.with_name(target.name + ".parts")
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder}: is a file, where a run keeps its finished parts; move it, or write to another file")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / STATE).is_file():
        raise Refused(f"{folder}: was not made by `graduasi score`; move it, or write to another file")
    return folder


def _count_bands(scores: pa.Table) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in scores.column("band").value_counts().to_pylist()}


class _CsvWriter:
    """Writes scores as CSV, in the way in which `pq.ParquetWriter` writes them; nested columns become JSON."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(SCORES.names)

    def __enter__(self) -> "_CsvWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write_table(self, scores: pa.Table) -> None:
        for row in scores.to_pylist():
            cells = [json.dumps(row[name]) if name in NESTED_COLUMNS else row[name] for name in SCORES.names]
            self._writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])
