"""What changes from date to date, from area to area and from seed to seed."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, ORANGE, draw, draw_forest, paint_line, paint_reference_line
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import interval, number, rate, table, words

CHANGES = ("list_overlap", "same_families_overlap", "reason_flips")


@section(
    "time",
    "Base rate and AUC over time",
    how="Each date was judged by a model that knew only what was known then; a base rate that moves means that the next period may start from another level.",
    otherwise="There is no test date.",
)
def over_time(evaluation: Evaluation) -> str:
    """The base rate and the champion's AUC on each test date."""
    folds = evaluation["folds"]
    champion = [fold["candidates"]["champion"] for fold in folds]

    def paint(axes: Axes) -> None:
        x = range(len(folds))
        auc = ("auc", "auc_low", "auc_high")
        paint_line(
            axes, x, champion, auc, color=BLUE, marker="o", label="AUC of the champion, 95 % interval", bars=True
        )
        axes.plot(x, [fold["base_rate"] for fold in folds], "s-", color=ORANGE, label="base rate")
        paint_reference_line(axes, 0.5, horizontal=True)
        axes.set_xticks(x, [fold["test_as_of"] for fold in folds])
        axes.set(ylim=(0, 1), xlim=(-0.4, len(folds) - 0.6))
        axes.legend()

    alt = f"AUC and base rate on {len(folds)} test dates: " + "; ".join(
        f"{fold['test_as_of']} AUC {interval(row, 'auc')}, base rate {rate(fold['base_rate'])}, n = {fold['labelled_rows']:,}"
        for row, fold in zip(champion, folds, strict=True)
    )
    head = ("test date", "training rows", "cohort", "n labelled", "base rate", "chosen", "AUC", "calibration slope")
    rows = (
        [fold["test_as_of"], *(number(fold[key]) for key in ("train_rows", "test_rows", "labelled_rows")), rate(fold["base_rate"]), fold["chosen"],
         interval(row, "auc"), interval(row, "calibration_slope")]
        for row, fold in zip(champion, folds, strict=True)
    )  # fmt: skip
    folds_table = table(head, rows, caption="The folds, with 95 % intervals")
    return draw(paint, alt=alt + ".", key="time") + folds_table + _base_rates(evaluation) + _last_visit(evaluation)


def _base_rates(evaluation: Evaluation) -> str:
    """The base rate by as-of date; nothing for an evaluation of an earlier version, which has none."""
    rows = evaluation.get("base_rates")
    if not rows:
        return ""
    cells = ([row["as_of"], number(row["rows"]), number(row["labelled"]), rate(row["base_rate"])] for row in rows)
    caption = (
        f"What was learned from on {rows[-1]['as_of']}, by as-of date (the last row is that date itself). A base rate that falls or "
        "rises towards the youngest dates, where the labels are few, says that labels of one kind mature first"
    )
    return table(("as-of date", "cohort", "n labelled", "base rate"), cells, caption=caption)


def _last_visit(evaluation: Evaluation) -> str:
    """Families visited lately and longer ago; nothing for an evaluation of an earlier version, or where all were visited as lately."""
    report = evaluation.get("by_last_visit")
    if not report or not report["longer_ago"]["rows"]:
        return ""
    parts = [(f"at most {report['usual_days']} days ago", report["lately"]), ("longer ago", report["longer_ago"])]
    cells = (
        [
            name,
            *(number(part[key]) for key in ("rows", "labelled")),
            rate(part["base_rate"]),
            rate(part["mean_forecast"]),
        ]
        for name, part in parts
    )
    head = ("last visited", "cohort", "n labelled", "base rate", "mean forecast of the labelled")
    return table(
        head,
        cells,
        caption="The last test date by how long ago families were visited; a score does not know who is hard to find",
    )


@section(
    "stability",
    "Stability",
    how="An overlap of 1 means the same families on both lists; a reason that flips is one a mentor would see change although the family did not.",
    notes=("one_date",),
    otherwise="Stability was not measured in this run.",
)
def stability(evaluation: Evaluation) -> str:
    """How far lists and reasons change when the model is made at another time or with another seed."""
    report = evaluation.get("stability")
    if not report:
        return ""
    head = ("from one test date to the next", "n families", "overlap of the lists (Jaccard)", "overlap, the later families by both models", "first reason flips")  # fmt: skip
    rows = [
        [f"{row['from']} → {row['to']}", number(row["n"]), *(number(row[key]) for key in CHANGES)]
        for row in report["by_fold"]
    ]
    body = table(head, rows, caption="The earlier date's model and list against the later one's") if rows else ""
    seeds = report["seeds"]
    return body + (_seeds(seeds) if seeds else paragraph("Several seeds are tried only with `--full`.", "missing"))


def _seeds(report: dict[str, Any]) -> str:
    rows = [
        ("overlap of the lists (Jaccard)", number(report["list_overlap"])),
        ("first reason flips", number(report["reason_flips"])),
        ("AUC, smallest to largest", f"{number(report['auc_min'])} to {number(report['auc_max'])}"),
        ("chosen", ", ".join(f"{words(name)} {count}" for name, count in report["chosen"].items())),
    ]
    caption = f"The last fold fitted with {report['n']} seeds, n = {report['families']:,} families: what differs here is chance"
    return table(("measure", "mean over pairs"), rows, caption=caption)


@section(
    "areas-left-out",
    "Areas left out one by one",
    how="For each area a model was made without it and judged on it alone; this is what to expect of a new district.",
    notes=("no_areas", "not_full", "no_large_area"),
    otherwise="Areas are left out one by one only with `--full`, and only where the panel names them.",
)
def areas_left_out(evaluation: Evaluation) -> str:
    """How well a model ranks in an area that it never saw."""
    areas = evaluation.get("areas_left_out")
    if not areas:
        return ""
    title = f"AUC by area of a model that never saw the area, on {evaluation['folds'][-1]['test_as_of']}"
    picture = draw_forest(areas, "auc", title=title, key="left", axis="AUC in the area that was left out", line_at=0.5)
    rows = (
        [code, number(row["n"]), row.get("note") or interval(row, "auc"), interval(row, "calibration_slope")]
        for code, row in areas.items()
    )
    head = ("area", "n", "AUC", "calibration slope")
    return picture + table(head, rows, caption="By area that was left out, with 95 % intervals")
