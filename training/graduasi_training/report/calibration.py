"""Does a score of 0.40 mean four in ten: by score, by area, and for single scores' intervals on the next period."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.interval_check import holds, sampling_error
from graduasi_training.report.drawing import BLUE, ORANGE, draw, forest, reference
from graduasi_training.report.section import Section, missing, paragraph
from graduasi_training.report.tables import number, spread, table


def calibration(evaluation: dict[str, Any]) -> Section:
    """Observed rate against score in ten bins of the last test date."""
    found, fold = evaluation.get("calibration") or {}, evaluation["folds"][-1]
    champion = fold["candidates"]["champion"]
    how = "Dots on the diagonal are honest probabilities; below it the scores promise too much, above it too little."
    bins = found.get("bins")
    if not bins:
        body = missing(evaluation, ("calibration",), "The bins were not counted in this evaluation.")
        return Section("calibration", "Calibration", how, body)
    n = sum(row["n"] for row in bins)

    def paint(axes: Axes) -> None:
        for row in bins:
            axes.plot([row["score"]] * 2, [row.get("low", np.nan), row.get("high", np.nan)], color=BLUE, linewidth=1.6)
        axes.plot([row["score"] for row in bins], [row["observed"] for row in bins], "o", color=BLUE)
        top = min(1.0, 1.05 * max(max(row["score"], row.get("high") or row["observed"]) for row in bins))
        axes.plot([0, top], [0, top], color="#9aa5ab", linewidth=1, linestyle="--")
        axes.set(
            xlim=(0, top),
            ylim=(0, top),
            xlabel=f"mean score in bins of equal size (n = {n:,}, {bins[0]['n']:,} each)",
            ylabel="observed rate, 95 % interval",
        )

    alt = (
        f"Observed rate against score in {len(bins)} bins on {fold['test_as_of']}, n = {n:,}; calibration slope {number(champion.get('calibration_slope'), 2)}, "
        f"intercept {number(champion.get('calibration_intercept'), 2)}, ECE {number(champion.get('ece'))}."
    )
    return Section("calibration", "Calibration", how, draw(paint, alt=alt, key="calibration", height=4.2))


def by_area(evaluation: dict[str, Any]) -> Section:
    """The slope in each area, or that there are too few families to tell."""
    areas = (evaluation.get("calibration") or {}).get("areas")
    how = "Slope 1 is right, below 1 too confident, above 1 too timid; an area whose interval misses 1 should not share the others' reading of a score."
    title = "Calibration by area"
    if not areas:
        return Section(
            "areas",
            title,
            how,
            missing(evaluation, ("area",), "The panel names no areas, or they were not judged one by one."),
        )
    told = {code: row for code, row in areas.items() if row.get("calibration_slope") is not None}
    few = sum(code not in told for code in areas)
    body = ""
    if told:

        def paint(axes: Axes) -> None:
            names = [f"{code} (n = {row['n']:,})" for code, row in told.items()]
            forest(
                axes,
                names,
                [row["calibration_slope"] for row in told.values()],
                [(row.get("low"), row.get("high")) for row in told.values()],
            )
            reference(axes, 1)
            axes.set_xlabel("calibration slope, 95 % interval")

        alt = f"Calibration slope in {len(told)} areas" + (f"; {few} more have too few families." if few else ".")
        body = draw(paint, alt=alt, key="areas", height=0.9 + 0.27 * len(told))
    head = ("area", "n", "base rate", "calibration slope (95 % interval)", "ECE")
    rows = (
        [
            code,
            number(row["n"]),
            row.get("note", "") or number(row.get("base_rate")),
            spread(row.get("calibration_slope"), row.get("low"), row.get("high")),
            number(row.get("ece")),
        ]
        for code, row in areas.items()
    )
    return Section(
        "areas",
        title,
        how,
        body + table(head, rows, caption="Calibration of the champion on the last test date, by area"),
    )


def intervals(evaluation: dict[str, Any]) -> Section:
    """Do the intervals shown with each score hold on a later period; and what label sets would say."""
    found = evaluation.get("intervals")
    how = "In each bin of score the observed rate (dot) should lie inside the bar from the mean lower to the mean upper end, give or take the thin line of sampling error."
    title = "Intervals of single scores, checked on the next period"
    if not found:
        body = missing(
            evaluation,
            ("intervals for single", "interval of a score", "score_low"),
            "No interval is shown with a score, because none was checked.",
        )
        return Section("intervals", title, how, body + _conformal(evaluation))
    body = _check(found) + _check_by_area(found.get("areas") or {})
    return Section("intervals", title, how, body + _conformal(evaluation))


def bins_that_hold(bins: list[dict[str, Any]]) -> int:
    """In how many bins the observed rate lies between the mean ends, give or take sampling error."""
    return sum(map(holds, bins))


def _check(found: dict[str, Any]) -> str:
    bins = (found.get("next_period") or {}).get("bins") or []
    if not bins:
        return paragraph("There was no later period to check the intervals on.", "missing")
    n, nominal = sum(row["n"] for row in bins), round(100 * found.get("nominal", 0.9))

    def paint(axes: Axes) -> None:
        for place, row in enumerate(bins, start=1):
            axes.plot(
                [place, place], [row["low"], row["high"]], color=BLUE, linewidth=9, alpha=0.3, solid_capstyle="butt"
            )
            error = sampling_error(row["observed"], row["n"])
            axes.errorbar([place], [row["observed"]], yerr=[error], fmt="o", color=ORANGE, markersize=5, linewidth=1)
        axes.set_xticks(range(1, len(bins) + 1))
        axes.set(xlabel=f"bin of score, lowest to highest (n = {n:,})", ylabel=f"rate; bars: mean {nominal} % interval")

    alt = f"The {nominal} % intervals on a later period, n = {n:,}: the observed rate lies inside in {bins_that_hold(bins)} of {len(bins)} bins, give or take sampling error."
    return draw(paint, alt=alt, key="intervals")


def _check_by_area(areas: dict[str, dict[str, Any]]) -> str:
    if not areas:
        return paragraph(
            "The check was not made area by area: the panel names no areas, or they are too small.", "missing"
        )
    head = ("area", "n", "observed rate", "mean lower end", "mean upper end")
    rows = (
        [
            code,
            number(row["n"]),
            *(
                row.get("note", "") if i == 0 and "note" in row else number(row.get(key))
                for i, key in enumerate(("observed", "low", "high"))
            ),
        ]
        for code, row in areas.items()
    )
    return table(head, rows, caption="The same check by area")


def _conformal(evaluation: dict[str, Any]) -> str:
    found = evaluation.get("conformal")
    if not found:
        return ""
    cover = found.get("coverage") or {}
    return paragraph(
        f"A diagnostic only: label sets that hold the truth {100 * found['nominal']:.0f} % of the time, for each class by itself, would name both labels for {100 * found['both']:.0f} % "
        f"of families and neither for {100 * found['neither']:.0f} %. On the next period they held it for {number(cover.get('ready'))} of the ready and {number(cover.get('not_ready'))} of the others. "
        "Where most families get both labels, a yes or no cannot be had from these data, and only a ranking can."
    )
