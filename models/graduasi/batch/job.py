"""What to score and how, and the fingerprint by which a later run knows the same job again."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduasi.bundle import Bundle
from graduasi.panel import files
from graduasi.panel.events import Events
from graduasi.scoring.scores import SCORES

PART_FORMAT = 2
"""Of the files of finished parts; those of an earlier version may hold less, so they are not kept."""


@dataclass(frozen=True)
class Job:
    """A panel to score with a bundle into a target file, which is .parquet or .csv."""

    panel: Path
    target: Path
    bundle: Bundle
    events: Events
    events_file: Path | None = None
    """What `events` were read from."""
    as_of: int | None = None
    """The day to score for; None for the latest day on which anything in the panel became known."""
    today: int | None = None
    """Rows of later days are refused; None allows any day."""
    reasons: int = 5
    """How many reasons a household gets at most."""
    resume: bool = False
    """Whether to keep what an interrupted run of the same job has finished."""

    def fingerprint(self, day: int) -> dict[str, Any]:
        """Everything that the scores for `day` depend on; files by their SHA-256."""
        return {
            "panel": [_file_digest(file) for file in files.parts_of(self.panel)],
            "events": None if self.events_file is None else _file_digest(self.events_file),
            "bundle": self.bundle.digest,
            "as_of": day,
            "reasons": self.reasons,
            "form": PART_FORMAT,
            "columns": SCORES.names,
        }


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
