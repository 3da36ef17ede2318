"""Who is passed over: precision, recall and calibration by group."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.report.drawing import draw, forest
from graduasi_training.report.section import Section, missing, paragraph
from graduasi_training.report.tables import interval, number, table

HOW = "Low recall means that ready families of this group are passed over; a group of fewer than 30 labelled families says nothing and is called too few."
HEAD = ("group", "n", "base rate", "precision of the list", "recall of the list", "calibration slope", "ECE")


def groups(evaluation: dict[str, Any]) -> Section:
    """Recall by group as a picture, everything as a table."""
    found = {
        f"{name}: {value}": row
        for name, values in (evaluation.get("groups") or {}).items()
        for value, row in values.items()
    }
    if not found:
        body = missing(evaluation, ("group",), "The programme names no groups to report.")
        return Section("groups", "Groups", HOW, body)
    told = {name: row for name, row in found.items() if row.get("recall_at_quota") is not None}
    day = evaluation["folds"][-1]["test_as_of"]
    body = (
        _picture(told, len(found) - len(told), day)
        if told
        else paragraph("Every group is too small to be drawn.", "missing")
    )
    rows = ([name, number(row["n"]), *_cells(row)] for name, row in found.items())
    caption = f"Champion on {day}; the list is the mentors' at quota, or the top tenth where there are no mentors"
    return Section("groups", "Groups", HOW, body + table(HEAD, rows, caption=caption))


def _picture(told: dict[str, dict[str, Any]], few: int, day: str) -> str:
    def paint(axes: Axes) -> None:
        names = [f"{name} (n = {row['n']:,})" for name, row in told.items()]
        ends = [(row.get("recall_at_quota_low"), row.get("recall_at_quota_high")) for row in told.values()]
        forest(axes, names, [row["recall_at_quota"] for row in told.values()], ends)
        axes.set_xlabel("share of the group's ready families that is listed")

    alt = f"Recall of the list on {day} in {len(told)} groups, with 95 % intervals where they are estimated" + (
        f"; {few} more have too few families." if few else "."
    )
    return draw(paint, alt=alt, key="groups", height=0.9 + 0.27 * len(told))


def _cells(row: dict[str, Any]) -> list[str]:
    if "note" in row:
        return [row["note"], "–", "–", "–", "–"]
    listed = [interval(row, key) for key in ("precision_at_quota", "recall_at_quota")]
    return [number(row.get("base_rate")), *listed, interval(row, "calibration_slope"), number(row.get("ece"))]
