"""A part of the report: how to read it, what it shows, or why there is nothing to show."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """`how` is the one sentence that tells how to read it; `body` is HTML."""

    key: str
    title: str
    how: str
    body: str


def paragraph(text: str, kind: str = "") -> str:
    """A plain sentence as HTML."""
    marked = f' class="{kind}"' if kind else ""
    return f"<p{marked}>{html.escape(text)}</p>"


def missing(evaluation: dict[str, Any], words: Sequence[str], otherwise: str) -> str:
    """Why a part is not there: the evaluation's own notes that speak of it, else the given sentence."""
    notes = [note for note in evaluation.get("notes", ()) if any(word in note.lower() for word in words)]
    return "".join(paragraph(note, "missing") for note in notes or [otherwise])
