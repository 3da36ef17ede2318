"""Reading how many places of this year's quota each mentor has used."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from graduasi.declarations.words import counted
from graduasi.errors import PanelError


def mentors_not_in_scores(used: Mapping[str, int], scores: pa.Table) -> list[str]:
    """A warning if mentors of `used` are not in the scores, as after a typing error; empty if all are."""
    unknown = used.keys() - set(scores["mentor_id"].to_pylist())
    if not unknown:
        return []
    return [f"warning: {counted(len(unknown), 'mentor_id', 'mentor_ids')} of the used places not in the scores"]


def read_used(path: Path | None) -> dict[str, int]:
    """Places used, by mentor, from a CSV file with the columns mentor_id and used; empty if there is no file.

    Raises PanelError for a file that cannot be read, and with every faulty row.
    """
    if path is None:
        return {}
    if not path.is_file():
        raise PanelError(f"{path}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PanelError(f"{path.name}: not UTF-8 text; save the file as UTF-8") from None
    rows = csv.DictReader(text.splitlines())
    if not {"mentor_id", "used"} <= set(rows.fieldnames or []):
        raise PanelError(f"{path.name}: needs the columns mentor_id and used")
    used_by_mentor: dict[str, int] = {}
    faults = []
    for number, row in enumerate(rows, 1):
        mentor, used = ((row[name] or "").strip() for name in ("mentor_id", "used"))
        if not mentor:
            faults.append(f"{path.name}: row {number}: mentor_id: empty; name the mentor whose places are used")
        elif not re.fullmatch(r"[0-9]{1,6}", used) or mentor in used_by_mentor:
            faults.append(f"{path.name}: row {number}: used: a whole number, 0 or more, once a mentor")
        else:
            used_by_mentor[mentor] = int(used)
    if faults:
        raise PanelError(faults)
    return used_by_mentor
