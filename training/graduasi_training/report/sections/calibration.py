"""Does a score of 0.40 mean four in ten: by score, by area, and for single scores' intervals on the next period."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.evaluation.interval_check import bins_that_hold, holds, sampling_error
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, ORANGE, draw, forest_of
from graduasi_training.report.section import missing, paragraph, section
from graduasi_training.report.tables import interval, number, rate, spread, table


@section(
    "calibration",
    "Calibration",
    how="Dots on the diagonal are honest probabilities; below it the scores promise too much, above it too little.",
    otherwise="The bins were not counted in this evaluation.",
)
def calibration(evaluation: Evaluation) -> str:
    """Observed rate against score in ten bins of the last test date."""
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
        axes.plot([0, top], [0, top], color="#9aa5ab", linewidth=1, linestyle="--")
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
    """The slope in each area, or that there are too few families to tell."""
    areas = (evaluation.get("calibration") or {}).get("areas")
    if not areas:
        return ""
    day = evaluation["folds"][-1]["test_as_of"]
    picture = forest_of(
        areas, "calibration_slope", of=f"Calibration slope by area on {day}, n labelled", key="areas", axis="calibration slope", at=1, ends=("low", "high")
    )  # fmt: skip
    head = ("area", "n", "base rate", "calibration slope (95 % interval)", "ECE")
    rows = (
        [code, number(row["n"]), row.get("note") or rate(row["base_rate"]),
         spread(row.get("calibration_slope"), row.get("low"), row.get("high")), number(row.get("ece"))]
        for code, row in areas.items()
    )  # fmt: skip
    return picture + table(head, rows, caption=f"Champion on {day}, by area; ECE is larger by chance where n is small")


@section(
    "intervals",
    "Intervals of single scores, checked on the next period",
    how="In each bin of score the observed rate (dot) should lie inside the bar from the mean lower to the mean upper end, give or take the thin line of sampling error.",
    otherwise="No interval is shown with a score, because none was checked.",
)
def intervals(evaluation: Evaluation) -> str:
    """Do the intervals shown with each score hold on a later period; and what label sets would say."""
    found = evaluation.get("intervals")
    if not found:
        return ""
    turned_off = "" if found["shown"] else missing(evaluation, "They did not hold, so no score carries one.", notes=["intervals_failed", "intervals_failed_on_the_whole"])  # fmt: skip
    return turned_off + _check(found) + _check_by_area(found["areas"]) + _conformal(evaluation.get("conformal"))


def _check(found: dict[str, Any]) -> str:
    bins, whole = found["next_period"]["bins"], found["next_period"]["whole"]
    n, nominal = sum(row["n"] for row in bins), round(100 * found["nominal"])

    def paint(axes: Axes) -> None:
        for place, row in enumerate(bins, start=1):
            axes.vlines(place, row["low"], row["high"], color=BLUE, linewidth=9, alpha=0.3)
            error = sampling_error(row)
            axes.errorbar([place], [row["observed"]], yerr=[error], fmt="o", color=ORANGE, markersize=5, linewidth=1)
        axes.set_xticks(range(1, len(bins) + 1))
        axes.set(xlabel=f"bin of score, lowest to highest (n = {n:,})", ylabel=f"rate; bars: mean {nominal} % interval")

    alt = (
        f"The {nominal} % intervals on {found['next_period']['test_as_of']}, later than anything they were made from, n = {n:,}: "
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


def _conformal(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    cover = found["coverage"]
    return paragraph(
        f"A diagnostic only: label sets meant to hold the truth {100 * found['nominal']:.0f} % of the time, for each class by itself, would name both labels for "
        f"{100 * found['both']:.0f} % of families and neither for {100 * found['neither']:.0f} % (n = {found['n']:,}). On the next period they held it for "
        f"{number(cover['ready'])} of the ready and {number(cover['not_ready'])} of the others. "
        "Where most families get both labels, a yes or no cannot be had from these data, and only a ranking can."
    )
