"""Figures as text: numbers with their intervals, and tables that a screen reader can follow."""

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graduasi_training.report.section import inline

NOTHING = "–"
NAMES = {"auc": "AUC", "ece": "ECE", "brier": "Brier score"}


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}"


def rate(value: float | None) -> str:
    """A rate, which never reads as none where it is small."""
    return number(value, rate_digits(value))


def interval(row: Mapping[str, Any], key: str) -> str:
    """The figure `key` with its ends `key_low` and `key_high`, as far as they are there."""
    return spread(row.get(key), row.get(f"{key}_low"), row.get(f"{key}_high"))


def spread(value: float | None, low: float | None, high: float | None, *, signed: bool = False, digits: int = 3) -> str:
    """A figure and the ends of its interval, as far as they are there."""
    form = f"{'+' if signed else ''}.{digits}f"
    if value is None:
        return NOTHING
    return f"{value:{form}}" + ("" if low is None or high is None else f" ({low:{form}}\u00a0to\u00a0{high:{form}})")


def bounds(ends: Sequence[float] | None) -> str:
    """The two ends of what can be said at all."""
    return f"{ends[0]:.3f}\u00a0to\u00a0{ends[1]:.3f}" if ends else NOTHING


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str) -> str:
    """A table whose first column names the row."""
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{inline(str(first))}</th>'
        + "".join(f"<td>{inline(str(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    said = html.escape(caption)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{said}"><table><caption><span>{said}</span></caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def words(name: str) -> str:
    """A key of evaluation.json as people read it."""
    plain = name.removeprefix("baseline:").replace("10pct", "10 %").replace("_", " ")
    return re.sub(r"\w+", lambda found: NAMES.get(found[0], found[0]), plain)


def label(name: str) -> str:
    """A candidate's name; baselines are marked as such."""
    return f"{words(name)} (baseline)" if name.startswith("baseline:") else words(name)


def rate_digits(value: float | None, usual: int = 3) -> int:
    """Decimals that a rate needs: one below 1 % has three significant digits, so that it never reads as none."""
    return usual if value is None or not 0 < value < 0.01 else min(9, 2 - math.floor(math.log10(value)))
