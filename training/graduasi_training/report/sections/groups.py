"""Which groups are passed over: precision, recall and calibration by group."""

from typing import Any

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import draw_forest
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import DASH, interval, number, rate, table

HEAD = ("group", "n", "base rate", "listed", "precision of the list", "ready", "recall of the list", "calibration slope", "ECE")  # fmt: skip


@section(
    "groups",
    "Groups",
    how="Low recall means that ready families of this group are passed over; a group of fewer than 30 labelled families says nothing and is called too few.",
    otherwise="The programme names no groups to report.",
)
def groups(evaluation: Evaluation) -> str:
    """A picture of the recall of each group, and a table of all its figures."""
    rows_by_group = {
        f"{name}: {value}": row
        for name, values in (evaluation.get("groups") or {}).items()
        for value, row in values.items()
    }
    if not rows_by_group:
        return ""
    day = evaluation["folds"][-1]["test_as_of"]
    title, axis = f"Recall of the list on {day} by group, n ready families", "share of the group's ready families listed"  # fmt: skip
    picture = draw_forest(rows_by_group, "recall_at_quota", title=title, key="groups", axis=axis, n="ready")
    caption = (
        f"Champion on {day}, with 95 % intervals; the list is the mentors' at quota, or the top tenth where there are no mentors. "
        "Precision is of those listed and labelled, recall of those ready; ECE is larger by chance where n is small"
    )
    rows = ([name, number(row["n"]), *_cells(row)] for name, row in rows_by_group.items())
    return (picture or paragraph("Every group is too small to be drawn.", "missing")) + table(HEAD, rows, caption=caption)  # fmt: skip


def _cells(row: dict[str, Any]) -> list[str]:
    if "note" in row:
        return [row["note"], *[DASH] * (len(HEAD) - 3)]
    return [
        rate(row["base_rate"]), number(row["listed_labelled"]), interval(row, "precision_at_quota"), number(row["ready"]),
        interval(row, "recall_at_quota"), interval(row, "calibration_slope"), number(row["ece"]),
    ]  # fmt: skip
