"""Whether a folder can be written to: asked before the work, not found out after it."""

import os
from pathlib import Path

from graduasi.errors import Refused


def refuse_unwritable(folder: Path) -> None:
    """Raises Refused when the folder is a file, or cannot be made or written to. Makes nothing."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise Refused(f"{folder}: {there} is a file, not a folder; name another folder to write to")
    if not os.access(there, os.W_OK | os.X_OK):
        raise Refused(
            f"{folder}: {there} cannot be written to; name another folder, or ask for the right to write there"
        )
