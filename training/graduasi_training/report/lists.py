"""Precision and harm against the length of the mentors' lists."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graduasi_training.report.drawing import BLUE, ORANGE, band, draw, reference
from graduasi_training.report.section import Section, missing, paragraph
from graduasi_training.report.tables import interval, number, spread, table

TITLE = "The mentors' lists: precision and harm against length"
HOW = "The dashed line is the quota: left of it lists are shorter and should be surer; precision should be high there and harm low."


def lists(evaluation: dict[str, Any]) -> Section:
    """The curve, and the figures at parts of the quota."""
    curve, fold = evaluation.get("list_curve"), evaluation["folds"][-1]
    shares = fold["candidates"]["champion"].get("at_quota_share")
    body = (
        _curve(curve, fold)
        if curve
        else missing(evaluation, ("mentors, so",), "No list was drawn: there is no curve in this evaluation.")
    )
    if shares:
        body += _shares(shares, fold)
    body += _macro(fold["candidates"]["champion"].get("precision_at_quota_macro"))
    return Section("lists", TITLE, HOW, body)


def _curve(curve: list[dict[str, Any]], fold: dict[str, Any]) -> str:
    lengths, quota = [row["per_mentor"] for row in curve], max(1, len(curve) // 2)
    at = next((row for row in curve if row["per_mentor"] == quota), curve[-1])

    def paint(axes: Axes) -> None:
        band(
            axes, lengths, curve, ("precision", "low", "high"), color=BLUE, marker="o", label="precision: became ready"
        )
        band(axes, lengths, curve, ("harm", "harm_low", "harm_high"), color=ORANGE, marker="s", label="harm: fell back")
        reference(axes, quota)
        axes.axhline(fold["base_rate"], color=BLUE, linewidth=1, linestyle=":", label="base rate of the cohort")
        axes.set(
            ylim=(0, 1),
            xlabel=f"families listed per mentor (quota {quota}), 95 % interval",
            ylabel="share of the listed with a known outcome",
        )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()

    alt = (
        f"Precision and harm by length of list on {fold['test_as_of']}. At the quota of {quota} per mentor: {number(at['listed'])} listed, "
        f"{number(at['labelled'])} labelled, precision {spread(at['precision'], at.get('low'), at.get('high'))}, harm {interval(at, 'harm')}."
    )
    return draw(paint, alt=alt, key="lists")


def _shares(shares: dict[str, dict[str, Any]], fold: dict[str, Any]) -> str:
    head = ("part of the quota", "listed", "labelled", "precision", "bounds of precision", "recall", "harm")
    rows = (
        [f"{part} %", number(row["listed"]), number(row["labelled"]), interval(row, "precision"), _bounds(row.get("bounds")),
         interval(row, "recall"), interval(row, "harm")]
        for part, row in shares.items()
    )  # fmt: skip
    return table(
        head,
        rows,
        caption=f"Champion on {fold['test_as_of']}; the bounds take listed families without a label as all bad and all good",
    )


def _bounds(found: list[float] | None) -> str:
    return "–" if not found else f"{found[0]:.3f} to {found[1]:.3f}"


def _macro(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    said = spread(found["value"], found.get("low"), found.get("high"))
    return paragraph(
        f"Averaged over mentors, each counting once: precision at quota {said}, n = {found['mentors']:,} mentors."
    )
