"""Pictures inside the page: drawn by matplotlib, each with a sentence for those who cannot see it."""

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
"""Told apart by people who do not see red and green alike, and in print; shape and text always say the same."""
VERDICTS = {"better": (GREEN, "^"), "indistinguishable": (GREY, "o"), "worse": (ORANGE, "v")}
STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "graduasi", "font.family": "sans-serif", "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#9aa5ab", "axes.grid": True, "grid.color": "#e6ebee",
    "axes.axisbelow": True, "legend.frameon": False, "text.parse_math": False,
}  # fmt: skip
WIDTH = 6.0
"""Inches: narrow enough that the letters can still be read where a phone shrinks the picture to its own width."""
DOTS = 140
LONGEST = 44
"""Longer names beside a picture would leave no room for it; the tables have them whole."""
MOST = 30
"""A picture has no more rows than these; the table beside it has all."""


def draw(paint: Callable[[Axes], None], *, alt: str, key: str, height: float = 3.6) -> str:
    """One picture as SVG. `key` makes its identifiers differ from those of other pictures on the page."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        paint(figure.add_subplot())
        buffer = io.StringIO()
        _save(figure, buffer, format="svg", metadata={"Date": None})
    picture = buffer.getvalue()[buffer.getvalue().index("<svg") :]
    picture = re.sub(r"<metadata>.*?</metadata>", "", picture, flags=re.S)
    picture = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", picture)
    picture = picture.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt, quote=True)}"', 1)
    return f"<figure>{picture}<figcaption>{html.escape(alt)}</figcaption></figure>"


def dots(paint: Callable[[Figure], Any], *, alt: str, height: float) -> str:
    """One picture of very many points, as PNG: as SVG it would weigh megabytes."""
    with mpl.rc_context({"font.size": 10, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure)
        buffer = io.BytesIO()
        _save(figure, buffer, format="png", dpi=DOTS)
    content = base64.b64encode(buffer.getvalue()).decode()
    said = html.escape(alt, quote=True)
    return f'<figure><img alt="{said}" src="data:image/png;base64,{content}"><figcaption>{said}</figcaption></figure>'


def _save(figure: Figure, buffer: Any, **how: Any) -> None:
    """Names in a script that the font here lacks are no fault: in SVG the reader's own fonts draw them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, **how)


def shortened(name: str) -> str:
    """A name that leaves room for the picture: the middle of a long one is left out."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 17]}…{name[-16:]}"


def forest(
    axes: Axes, names: Sequence[str], middle: Sequence[float], ends: Sequence[tuple[float | None, float | None]],
    *, looks: Sequence[tuple[str, str]] | None = None,
) -> None:  # fmt: skip
    """A dot and its interval for each name, the first on top; without ends, the dot alone."""
    for place, (value, (low, high)) in enumerate(zip(middle, ends, strict=True)):
        colour, mark = looks[place] if looks else (BLUE, "o")
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot([value], [place], mark, color=colour, markersize=6)
    axes.set_yticks(range(len(names)), [shortened(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


def forest_of(
    rows: Mapping[str, dict[str, Any]], figure: str, *, of: str, key: str, axis: str, at: float | None = None, n: str = "n",
    ends: tuple[str, str] | None = None,
) -> str:  # fmt: skip
    """The picture of one figure of many areas or groups, largest first if they are too many; nothing where none has it."""
    told = {name: row for name, row in rows.items() if row.get(figure) is not None}
    if not told:
        return ""
    kept = sorted(told, key=lambda name: -told[name][n])[:MOST]
    shown = {name: row for name, row in told.items() if name in kept}
    low, high = ends or (f"{figure}_low", f"{figure}_high")

    def paint(axes: Axes) -> None:
        names = [f"{name} (n = {row[n]:,})" for name, row in shown.items()]
        forest(axes, names, [row[figure] for row in shown.values()], [(row[low], row[high]) for row in shown.values()])
        if at is not None:
            reference(axes, at)
        axes.set_xlabel(f"{axis}, 95 % interval", loc="right")

    few, left = len(rows) - len(told), len(told) - len(shown)
    more = (f"; {few} more have too few families" if few else "") + (
        f"; {left} smaller ones are not drawn" if left else ""
    )
    return draw(paint, alt=f"{of}: {len(shown)} shown{more}.", key=key, height=0.9 + 0.27 * len(shown))


def band(
    axes: Axes, x: Sequence[float], rows: Sequence[dict[str, Any]], keys: tuple[str, str, str], *, bars: bool = False, **look: Any
) -> None:  # fmt: skip
    """A line with its interval as a shade, or as bars where the points are few; what is null is left out."""
    middle, low, high = (np.array([row[key] for row in rows], dtype=float) for key in keys)
    axes.plot(x, middle, markersize=4, **look)
    if bars:
        axes.vlines(x, low, high, color=look["color"], linewidth=1.6)
    else:
        axes.fill_between(x, low, high, color=look["color"], alpha=0.15, linewidth=0)


def reference(axes: Axes, value: float, *, across: bool = False) -> None:
    """The line of no difference, of chance, or of perfect calibration."""
    (axes.axhline if across else axes.axvline)(value, color="#9aa5ab", linewidth=1, linestyle="--", zorder=0.9)
