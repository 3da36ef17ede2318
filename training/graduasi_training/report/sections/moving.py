"""What moved between the periods: the scores of one model, the base rate, and every field that the model reads."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.drift.text import SHOWN, WORDS
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, ORANGE, PURPLE, draw, forest, reference
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import NOTHING, number, spread, table

LOOKS = {"alarm": (ORANGE, "v"), "ok": (BLUE, "o")}


@section(
    "score-drift",
    "Drift of the scores",
    how="The larger PSI and KS, the less the families scored are like those before; by itself that does not say that the model got worse.",
    notes=("one_date",),
    otherwise="There are no two successive test dates whose scores were compared.",
)
def score_drift(evaluation: Evaluation) -> str:
    """PSI and KS of one model's scores between successive dates, and how the base rate moved."""
    rows = evaluation.get("score_drift")
    if not rows:
        return ""
    names = [f"{row['from']} → {row['to']}" for row in rows]

    def paint(axes: Axes) -> None:
        for shift, key, colour, hatch in ((-0.18, "psi", BLUE, ""), (0.18, "ks", PURPLE, "//")):
            places = [place + shift for place in range(len(rows))]
            heights = [row[key] for row in rows]
            axes.bar(places, heights, 0.36, color=colour, hatch=hatch, edgecolor="white", label=key.upper())
        axes.set_xticks(range(len(rows)), names)
        axes.set_ylim(0, max(0.25, 1.2 * max(max(row["psi"], row["ks"]) for row in rows)))
        axes.legend()

    alt = (
        "PSI and KS of the first fold's model, which learned from none of these dates, from each test date to the next."
    )
    head = ("from one test date to the next", "n", "PSI", "KS", "change of the base rate (95 % interval)")
    told = (
        [name, f"{row['n_from']:,} and {row['n_to']:,}", number(row["psi"]), number(row["ks"]), _change(row)]
        for name, row in zip(names, rows, strict=True)
    )
    caption = "A common rule of thumb: PSI below 0.1 is little, above 0.25 much"
    return draw(paint, alt=alt, key="drift", height=3.0) + table(head, told, caption=caption)


def _change(row: dict[str, Any]) -> str:
    change, low, high = (row[f"base_rate_change{end}"] for end in ("", "_low", "_high"))
    return spread(change, low, high, signed=True)


@section(
    "field-drift",
    "Drift of the fields",
    how="A field alarms where it passes a limit of the programme (the dashed line for PSI) and chance does not explain it; then ask whether the families "
    "changed, or the way they were asked.",
    otherwise="The fields of the training rows and of the last test date were not compared.",
)
def field_drift(evaluation: Evaluation) -> str:
    """What alarms, what moved most, and what could not be told; `graduasi drift` asks the same of a later panel."""
    found = evaluation.get("field_drift")
    if not found:
        return ""
    shown = dict(list(found["fields"].items())[: max(SHOWN, sum(map(_alarms, found["fields"].values())))])
    n = f"n = {found['n_then']:,} then and {found['n_now']:,} now"
    unknown = sum(row["status"] == "not_enough_data" for row in found["fields"].values())
    known = len(found["fields"]) - unknown
    least = f"Not enough data to compare {unknown} of {len(found['fields'])} fields: {found['limits']['min_rows']:,} known values on both sides are needed (`min_rows`)."
    alarms = "".join(paragraph(f"Alarm: {sentence}.") for sentence in found["alarms"])
    caption = (
        f"Each household as the training rows of the last fold saw it last ({found['from']} to {found['through']}) against the cohort of {found['to']}, {n}; "
        f"alarms first, then what moved most: {len(shown)} of {len(found['fields'])} fields, and evaluation.json has all"
    )
    head = ("field", "n then, now", "PSI", "KS", "unknown: then", "now", "new values", "verdict")
    body = (paragraph(least, "missing") if unknown else "") + (
        alarms or (paragraph("No field alarms.") if known else "")
    )
    rows = ([name, *_cells(row)] for name, row in shown.items())
    return body + _picture(shown, found["limits"], n) + table(head, rows, caption=caption)


def _alarms(row: dict[str, Any]) -> bool:
    return bool(row["status"] == "alarm")


def _picture(fields: dict[str, dict[str, Any]], limits: dict[str, float], n: str) -> str:
    told = {name: row for name, row in fields.items() if row["psi"] is not None}
    if not told:
        return ""

    def paint(axes: Axes) -> None:
        looks = [LOOKS["alarm" if _alarms(row) else "ok"] for row in told.values()]
        names = [f"{name}: alarm" if _alarms(row) else name for name, row in told.items()]
        forest(axes, names, [row["psi"] for row in told.values()], [(None, None)] * len(told), looks=looks)
        reference(axes, limits["psi"])
        axes.set_xlim(left=0)
        axes.set_xlabel(f"PSI; the dashed line is the limit {limits['psi']:g}", loc="right")

    return draw(paint, alt=f"PSI of the {len(told)} fields that moved most, {n}.", key="fields", height=0.9 + 0.27 * len(told))  # fmt: skip


def _cells(row: dict[str, Any]) -> list[str]:
    known = f"{row['n_then']:,}, {row['n_now']:,}"
    missing = (NOTHING if row[key] is None else f"{100 * row[key]:.0f} %" for key in ("missing_then", "missing_now"))
    new = ", ".join(f"{name} {count:,}" for name, count in row["unseen"].items()) or NOTHING
    return [known, number(row["psi"], 2), number(row["ks"], 2), *missing, new, WORDS[row["status"]]]
