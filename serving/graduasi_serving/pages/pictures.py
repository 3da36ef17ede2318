"""The picture on a family's page: a bar for each theme, to the right what helps, to the left what holds back.

Bars are drawn to one scale, so they can be compared; the page has the same as a table for those who do not see them.
"""

from collections.abc import Sequence

from graduasi_serving.database.lists import Theme
from graduasi_serving.pages.contexts import Bar, Bars
from graduasi_serving.pages.words import Words

WIDTH, ROW, LABEL = 320, 26, 120
"""In units of the drawing: its width, the height of a theme, and the width of the names."""
MIDDLE = LABEL + (WIDTH - LABEL) / 2
SMALLEST = 0.02
"""In log-odds: what moves a score by less than half of a hundredth is left out."""
KINDS = ("lever", "context")


def bars_of(themes: Sequence[Theme], words: Words, language: str) -> tuple[Bars, ...]:
    """The bars of levers, and those of facts that nobody can change, each from the longest to the shortest."""
    shown = [theme for theme in themes if abs(theme["contribution"]) >= SMALLEST]
    longest = max((abs(theme["contribution"]) for theme in shown), default=0.0)
    groups = []
    for kind in KINDS:
        own = sorted((theme for theme in shown if theme["kind"] == kind), key=lambda theme: -abs(theme["contribution"]))
        bars = tuple(_bar(theme, row, longest, words, language) for row, theme in enumerate(own))
        if bars:
            groups.append(Bars(words["picture"][kind], bars, WIDTH, ROW * len(bars), MIDDLE))
    return tuple(groups)


def _bar(theme: Theme, row: int, longest: float, words: Words, language: str) -> Bar:
    length = round((WIDTH - MIDDLE) * abs(theme["contribution"]) / longest, 1)
    helps = theme["contribution"] > 0
    return Bar(
        label=theme["label"].get(language) or theme["theme"],
        direction=words["picture"]["helps" if helps else "hinders"],
        css="plus" if helps else "minus",
        x=MIDDLE if helps else round(MIDDLE - length, 1),
        y=row * ROW + 5,
        width=max(length, 1.0),
    )
