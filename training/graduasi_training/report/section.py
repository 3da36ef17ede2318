"""A part of the report: how to read it, what it shows, or why there is nothing to show."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.notes import those_of


@dataclass(frozen=True)
class Section:
    """`how` is the one sentence that tells how to read it; `body` is HTML."""

    key: str
    title: str
    how: str
    body: str


def section(
    key: str, title: str, *, how: str, otherwise: str, notes: Sequence[str] = ()
) -> Callable[[Callable[[Evaluation], str]], Callable[[Evaluation], Section]]:
    """Makes a section of a function that gives its body. Where that is empty, it says why: `notes`, else `otherwise`."""

    def of(body: Callable[[Evaluation], str]) -> Callable[[Evaluation], Section]:
        return lambda evaluation: Section(
            key, title, how, body(evaluation) or missing(evaluation, otherwise, notes=notes)
        )

    return of


def missing(evaluation: Evaluation, otherwise: str, *, notes: Sequence[str] = ()) -> str:
    """Why a part is not there: the evaluation's own notes by their keys in `notes.toml`, else the given sentence."""
    said = those_of(evaluation.get("notes", ()), notes)
    return "".join(paragraph(text, "missing") for text in said or [otherwise])


def paragraph(text: str, kind: str = "") -> str:
    """A plain sentence as HTML."""
    marked = f' class="{kind}"' if kind else ""
    return f"<p{marked}>{inline(text)}</p>"


def inline(text: str) -> str:
    """Text as HTML; what stands between backticks is code, and dates are not broken over two lines."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\d{4}-\d\d-\d\d", r"<time>\g<0></time>", marked)
