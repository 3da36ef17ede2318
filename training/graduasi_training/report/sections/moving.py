"""What moved between periods: the scores of one model, the base rate, and each field that the model reads."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.drift.text import MOST_ROWS, STATUS_WORDS
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, ORANGE, PURPLE, draw, paint_forest, paint_reference_line
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import DASH, number, table, with_interval

ALARM_LOOK, USUAL_LOOK = (ORANGE, "v"), (BLUE, "o")


@section(
    "score-drift",
    "Drift of the scores",
    how="The larger PSI and KS, the less the families scored are like those before; by itself that does not say that the model got worse.",
    notes=("one_date",),
    otherwise="There are no two successive test dates whose scores were compared.",
)
def score_drift(evaluation: Evaluation) -> str:
    """PSI and KS of one model's scores from each test date to the next, and the change of the base rate."""
    rows = evaluation.get("score_drift")
    if not rows:
        return ""
    names = [f"{row['from']} → {row['to']}" for row in rows]

    def paint(axes: Axes) -> None:
        for shift, key, colour, hatch in ((-0.18, "psi", BLUE, ""), (0.18, "ks", PURPLE, "//")):
            centres = [index + shift for index in range(len(rows))]
            heights = [row[key] for row in rows]
            axes.bar(centres, heights, 0.36, color=colour, hatch=hatch, edgecolor="white", label=key.upper())
        axes.set_xticks(range(len(rows)), names)
        axes.set_ylim(0, max(0.25, 1.2 * max(max(row["psi"], row["ks"]) for row in rows)))
        axes.legend()

    alt = (
        "PSI and KS of the first fold's model, which learned from none of these dates, from each test date to the next."
    )
    head = ("from one test date to the next", "n", "PSI", "KS", "change of the base rate (95 % interval)")
    cells = (
        [name, f"{row['n_from']:,} and {row['n_to']:,}", number(row["psi"]), number(row["ks"]), _base_rate_change(row)]
        for name, row in zip(names, rows, strict=True)
    )
    caption = "A common rule of thumb: PSI below 0.1 is little, above 0.25 much"
    return draw(paint, alt=alt, key="drift", height=3.0) + table(head, cells, caption=caption)


def _base_rate_change(row: dict[str, Any]) -> str:
    change, low, high = (row[f"base_rate_change{end}"] for end in ("", "_low", "_high"))
    return with_interval(change, low, high, signed=True)


@section(
    "field-drift",
    "Drift of the fields",
    how="A field alarms where it passes a limit of the programme (the dashed line for PSI) and chance does not explain it; then ask whether the families "
    "changed, or the way they were asked.",
    otherwise="The fields of the training rows and of the last test date were not compared.",
)
def field_drift(evaluation: Evaluation) -> str:
    """What alarms, what moved most, and what could not be compared; `graduasi drift` compares a later panel in the same way."""
    drift = evaluation.get("field_drift")
    if not drift:
        return ""
    fields = drift["fields"]
    shown = dict(list(fields.items())[: max(MOST_ROWS, sum(map(_alarms, fields.values())))])
    n = f"n = {drift['n_then']:,} then and {drift['n_now']:,} now"
    not_compared = sum(row["status"] == "not_enough_data" for row in fields.values())
    compared = len(fields) - not_compared
    too_few = f"Not enough data to compare {not_compared} of {len(fields)} fields: {drift['limits']['min_rows']:,} known values on both sides are needed (`min_rows`)."
    alarms = "".join(paragraph(f"Alarm: {sentence}.") for sentence in drift["alarms"])
    caption = (
        f"Each household as the training rows of the last fold saw it last ({drift['from']} to {drift['through']}) against the cohort of {drift['to']}, {n}; "
        f"alarms first, then what moved most: {len(shown)} of {len(fields)} fields, and evaluation.json has all"
    )
    head = ("field", "n then, now", "PSI", "KS", "unknown: then", "now", "new values", "verdict")
    body = (paragraph(too_few, "missing") if not_compared else "") + (
        alarms or (paragraph("No field alarms.") if compared else "")
    )
    rows = ([name, *_cells(row)] for name, row in shown.items())
    return body + _picture(shown, drift["limits"], n) + table(head, rows, caption=caption)


def _alarms(row: dict[str, Any]) -> bool:
    return bool(row["status"] == "alarm")


def _picture(fields: dict[str, dict[str, Any]], limits: dict[str, float], n: str) -> str:
    drawn = {name: row for name, row in fields.items() if row["psi"] is not None}
    if not drawn:
        return ""

    def paint(axes: Axes) -> None:
        looks = [ALARM_LOOK if _alarms(row) else USUAL_LOOK for row in drawn.values()]
        names = [f"{name}: alarm" if _alarms(row) else name for name, row in drawn.items()]
        paint_forest(axes, names, [row["psi"] for row in drawn.values()], [(None, None)] * len(drawn), looks=looks)
        paint_reference_line(axes, limits["psi"])
        axes.set_xlim(left=0)
        axes.set_xlabel(f"PSI; the dashed line is the limit {limits['psi']:g}", loc="right")

    return draw(paint, alt=f"PSI of the {len(drawn)} fields that moved most, {n}.", key="fields", height=0.9 + 0.27 * len(drawn))  # fmt: skip


def _cells(row: dict[str, Any]) -> list[str]:
    sizes = f"{row['n_then']:,}, {row['n_now']:,}"
    missing = (DASH if row[key] is None else f"{100 * row[key]:.0f} %" for key in ("missing_then", "missing_now"))
    new = ", ".join(f"{name} {count:,}" for name, count in row["unseen"].items()) or DASH
    return [sizes, number(row["psi"], 2), number(row["ks"], 2), *missing, new, STATUS_WORDS[row["status"]]]
