"""What else a data scientist asks: would more families help, does the model age, what does it need, whom does it miss."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, draw, paint_line
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import interval, number, rate, table, with_interval, words

SIDES = {"unlisted": "could have been listed and was not", "listed": "was listed"}


@section(
    "learning-curve",
    "Would more families have helped?",
    how="Models of the champion's kind, learned from parts of the caseloads. If the last doubling gained nothing beyond doubt, more families of this kind would hardly help, and other fields might.",
    otherwise="The learning curve was not measured in this run.",
)
def learning_curve(evaluation: Evaluation) -> str:
    """AUC by the number of families learned from, and what the others were worth."""
    points = evaluation.get("learning_curve")
    if not points:
        return ""

    def paint(axes: Axes) -> None:
        families = [point["families"] for point in points]
        paint_line(axes, families, points, ("auc", "auc_low", "auc_high"), color=BLUE, marker="o", label="AUC, 95 % interval", bars=True)  # fmt: skip
        axes.set_xscale("log")
        axes.set_xticks(families, [f"{count:,}" for count in families])
        axes.minorticks_off()
        axes.set_xlabel("families learned from", loc="right")
        axes.legend()

    alt = "AUC by families learned from: " + "; ".join(f"{point['families']:,} {interval(point, 'auc')}" for point in points)  # fmt: skip
    rows = (
        [number(point["families"]), number(point["rows"]), interval(point, "auc"), interval(point, "log_loss"), _gains(point["left"])]
        for point in points
    )  # fmt: skip
    head = ("families", "training rows", "AUC", "log loss", "gain from all the others")
    caption = "Parts of the caseloads, judged on the last test date, with 95 % intervals"
    return draw(paint, alt=alt, key="learning") + table(head, rows, caption=caption)


def _gains(rows: list[dict[str, Any]] | None) -> str:
    """Paired gains as text; a dash where there is nothing to gain on."""
    return "; ".join(
        f"{words(row['metric'])} {with_interval(row['difference'], row['low'], row['high'], signed=True, digits=4)}: {row['verdict']}"
        for row in rows or ()
    ) or number(None)


@section(
    "decay",
    "How fast the model ages",
    how="Each date's model on its own date and on later ones. If the newer model is better beyond doubt, train as often as the dates lie apart.",
    notes=("one_date",),
    otherwise="There is only one test date, so no model was judged on a later one.",
)
def decay(evaluation: Evaluation) -> str:
    """Every model on every later test date."""
    rows = evaluation.get("decay") or []
    if len(rows) < 2:
        return ""
    cells = (
        [row["model_of"], row["judged_on"], number(row["n"]), interval(row, "auc"), interval(row, "brier"), f"{row['offset']:+.2f}", _gains(row["newer"])]
        for row in rows
    )  # fmt: skip
    head = ("model of", "judged on", "n labelled", "AUC", "Brier score", "offset (log-odds)", "gain of the newer model")
    return table(head, cells, caption="Older models on newer dates, with 95 % intervals")


@section(
    "missed",
    "Who is missed",
    how="Rules found on half of the mentors and shown only if they hold on the other half. A lift of 1.5 means half as many again as forecast; a rule names a group to look at, not a cause.",
    otherwise="It was not looked for in this run.",
)
def missed(evaluation: Evaluation) -> str:
    """Groups of unlisted families that became ready, and of listed ones that did not, against the forecast."""
    report = evaluation.get("missed")
    return "".join(_side(report[side], side) for side in SIDES) if report else ""


def _side(side: dict[str, Any], name: str) -> str:
    of_whom = f"Of {side['n']:,} families, each of which {SIDES[name]}, {side['ready']:,} became ready."
    if side["rules"] is None:
        return paragraph(f"{of_whom} They are too few to look for groups.", "missing")
    if not side["rules"]:
        return paragraph(f"{of_whom} No group differs from its forecast beyond chance.")
    rows = (
        [" and ".join(rule["rule"]), number(rule["n"]), number(rule["forecast"], 0), number(rule["observed"], 0), interval(rule, "lift")]
        for rule in side["rules"]
    )  # fmt: skip
    head = ("families", "n", "ready by forecast", "ready", "lift")
    return paragraph(of_whom) + table(head, rows, caption=f"Groups whose family {SIDES[name]}, with 95 % intervals")


@section(
    "list-ranges",
    "The range told with each list",
    how="Each mentor is told how many of the families proposed can be expected to be ready; nine ranges in ten should hold. The lists of one date share its surprise, so one date alone proves little.",
    notes=("no_mentors",),
    otherwise="No list had enough families whose outcome is known.",
)
def list_ranges(evaluation: Evaluation) -> str:
    """How many of the ranges held on the last test date."""
    report = evaluation.get("list_ranges")
    if not report:
        return ""
    rows = [
        ("lists judged", number(report["mentors"])),
        ("held", f"{report['held']:,} ({rate(report['held'] / report['mentors'])}; nominal {report['nominal']:.1f})"),
        ("more ready than the range", number(report["above"])),
        ("fewer ready than the range", number(report["below"])),
        ("families a list", number(report["families"], 1)),
        ("forecast ready a list", number(report["forecast"], 1)),
        ("ready a list", number(report["observed"], 1)),
        ("mean range", f"{report['low']:.1f}\u00a0to\u00a0{report['high']:.1f}"),
        ("spread of the mentors (log-odds)", number(report["mentor_spread"], 2)),
    ]
    return table(("measure", "value"), rows, caption=f"Ranges on {evaluation['folds'][-1]['test_as_of']}")


@section(
    "themes",
    "What the model needs",
    how="The model fitted once more without each theme. Where losing a theme is indistinguishable, its questions cost visits and bring this forecast nothing.",
    notes=("not_full",),
    otherwise="The themes are left out one by one only with `--full`, and only where the dictionary has several.",
)
def themes(evaluation: Evaluation) -> str:
    """The loss without each theme."""
    rows = evaluation.get("themes")
    if not rows:
        return ""
    cells = (
        [row["theme"], number(row["features"]), with_interval(row["loss"], row["loss_low"], row["loss_high"], signed=True, digits=4), number(row["auc"]), row["verdict"]]
        for row in rows
    )  # fmt: skip
    head = ("without", "features", "log loss more", "AUC", "the model without it is")
    return table(
        head, cells, caption="Without each theme, with 95 % intervals; verdicts over all themes together (Holm)"
    )
