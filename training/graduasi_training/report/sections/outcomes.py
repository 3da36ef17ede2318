"""Outcomes that are known only for some: other labels, labels selected by mentors, and relapse after graduating."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.evaluation.interval_check import bins_that_hold
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, GREEN, GREY, draw
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import DASH, bounds, interval, number, rate, table, words

ESTIMATES = (("naive", GREY, "s"), ("weighted", BLUE, "o"), ("truth", GREEN, "D"))
"""The keys of the estimates, each with its colour and marker."""


@section(
    "other-labels",
    "Other labels",
    how="The champion learned the first label; here its ranking is judged by what else the programme could mean by ready.",
    otherwise="The programme declares one label only.",
)
def other_labels(evaluation: Evaluation) -> str:
    """The same ranking, judged by the programme's other labels."""
    by_label = evaluation.get("other_labels")
    if not by_label:
        return ""
    primary = evaluation["primary_metric"]
    head = ("label", "test date", "n", "base rate", "known by", "competing exits", "AUC", words(primary))
    caption = "Champion on the latest test date on which the label has matured, with 95 % intervals"
    return table(head, ([words(name), *_cells(row, primary)] for name, row in by_label.items()), caption=caption)


def _cells(row: dict[str, Any], primary: str) -> list[str]:
    if "note" in row:
        return [DASH, number(row["n"]), row["note"], *[DASH] * 4]
    competing = ", ".join(f"{words(event)} {count:,}" for event, count in row["competing"].items()) or DASH
    champion = row["champion"]
    return [
        row["test_as_of"], number(row["n"]), rate(row["base_rate"]), row["known_by"], competing, interval(champion, "auc"),
        interval(champion, primary),
    ]  # fmt: skip


@section(
    "selective",
    "Selective labels",
    how="Who has a label is itself selected: the naive figure uses only the seen, the weighted one lets each stand for the unseen like it, the bar is what can be "
    "said without that assumption, and the diamond is the truth where the data are simulated. The weighted one has an interval only where nearly all of the list has "
    "likes among the seen and the weights make the two alike.",
    notes=("selective",),
    otherwise="Selective labels were not estimated in this run.",
)
def selective_labels(evaluation: Evaluation) -> str:
    """The naive and the weighted estimate of each label with their bounds, and the truth where the data are simulated."""
    selective = evaluation.get("selective_labels")
    if not selective:
        return ""
    by_label = selective["by_label"]
    head = (
        "label", "test date", "n seen of listed", "naive", "weighted", "seldom seen", "furthest apart, before and after weighting", "bounds", "truth",
    )  # fmt: skip
    rows = (
        [words(name), row.get("test_as_of", DASH), f"{row['n']:,} of {row.get('listed', 0):,}",
         interval(row, "naive"), interval(row, "weighted"), *_likeness(row), bounds(row.get("bounds")), interval(row, "truth")]
        for name, row in by_label.items()
    )  # fmt: skip
    caption = f"Estimates of {words(selective['metric'])} by label, with 95 % intervals"
    body = _selective_picture(by_label) + table(head, rows, caption=caption)
    body += "".join(
        paragraph(f"{words(name)}: {row['note']['text']}.", "missing")
        for name, row in by_label.items()
        if "note" in row
    )
    if all(row.get("truth") is None for row in by_label.values()):
        body += paragraph("The truth is known only for simulated families, and was not given here.", "missing")
    return body


def _likeness(row: dict[str, Any]) -> tuple[str, str]:
    """The share of the list that is seldom seen, and how far the seen lie from the list; dashes where nothing was estimated."""
    positivity, balance = row.get("positivity"), row.get("balance")
    if not positivity or not balance:
        return DASH, DASH
    seldom = f"{positivity['small_share']:.0%} (chances {positivity['smallest']:.2f}\u00a0to\u00a0{positivity['largest']:.2f})"
    return seldom, f"{balance['before']:.2f} and {balance['after']:.2f} sd"


def _selective_picture(by_label: dict[str, dict[str, Any]]) -> str:
    drawn = {name: row for name, row in by_label.items() if row.get("bounds")}
    if not drawn:
        return ""

    def paint(axes: Axes) -> None:
        for index, row in enumerate(drawn.values()):
            axes.plot(row["bounds"], [index, index], color=BLUE, alpha=0.25, linewidth=18, solid_capstyle="butt")
        for step, (key, colour, marker) in enumerate(ESTIMATES):
            at_height = {index + 0.2 * (step - 1): row for index, row in enumerate(drawn.values()) if row[key] is not None}  # fmt: skip
            if not at_height:
                continue
            heights = list(at_height)
            value, low, high = (
                np.array([row[f"{key}{end}"] for row in at_height.values()], dtype=float)
                for end in ("", "_low", "_high")
            )
            axes.hlines(heights, low, high, color=colour, linewidth=1.4)
            axes.plot(value, heights, marker, color=colour, label=key)
        axes.set_yticks(range(len(drawn)), [words(name) for name in drawn])
        axes.set_ylim(len(drawn) - 0.5, -0.5)
        axes.set_xlabel("share of the list that is ready by this label; lines: 95 % interval", loc="right")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))

    alt = "Naive and weighted estimates with bounds: " + "; ".join(
        f"{words(name)} (n = {row['n']:,} seen) naive {interval(row, 'naive')}, weighted {interval(row, 'weighted')}, bounds {bounds(row['bounds'])}, "
        f"truth {interval(row, 'truth')}"
        for name, row in drawn.items()
    )
    return draw(paint, alt=alt + ".", key="selective", height=1.2 + 0.6 * len(drawn))


@section(
    "relapse",
    "Relapse risk",
    how="It learned from graduates only, so it is null for a family unlike any graduate; it ranks at all only if the interval of its AUC lies above 0.5, "
    "and its Brier score should be below that of giving all the same.",
    notes=("relapse_no_events", "relapse_few", "relapse_not_judged"),
    otherwise="Too few graduates could be followed to learn a relapse risk.",
)
def relapse(evaluation: Evaluation) -> str:
    """How well the second score, the relapse risk, ranks later graduates by who needed aid again."""
    figures = evaluation.get("relapse") or {}
    if figures.get("auc") is None:
        return ""
    bins = figures["intervals"]["bins"]
    rows = [
        ("needed aid again", rate(figures["base_rate"])),
        ("mean forecast of the risk", number(figures["mean_risk"])),
        ("AUC (95 % interval)", interval(figures, "auc")),
        ("Brier score of the risk", number(figures["brier"])),
        ("Brier score of giving all the earlier rate", number(figures["brier_prior"])),
        ("bins in which the interval of the risk held", f"{bins_that_hold(bins)} of {len(bins)}"),
        ("unlike any graduate, so without a risk", number(figures["unlike"])),
    ]
    caption = (
        f"Learned from {figures['train_rows']:,} earlier graduates, judged on the n = {figures['n']:,} who graduated since {figures['from']}; "
        f"the risk that is handed over learned from all {figures['graduates']:,}"
    )
    return table(("measure", "value"), rows, caption=caption) + (
        paragraph(figures["note"]["text"]) if "note" in figures else ""
    )
