"""Whether a score of 0.40 means four in ten: by score, by area, and with the intervals of single scores."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.evaluation.interval_check import bins_that_hold, holds, sampling_error
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, LINE_GREY, ORANGE, draw, draw_forest
from graduasi_training.report.section import missing, paragraph, section
from graduasi_training.report.tables import interval, number, rate, table, with_interval


@section(
    "calibration",
    "Calibration",
    how="Dots on the diagonal are honest probabilities; below it the scores promise too much, above it too little.",
    otherwise="The bins were not counted in this evaluation.",
)
def calibration(evaluation: Evaluation) -> str:
    """Observed rate against mean score in bins of equal size, on the last test date."""
    bins, fold = (evaluation.get("calibration") or {}).get("bins"), evaluation["folds"][-1]
    if not bins:
        return ""
    champion, n = fold["candidates"]["champion"], sum(row["n"] for row in bins)

    def paint(axes: Axes) -> None:
        score, observed, low, high = (
            np.array([row[key] for row in bins], dtype=float) for key in ("score", "observed", "low", "high")
        )
        axes.vlines(score, low, high, color=BLUE, linewidth=1.6)
        axes.plot(score, observed, "o", color=BLUE)
        top = min(1.0, 1.05 * np.nanmax([score, observed, high]))
        axes.plot([0, top], [0, top], color=LINE_GREY, linewidth=1, linestyle="--")
        axes.set(xlim=(0, top), ylim=(0, top), ylabel="observed rate, 95 % interval")
        axes.set_xlabel(f"mean score in bins of equal size (n = {n:,}, about {n // len(bins):,} each)")

    alt = (
        f"Observed rate against score in {len(bins)} bins on {fold['test_as_of']}, n = {n:,}; calibration slope {interval(champion, 'calibration_slope')}, "
        f"intercept {number(champion['calibration_intercept'], 2)}, ECE {number(champion['ece'])}."
    )
    return draw(paint, alt=alt, key="calibration", height=4.2)


@section(
    "areas",
    "Calibration by area",
    how="Slope 1 is right, below 1 too confident, above 1 too timid; with many areas one interval in twenty misses 1 by chance, so look where it misses by far.",
    notes=("no_areas",),
    otherwise="The panel names no areas, or they were not judged one by one.",
)
def by_area(evaluation: Evaluation) -> str:
    """The calibration slope in each area; "too few" where an area has too few families."""
    areas = (evaluation.get("calibration") or {}).get("areas")
    if not areas:
        return ""
    day = evaluation["folds"][-1]["test_as_of"]
    picture = draw_forest(
        areas, "calibration_slope", title=f"Calibration slope by area on {day}, n labelled", key="areas", axis="calibration slope", line_at=1, ends=("low", "high")
    )  # fmt: skip
    head = ("area", "n", "base rate", "calibration slope (95 % interval)", "ECE")
    rows = (
        [code, number(row["n"]), row.get("note") or rate(row["base_rate"]),
         with_interval(row.get("calibration_slope"), row.get("low"), row.get("high")), number(row.get("ece"))]
        for code, row in areas.items()
    )  # fmt: skip
    return picture + table(head, rows, caption=f"Champion on {day}, by area; ECE is larger by chance where n is small")


@section(
    "intervals",
    "Intervals of single scores, checked on the next period",
    how="An interval is of the rate among families alike, in a period like those seen. In each bin of score the observed rate (dot) should lie inside the bar from the mean lower to the mean upper end, give or take the thin line of sampling error.",
    otherwise="No interval is shown with a score, because none was checked.",
)
def intervals(evaluation: Evaluation) -> str:
    """Whether the intervals of single scores held on the next period, by bin of score and by area; then the label sets."""
    report = evaluation.get("intervals")
    if not report:
        return ""
    turned_off = "" if report["shown"] else missing(evaluation, "They did not hold, so no score carries one.", notes=["intervals_failed", "intervals_failed_on_the_whole"])  # fmt: skip
    return turned_off + _check(report) + _check_by_area(report["areas"]) + _conformal(evaluation.get("conformal"))


def _check(report: dict[str, Any]) -> str:
    bins, whole = report["next_period"]["bins"], report["next_period"]["whole"]
    n, nominal = sum(row["n"] for row in bins), round(100 * report["nominal"])

    def paint(axes: Axes) -> None:
        for number_of_bin, row in enumerate(bins, start=1):
            axes.vlines(number_of_bin, row["low"], row["high"], color=BLUE, linewidth=9, alpha=0.3)
            error = [sampling_error(row)]
            axes.errorbar([number_of_bin], [row["observed"]], yerr=error, fmt="o", color=ORANGE, markersize=5, linewidth=1)  # fmt: skip
        axes.set_xticks(range(1, len(bins) + 1))
        axes.set(xlabel=f"bin of score, lowest to highest (n = {n:,})", ylabel=f"rate; bars: mean {nominal} % interval")

    alt = (
        f"The {nominal} % intervals on {report['next_period']['test_as_of']}, later than anything they were made from, n = {n:,}: "
        f"the observed rate lies inside in {bins_that_hold(bins)} of {len(bins)} bins, give or take sampling error; "
        f"in the whole period it was {number(whole['observed'])}, between {number(whole['low'])} and {number(whole['high'])} if the mean interval is right."
    )
    return draw(paint, alt=alt, key="intervals")


def _check_by_area(areas: dict[str, dict[str, Any]]) -> str:
    if not areas:
        return paragraph("Not checked area by area: the panel names no areas, or they are too small.", "missing")
    head = ("area", "n", "observed rate", "mean lower end", "mean upper end", "inside")
    rows = (
        [code, number(row["n"]), *(number(row[key]) for key in ("observed", "low", "high")), "yes" if holds(row) else "no"]
        for code, row in areas.items()
    )  # fmt: skip
    return table(head, rows, caption="The same check by area; inside: give or take two standard errors of the rate")


def _conformal(report: dict[str, Any] | None) -> str:
    if not report:
        return ""
    coverage = report["coverage"]
    return paragraph(
        f"A diagnostic only: label sets meant to hold the truth {100 * report['nominal']:.0f} % of the time, for each class by itself, would name both labels for "
        f"{100 * report['both']:.0f} % of families and neither for {100 * report['neither']:.0f} % (n = {report['n']:,}). On the next period they held it for "
        f"{number(coverage['ready'])} of the ready and {number(coverage['not_ready'])} of the others. "
        "Where most families get both labels, a yes or no cannot be had from these data, and only a ranking can."
    )
