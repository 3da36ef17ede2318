"""What changes from date to date, from place to place and from seed to seed."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.report.drawing import BLUE, ORANGE, PURPLE, draw, forest, reference
from graduasi_training.report.section import Section, missing, paragraph
from graduasi_training.report.tables import interval, number, table

PSI_MOVED, PSI_WATCH = 0.25, 0.10


def over_time(evaluation: dict[str, Any]) -> Section:
    """Base rate and AUC of each fold."""
    folds = evaluation["folds"]
    dates = [fold["test_as_of"] for fold in folds]
    champion = [fold["candidates"]["champion"] for fold in folds]

    def paint(axes: Axes) -> None:
        places = np.arange(len(folds))
        for place, row in zip(places, champion, strict=True):
            axes.plot([place] * 2, [_end(row, "auc_low"), _end(row, "auc_high")], color=BLUE, linewidth=1.6)
        axes.plot(
            places, [_end(row, "auc") for row in champion], "o-", color=BLUE, label="AUC of the champion, 95 % interval"
        )
        axes.plot(places, [fold["base_rate"] for fold in folds], "s-", color=ORANGE, label="base rate")
        reference(axes, 0.5, across=True)
        axes.set_xticks(places, dates)
        axes.set(ylim=(0, 1), xlim=(-0.4, len(folds) - 0.6))
        axes.legend()

    alt = f"AUC and base rate on {len(folds)} test dates: " + "; ".join(
        f"{day} AUC {interval(row, 'auc')}, base rate {number(fold['base_rate'])}, n = {fold.get('labelled_rows', 0):,}"
        for day, row, fold in zip(dates, champion, folds, strict=True)
    )
    head = ("test date", "training rows", "cohort", "labelled", "base rate", "chosen", "AUC (95 % interval)")
    rows = (
        [
            day,
            number(fold.get("train_rows")),
            number(fold.get("test_rows")),
            number(fold.get("labelled_rows")),
            number(fold["base_rate"]),
            fold.get("chosen", "–"),
            interval(row, "auc"),
        ]
        for day, row, fold in zip(dates, champion, folds, strict=True)
    )
    how = "Each date was judged by a model that knew only what was known then; a base rate that moves means that the next period may start from another level."
    return Section(
        "time",
        "Base rate and AUC over time",
        how,
        draw(paint, alt=alt + ".", key="time") + table(head, rows, caption="The folds"),
    )


def _end(row: dict[str, Any], key: str) -> float:
    return float("nan") if row.get(key) is None else float(row[key])


def score_drift(evaluation: dict[str, Any]) -> Section:
    """PSI and KS of one model's scores between successive dates."""
    rows = evaluation.get("score_drift")
    how = f"PSI below {PSI_WATCH} is usual, above {PSI_MOVED} the families scored are no longer like those before; it does not say that the model got worse."
    title = "Score drift"
    if not rows:
        return Section(
            "score-drift",
            title,
            how,
            missing(evaluation, ("drift",), "There are no two successive test dates whose scores were compared."),
        )

    def paint(axes: Axes) -> None:
        places = np.arange(len(rows))
        axes.bar(places - 0.18, [row["psi"] for row in rows], 0.36, color=BLUE, label="PSI")
        axes.bar(
            places + 0.18, [row["ks"] for row in rows], 0.36, color=PURPLE, hatch="//", edgecolor="white", label="KS"
        )
        axes.set_xticks(places, [f"{row['from']} → {row['to']}" for row in rows])
        axes.axhline(PSI_MOVED, color=ORANGE, linestyle="--", linewidth=1)
        axes.set_ylim(0, max(1.15 * PSI_MOVED, 1.2 * max(max(row["psi"], row["ks"]) for row in rows)))
        axes.legend()

    alt = "Drift of one model's scores: " + "; ".join(
        f"{r['from']} to {r['to']} PSI {r['psi']:.3f}, KS {r['ks']:.3f}, n = {r['n_from']:,} and {r['n_to']:,}"
        for r in rows
    )
    return Section(
        "score-drift",
        title,
        how,
        draw(paint, alt=alt + f". The dashed line is PSI {PSI_MOVED}.", key="drift", height=3.0),
    )


def stability(evaluation: dict[str, Any]) -> Section:
    """How much of a list would be another's, had the model been made a little differently."""
    found = evaluation.get("stability")
    how = "An overlap of 1 means the same families on successive lists; a reason that flips is one a mentor would see change although the family did not."
    title = "Stability"
    if not found:
        return Section(
            "stability", title, how, missing(evaluation, ("stability",), "Stability was not measured in this run.")
        )
    rows = [
        ("overlap of successive lists (Jaccard)", number(found.get("list_overlap"))),
        ("families whose first reason flips", number(found.get("reason_flips"))),
    ]
    seeds = found.get("seeds")
    rows += (
        [(f"over seeds: {key.replace('_', ' ')}", _said(value)) for key, value in seeds.items()]
        if isinstance(seeds, dict)
        else []
    )
    body = table(
        ("measure", "value"),
        rows,
        caption=f"Between {len(evaluation['folds'])} test dates; n = {evaluation['folds'][-1].get('test_rows', 0):,} families on the last",
    )
    return Section(
        "stability",
        title,
        how,
        body + ("" if seeds else paragraph("Several seeds are tried only with --full.", "missing")),
    )


def _said(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else str(value)


def areas_left_out(evaluation: dict[str, Any]) -> Section:
    """How a model ranks in an area it never saw."""
    areas = evaluation.get("areas_left_out")
    how = "For each area a model was made without it and judged on it alone; this is what to expect of a new district."
    title = "Areas left out one by one"
    if not areas:
        return Section(
            "areas-left-out",
            title,
            how,
            missing(
                evaluation,
                ("left out", "leave-one"),
                "Areas are left out one by one only with --full, and only where the panel names them.",
            ),
        )
    told = {code: row for code, row in areas.items() if row.get("auc") is not None}

    def paint(axes: Axes) -> None:
        names = [f"{code} (n = {row['n']:,})" for code, row in told.items()]
        forest(
            axes,
            names,
            [row["auc"] for row in told.values()],
            [(row.get("auc_low"), row.get("auc_high")) for row in told.values()],
        )
        reference(axes, 0.5)
        axes.set_xlabel("AUC in the area that was left out, 95 % interval")

    picture = (
        draw(
            paint,
            alt=f"AUC in each of {len(told)} areas by a model that never saw it.",
            key="left",
            height=0.9 + 0.27 * len(told),
        )
        if told
        else ""
    )
    rows = (
        [code, number(row["n"]), row.get("note") or interval(row, "auc"), number(row.get("calibration_slope"), 2)]
        for code, row in areas.items()
    )
    return Section(
        "areas-left-out",
        title,
        how,
        picture
        + table(("area", "n", "AUC (95 % interval)", "calibration slope"), rows, caption="By area that was left out"),
    )
