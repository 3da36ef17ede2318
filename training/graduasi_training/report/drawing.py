"""The report's pictures: drawn by matplotlib, put into the page as they are, each with a sentence for those who cannot see it."""

import base64
import html
import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0b5e86", "#c4581c", "#0a7d5c", "#7a4a8c", "#6b747a"
"""These differ also for people who do not see red and green apart, and in print. Colour never stands alone: shape or text says the same."""
LINE_GREY = "#9aa5ab"
VERDICTS = {"better": (GREEN, "^"), "indistinguishable": (GREY, "o"), "worse": (ORANGE, "v")}
"""The colour and the marker of each verdict of a comparison."""
STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "graduasi", "font.family": "sans-serif", "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": LINE_GREY, "axes.grid": True, "grid.color": "#e6ebee",
    "axes.axisbelow": True, "legend.frameon": False, "text.parse_math": False,
}  # fmt: skip
WIDTH_INCHES = 6.0
"""Narrow enough that the letters can still be read where a phone shrinks the picture to its own width."""
DOTS_PER_INCH = 140
LONGEST_NAME = 44
"""In characters. Longer names beside a picture would leave no room for it; the tables have them whole."""
MOST_ROWS = 30
"""A picture has at most this many rows; the table beside it has all."""


def draw(paint: Callable[[Axes], None], *, alt: str, key: str, height: float = 3.6) -> str:
    """The picture that `paint` puts on empty axes, as an SVG figure in HTML.

    `alt` is also its caption. `key` must be its own on the page: it keeps identifiers of two pictures apart. `height` is in inches.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        FigureCanvasSVG(figure)
        paint(figure.add_subplot())
        buffer = io.StringIO()
        _save(figure, buffer, format="svg", metadata={"Date": None})
    picture = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    picture = re.sub(r"<metadata>.*?</metadata>", "", picture, flags=re.S)
    picture = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", picture)
    picture = picture.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt, quote=True)}"', 1)
    return f"<figure>{picture}<figcaption>{html.escape(alt)}</figcaption></figure>"


def draw_png(paint: Callable[[Figure], Any], *, alt: str, height: float) -> str:
    """A picture of thousands of points, as PNG in HTML: as SVG it would weigh megabytes. `height` is in inches."""
    with mpl.rc_context({"font.size": 10, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure)
        buffer = io.BytesIO()
        _save(figure, buffer, format="png", dpi=DOTS_PER_INCH)
    content = base64.b64encode(buffer.getvalue()).decode()
    escaped = html.escape(alt, quote=True)
    return f'<figure><img alt="{escaped}" src="data:image/png;base64,{content}"><figcaption>{escaped}</figcaption></figure>'


def _save(figure: Figure, buffer: Any, **options: Any) -> None:
    """Save without warnings of letters that the font here lacks: in SVG the reader's own fonts draw them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, **options)


def shortened(name: str) -> str:
    """The name with its middle left out where it is longer than LONGEST_NAME."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 17]}…{name[-16:]}"


def paint_forest(
    axes: Axes, names: Sequence[str], values: Sequence[float], ends: Sequence[tuple[float | None, float | None]],
    *, looks: Sequence[tuple[str, str]] | None = None,
) -> None:  # fmt: skip
    """One row for each name, the first on top: a dot at its value and a line between its ends, if it has both.

    `looks` are a colour and a marker for each row.
    """
    for row, (value, (low, high)) in enumerate(zip(values, ends, strict=True)):
        colour, marker = looks[row] if looks else (BLUE, "o")
        if low is not None and high is not None:
            axes.plot([low, high], [row, row], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot([value], [row], marker, color=colour, markersize=6)
    axes.set_yticks(range(len(names)), [shortened(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


def draw_forest(
    rows: Mapping[str, dict[str, Any]], figure: str, *, title: str, key: str, axis: str, line_at: float | None = None, n: str = "n",
    ends: tuple[str, str] | None = None,
) -> str:  # fmt: skip
    """The picture of one figure of many areas or groups; the largest MOST_ROWS if they are more, "" where none has the figure.

    `figure`, `n` and `ends` are keys of each row; the ends are `{figure}_low` and `{figure}_high` if not given.
    """
    with_figure = {name: row for name, row in rows.items() if row.get(figure) is not None}
    if not with_figure:
        return ""
    largest = sorted(with_figure, key=lambda name: -with_figure[name][n])[:MOST_ROWS]
    drawn = {name: row for name, row in with_figure.items() if name in largest}
    low, high = ends or (f"{figure}_low", f"{figure}_high")

    def paint(axes: Axes) -> None:
        names = [f"{name} (n = {row[n]:,})" for name, row in drawn.items()]
        values, row_ends = [row[figure] for row in drawn.values()], [(row[low], row[high]) for row in drawn.values()]
        paint_forest(axes, names, values, row_ends)
        if line_at is not None:
            paint_reference_line(axes, line_at)
        axes.set_xlabel(f"{axis}, 95 % interval", loc="right")

    too_small, left_out = len(rows) - len(with_figure), len(with_figure) - len(drawn)
    remainder = (f"; {too_small} more have too few families" if too_small else "") + (
        f"; {left_out} smaller ones are not drawn" if left_out else ""
    )
    return draw(paint, alt=f"{title}: {len(drawn)} shown{remainder}.", key=key, height=0.9 + 0.27 * len(drawn))


def paint_line(
    axes: Axes, x: Sequence[float], rows: Sequence[dict[str, Any]], keys: tuple[str, str, str], *, bars: bool = False, **look: Any
) -> None:  # fmt: skip
    """A line with its interval as a shade, or as bars where the points are few; null values leave a gap.

    `keys` are the keys of the value and of its two ends in each row; `look` must have a `color`.
    """
    middle, low, high = (np.array([row[key] for row in rows], dtype=float) for key in keys)
    axes.plot(x, middle, markersize=4, **look)
    if bars:
        axes.vlines(x, low, high, color=look["color"], linewidth=1.6)
    else:
        axes.fill_between(x, low, high, color=look["color"], alpha=0.15, linewidth=0)


def paint_reference_line(axes: Axes, value: float, *, horizontal: bool = False) -> None:
    """The dashed line of no difference, of chance, of perfect calibration, or of a limit."""
    (axes.axhline if horizontal else axes.axvline)(value, color=LINE_GREY, linewidth=1, linestyle="--", zorder=0.9)
