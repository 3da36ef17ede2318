"""Figures as text: numbers with their intervals, and tables that a screen reader can follow."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOTHING = "–"
ABBREVIATIONS = re.compile(r"\b(auc|ece)\b")


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{value:.{digits}f}"


def interval(row: Mapping[str, Any], key: str, *, signed: bool = False) -> str:
    """The figure `key` with its ends `key_low` and `key_high`, as far as they are there."""
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    return spread(row.get(key), low, high, signed=signed)


def spread(value: float | None, low: float | None, high: float | None, *, signed: bool = False) -> str:
    """A figure and the ends of its interval, as far as they are there."""
    form = "+.3f" if signed else ".3f"
    if value is None:
        return NOTHING
    return f"{value:{form}}" + ("" if low is None or high is None else f" ({low:{form}}\u00a0to\u00a0{high:{form}})")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str) -> str:
    """A table whose first column names the row."""
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{html.escape(str(first))}</th>'
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(caption, quote=True)}"><table><caption>{html.escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def words(name: str) -> str:
    """A key of evaluation.json as people read it."""
    return ABBREVIATIONS.sub(
        lambda found: found[0].upper(), name.removeprefix("baseline:").replace("10pct", "10 %").replace("_", " ")
    )


def label(name: str) -> str:
    """A candidate's name; baselines are marked as such."""
    return f"{words(name)} (baseline)" if name.startswith("baseline:") else words(name)
