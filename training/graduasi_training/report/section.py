"""What a section of the report is, and the pieces of HTML that every section is made of.

A new section is a function in a module of `sections/` that turns the evaluation into HTML, with `@section(…)` above it; its
place on the page is its place in `sections` of `page.py`.
"""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.notes import notes_with_key


@dataclass(frozen=True)
class Section:
    """`key` is its anchor on the page, `how` one sentence on how to read it, `body` its HTML."""

    key: str
    title: str
    how: str
    body: str


def section(
    key: str, title: str, *, how: str, otherwise: str, notes: Sequence[str] = ()
) -> Callable[[Callable[[Evaluation], str]], Callable[[Evaluation], Section]]:
    """Decorator: turns a function that returns the section's body into one that returns the Section.

    An empty body is replaced by the reason: the evaluation's notes with one of the keys `notes`, or else the sentence `otherwise`.
    """

    def decorate(body: Callable[[Evaluation], str]) -> Callable[[Evaluation], Section]:
        return lambda evaluation: Section(
            key, title, how, body(evaluation) or missing(evaluation, otherwise, notes=notes)
        )

    return decorate


def missing(evaluation: Evaluation, otherwise: str, *, notes: Sequence[str] = ()) -> str:
    """Why something is not shown, as HTML: the evaluation's notes with one of the keys `notes`, or else `otherwise`."""
    reasons = [note["text"] for note in notes_with_key(evaluation.get("notes", ()), notes)]
    return "".join(paragraph(reason, "missing") for reason in reasons or [otherwise])


def paragraph(text: str, css_class: str = "") -> str:
    """Plain text as an HTML paragraph."""
    attribute = f' class="{css_class}"' if css_class else ""
    return f"<p{attribute}>{inline(text)}</p>"


def inline(text: str) -> str:
    """Plain text as HTML: `…` becomes code, and dates are marked so that they are not broken over two lines."""
    with_code = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\d{4}-\d\d-\d\d", r"<time>\g<0></time>", with_code)
