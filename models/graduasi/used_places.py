"""How much of this year's quota each mentor has used."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from graduasi.console import counted
from graduasi.errors import PanelError


def strangers(used: Mapping[str, int], scores: pa.Table) -> list[str]:
    """A warning where mentors of `used` are not in the scores, as after a slip of the pen; none where all are."""
    unknown = used.keys() - set(scores["mentor_id"].to_pylist())
    if not unknown:
        return []
    return [f"warning: {counted(len(unknown), 'mentor_id', 'mentor_ids')} of the used places not in the scores"]


def read_used(path: Path | None) -> dict[str, int]:
    """Places used by mentor, from a CSV file with the columns mentor_id and used. Raises PanelError."""
    if path is None:
        return {}
    if not path.is_file():
        raise PanelError(f"{path}: no such file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = rows.fieldnames or []
        if "mentor_id" not in names or len(names) < 2:
            raise PanelError(f"{path.name}: needs the columns mentor_id and used")
        column = "used" if "used" in names else next(name for name in names if name != "mentor_id")
        found: dict[str, int] = {}
        faults = []
        for number, row in enumerate(rows, 1):
            text = (row[column] or "").strip()
            if not text.isdecimal() or row["mentor_id"] in found:
                faults.append(f"{path.name}: row {number}: {column}: a whole number, 0 or more, once a mentor")
            else:
                found[row["mentor_id"]] = int(text)
    if faults:
        raise PanelError(faults)
    return found
