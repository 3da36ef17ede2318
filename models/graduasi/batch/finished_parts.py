"""The folder of finished parts: what an interrupted run left, whether it is of the same work, and one file of all parts."""

import csv
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graduasi.bundle import Bundle
from graduasi.panel import files
from graduasi.panel.events import Events
from graduasi.panel.table_contract import Notes
from graduasi.scoring.scores import NESTED, SCORES


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
