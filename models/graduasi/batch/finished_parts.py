"""The scores of finished parts, kept in a folder beside the target until they are merged into one file.

The folder says by its fingerprint which job the parts belong to, so that a later run of the same job can keep them.
"""

import csv
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.batch.job import Job
from graduasi.panel import files
from graduasi.panel.table_contract import Notes
from graduasi.scoring.scores import NESTED_COLUMNS, SCORES


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
    """The folder of a job's finished parts; `day` is the day that the job scores for."""

    def __init__(self, job: Job, day: int) -> None:
        self.folder = job.target.with_name(job.target.name + ".parts")
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
        state = self.folder / "state.json"
        is_same_job = self._resume and state.is_file() and state.read_text() == self._fingerprint
        if not is_same_job:
            self.discard()
            self.folder.mkdir(parents=True)
            state.write_text(self._fingerprint)
        return self.count()

    def has(self, number: int) -> bool:
        return self._path(number).exists()

    def count(self) -> int:
        return len(self._paths())

    def write(self, number: int, scores: pa.Table, notes: Notes) -> None:
        """Keep the scores of one part. Under its name the file is complete: it is written under another one first."""
        unfinished = self.folder / "unfinished"
        table = scores.replace_schema_metadata({"graduasi.notes": json.dumps(asdict(notes))})
        pq.write_table(table, unfinished, compression="lz4")
        unfinished.replace(self._path(number))

    def merge(self) -> FinishedScores:
        """Put all parts into the target, by household; writes no file if nobody was scored."""
        merged, warnings = self.folder / "merged", self._warnings()
        schema = SCORES.with_metadata({**self._metadata, "graduasi.warnings": json.dumps(warnings)})
        bands = dict[str, int]()
        writer = (
            _CsvWriter(merged)
            if self._target.suffix.lower() == ".csv"
            else pq.ParquetWriter(merged, schema, compression="snappy")
        )
        with writer:
            for path in self._paths():
                table = pq.read_table(path)
                for band, count in _count_bands(table).items():
                    bands[band] = bands.get(band, 0) + count
                writer.write_table(table.cast(schema))
        if bands:
            files.replace_atomically(merged, self._target)
        return FinishedScores(bands, warnings)

    def _warnings(self) -> tuple[str, ...]:
        """What was noted about any of the parts, in this run or in one before it."""
        notes = Notes()
        for path in self._paths():
            notes = notes.joined(Notes(**json.loads(pq.read_schema(path).metadata[b"graduasi.notes"])))
        return tuple(notes.sentences())

    def discard(self) -> None:
        """Delete the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _paths(self) -> list[Path]:
        """The finished parts by number, and so by household."""
        return sorted(self.folder.glob("*.parquet"))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05}.parquet"


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
            self._writer.writerow(cells)
