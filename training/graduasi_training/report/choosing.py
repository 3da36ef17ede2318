"""What was chosen, and what the search cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.report.drawing import BLUE, GREEN, draw, reference
from graduasi_training.report.section import Section, missing
from graduasi_training.report.tables import number, table, words


def choosing(evaluation: dict[str, Any]) -> Section:
    """Out-of-fold log loss above the best, and the simplest within one standard error; then the tuning."""
    fold = evaluation["folds"][-1]
    found = fold.get("selection") or {}
    how = "Lower is better; the simplest candidate whose bar (one standard error) reaches zero is taken, so a larger model has to earn its place."
    body = _selection(found, fold) if found else missing(evaluation, ("selection",), "The choice was not recorded.")
    return Section("choosing", "What was chosen, and what it cost", how, body + _tuning(evaluation))


def _selection(found: dict[str, Any], fold: dict[str, Any]) -> str:
    names = list(found)
    excess, error = (np.array([found[name]["excess"][part] for name in names]) for part in (0, 1))

    def paint(axes: Axes) -> None:
        colours = [GREEN if name == fold.get("chosen") else BLUE for name in names]
        for place, name in enumerate(names):
            mark = "D" if name == fold.get("chosen") else "o"
            axes.errorbar([excess[place]], [place], xerr=[error[place]], fmt=mark, color=colours[place], capsize=3)
        axes.set_yticks(
            range(len(names)), [f"{name}: chosen" if name == fold.get("chosen") else name for name in names]
        )
        axes.set_ylim(len(names) - 0.5, -0.5)
        reference(axes, 0)
        axes.set_xlabel(
            f"out-of-fold log loss above the best, ± one standard error, n = {fold.get('train_rows', 0):,} training rows"
        )

    alt = (
        f"Choice on {fold['test_as_of']}, from {fold.get('train_rows', 0):,} training rows: {fold.get('chosen')} was taken. "
        + "; ".join(f"{name} log loss {found[name]['log_loss']:.4f}" for name in names)
    )
    return draw(paint, alt=alt + ".", key="choice", height=0.9 + 0.35 * len(names))


def _tuning(evaluation: dict[str, Any]) -> str:
    found = evaluation.get("tuning")
    if not found:
        return missing(
            evaluation,
            ("settings were not searched", "tuning"),
            "The settings were not searched; the defaults were used (--tuning searches).",
        )
    rows = [("trials", number(found.get("trials"))), ("seconds", number(found.get("seconds"), 0))]
    rows += [(f"chosen: {words(key)}", _setting(value)) for key, value in (found.get("chosen") or {}).items()]
    rows += [
        ("log loss of the chosen", number(found.get("log_loss_chosen"), 4)),
        ("log loss of the best", number(found.get("log_loss_best"), 4)),
    ]
    rows += [("one standard error", number(found.get("standard_error"), 4))]
    later = (found.get("gain_later") or {}).get("log_loss")
    if later and later.get("low") is not None:
        rows.append(
            (
                f"gain over the defaults on {found['gain_later'].get('test_as_of', 'a later date')}",
                f"{later['difference']:+.4f} ({later['low']:+.4f} to {later['high']:+.4f}): {later['verdict']}",
            )
        )
    return table(
        ("tuning", "value"),
        rows,
        caption="The search, and the fewest and smallest trees within one standard error of its best",
    )


def _setting(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
