"""Precision and harm against the length of the mentors' lists."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, ORANGE, draw, paint_line, paint_reference_line
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import bounds, interval, number, table, with_interval


@section(
    "lists",
    "The mentors' lists: precision and harm against length",
    how="The dashed line is the quota: left of it lists are shorter and should be surer; precision should be high there and harm low.",
    notes=("no_mentors", "nobody_eligible", "nobody_ready", "nobody_sure"),
    otherwise="No list was drawn: there is no curve in this evaluation.",
)
def lists(evaluation: Evaluation) -> str:
    """The curve by length of list, the figures at parts of the quota, and the mean over mentors."""
    curve, fold = evaluation.get("list_curve"), evaluation["folds"][-1]
    if not curve or not any(row["listed"] for row in curve):
        return ""
    figures = fold["candidates"]["champion"]
    return (
        _curve(curve, fold)
        + _filled(figures)
        + _shares(figures["at_quota_share"], fold)
        + _mean_over_mentors(figures["precision_at_quota_macro"])
    )


def _curve(curve: list[dict[str, Any]], fold: dict[str, Any]) -> str:
    quota = len(curve) // 2  # the curve has one row for each length, up to twice the quota
    lengths, at_quota = [row["per_mentor"] for row in curve], curve[quota - 1]

    def paint(axes: Axes) -> None:
        precision, harm = ("precision", "low", "high"), ("harm", "harm_low", "harm_high")
        paint_line(axes, lengths, curve, precision, color=BLUE, marker="o", label="precision: became ready")
        paint_line(axes, lengths, curve, harm, color=ORANGE, marker="s", label="harm: fell back")
        paint_reference_line(axes, quota)
        axes.axhline(fold["base_rate"], color=BLUE, linewidth=1, linestyle=":", label="base rate of the cohort")
        axes.set(ylim=(0, 1), xlabel=f"families listed per mentor (quota {quota}), 95 % interval")
        axes.set_ylabel("share of the listed with a known outcome")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()

    alt = (
        f"Precision and harm by length of list on {fold['test_as_of']}. At the quota of {quota} per mentor: {number(at_quota['listed'])} listed; "
        f"precision {with_interval(at_quota['precision'], at_quota['low'], at_quota['high'])}, n = {number(at_quota['labelled'])} labelled; "
        f"harm {interval(at_quota, 'harm')}, n = {number(at_quota['harm_known'])} for whom it is known."
    )
    return draw(paint, alt=alt, key="lists")


def _filled(figures: dict[str, Any]) -> str:
    """How full the lists are; an evaluation of an older version does not tell."""
    filled = figures.get("quota_filled")
    if filled is None:
        return ""
    return paragraph(
        f"Only families in band ready are listed, so the lists fill {filled:.0%} of their places. Other rankings are judged on as many "
        "families of each mentor."
    )


def _shares(shares: dict[str, dict[str, Any]], fold: dict[str, Any]) -> str:
    head = ("part of the quota", "listed", "n labelled", "precision", "bounds of precision", "recall", "n harm known", "harm")  # fmt: skip
    rows = (
        [f"{part} %", number(row["listed"]), number(row["labelled"]), interval(row, "precision"), bounds(row["bounds"]),
         interval(row, "recall"), number(row["harm_known"]), interval(row, "harm")]
        for part, row in shares.items()
    )  # fmt: skip
    caption = f"Champion on {fold['test_as_of']}, with 95 % intervals; the bounds take listed families without a label as all bad and all good"
    return table(head, rows, caption=caption)


def _mean_over_mentors(precision: dict[str, Any] | None) -> str:
    if precision is None:
        return ""
    figure = with_interval(precision["value"], precision["low"], precision["high"])
    return paragraph(
        f"Averaged over mentors, each counting once: precision at quota {figure}, n = {precision['mentors']:,} mentors."
    )
