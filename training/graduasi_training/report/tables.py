"""Figures as text: numbers with their intervals, and tables that a screen reader can follow."""

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graduasi_training.report.section import inline

DASH = "–"
"""Stands where there is no figure."""
METRIC_NAMES = {"auc": "AUC", "ece": "ECE", "brier": "Brier score"}


def number(value: float | None, digits: int = 3) -> str:
    """A whole number with thousands separators, any other with `digits` decimals; a dash for None."""
    if value is None:
        return DASH
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}"


def rate(value: float | None) -> str:
    """A rate between 0 and 1 with as many decimals as it needs, so that a small one never reads as 0."""
    return number(value, rate_digits(value))


def interval(row: Mapping[str, Any], key: str) -> str:
    """The figure `key` of the row with its interval, which stands under `{key}_low` and `{key}_high`."""
    return with_interval(row.get(key), row.get(f"{key}_low"), row.get(f"{key}_high"))


def with_interval(
    value: float | None, low: float | None, high: float | None, *, signed: bool = False, digits: int = 3
) -> str:
    """`0.412 (0.380 to 0.444)`; without an end the figure alone, without a figure a dash."""
    form = f"{'+' if signed else ''}.{digits}f"
    if value is None:
        return DASH
    return f"{value:{form}}" + ("" if low is None or high is None else f" ({low:{form}}\u00a0to\u00a0{high:{form}})")


def bounds(ends: Sequence[float] | None) -> str:
    """The lower and the upper bound; a dash for None."""
    return f"{ends[0]:.3f}\u00a0to\u00a0{ends[1]:.3f}" if ends else DASH


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str) -> str:
    """An HTML table; the first cell of each row is its heading."""
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{inline(str(first))}</th>'
        + "".join(f"<td>{inline(str(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    escaped = html.escape(caption)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escaped}"><table><caption><span>{escaped}</span></caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def words(key: str) -> str:
    """A key of evaluation.json in words: `baseline:income_only` is "income only", `auc` is "AUC"."""
    plain = key.removeprefix("baseline:").replace("10pct", "10 %").replace("_", " ")
    return re.sub(r"\w+", lambda word: METRIC_NAMES.get(word[0], word[0]), plain)


def candidate_name(key: str) -> str:
    """A candidate in words; a baseline is marked as one."""
    return f"{words(key)} (baseline)" if key.startswith("baseline:") else words(key)


def rate_digits(value: float | None, usual: int = 3) -> int:
    """How many decimals a rate needs: `usual`, but three significant digits below 1 %, so that it never reads as 0."""
    return usual if value is None or not 0 < value < 0.01 else min(9, 2 - math.floor(math.log10(value)))
