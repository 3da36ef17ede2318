"""Outcomes that are seen only in part: other labels, labels selected by mentors, and relapse after graduating."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from graduasi_training.evaluation.interval_check import bins_that_hold
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.report.drawing import BLUE, GREEN, GREY, draw
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import NOTHING, bounds, interval, number, rate, table, words

ESTIMATES = (("naive", GREY, "s"), ("weighted", BLUE, "o"), ("truth", GREEN, "D"))


@section(
    "other-labels",
    "Other labels",
    how="The champion learned the first label; here its ranking is judged by what else the programme could mean by ready.",
    otherwise="The programme declares one label only.",
)
def other_labels(evaluation: Evaluation) -> str:
    """The same ranking, judged by the programme's other labels."""
    found = evaluation.get("other_labels")
    if not found:
        return ""
    primary = evaluation["primary_metric"]
    head = ("label", "test date", "n", "base rate", "known by", "competing exits", "AUC", words(primary))
    caption = "Champion on the latest test date on which the label has matured, with 95 % intervals"
    return table(head, ([words(name), *_other(row, primary)] for name, row in found.items()), caption=caption)


def _other(row: dict[str, Any], primary: str) -> list[str]:
    if "note" in row:
        return [NOTHING, number(row["n"]), row["note"], *[NOTHING] * 4]
    competing = ", ".join(f"{words(event)} {count:,}" for event, count in row["competing"].items()) or NOTHING
    champion = row["champion"]
    return [
        row["test_as_of"], number(row["n"]), rate(row["base_rate"]), row["known_by"], competing, interval(champion, "auc"),
        interval(champion, primary),
    ]  # fmt: skip


@section(
    "selective",
    "Selective labels",
    how="Who has a label is itself selected: the naive figure uses only the seen, the weighted one lets each stand for the unseen like it, the bar is what can be "
    "said without that assumption, and the diamond is the truth where the data are simulated.",
    notes=("selective",),
    otherwise="Selective labels were not estimated in this run.",
)
def selective_labels(evaluation: Evaluation) -> str:
    """Naive and corrected estimates side by side, with their bounds; the truth where the data are simulated."""
    found = evaluation.get("selective_labels")
    if not found:
        return ""
    by_label = found["by_label"]
    head = ("label", "test date", "n seen of listed", "naive", "weighted", "bounds", "truth")
    rows = (
        [words(name), row.get("test_as_of", NOTHING), f"{row['n']:,} of {row.get('listed', 0):,}",
         interval(row, "naive"), interval(row, "weighted"), bounds(row.get("bounds")), interval(row, "truth")]
        for name, row in by_label.items()
    )  # fmt: skip
    caption = f"Estimates of {words(found['metric'])} by label, with 95 % intervals"
    body = _selective_picture(by_label) + table(head, rows, caption=caption)
    body += "".join(
        paragraph(f"{words(name)}: {row['note']}.", "missing") for name, row in by_label.items() if "note" in row
    )
    if all(row.get("truth") is None for row in by_label.values()):
        body += paragraph("The truth is known only for simulated families, and was not given here.", "missing")
    return body


def _selective_picture(by_label: dict[str, dict[str, Any]]) -> str:
    told = {name: row for name, row in by_label.items() if row.get("bounds")}
    if not told:
        return ""

    def paint(axes: Axes) -> None:
        for place, row in enumerate(told.values()):
            axes.plot(row["bounds"], [place, place], color=BLUE, alpha=0.25, linewidth=18, solid_capstyle="butt")
        for step, (key, colour, mark) in enumerate(ESTIMATES):
            known = [(place + 0.2 * (step - 1), row) for place, row in enumerate(told.values()) if row[key] is not None]
            if not known:
                continue
            heights = [height for height, _ in known]
            value, low, high = (
                np.array([row[f"{key}{end}"] for _, row in known], dtype=float) for end in ("", "_low", "_high")
            )
            axes.hlines(heights, low, high, color=colour, linewidth=1.4)
            axes.plot(value, heights, mark, color=colour, label=key)
        axes.set_yticks(range(len(told)), [words(name) for name in told])
        axes.set_ylim(len(told) - 0.5, -0.5)
        axes.set_xlabel("share of the list that is ready by this label; lines: 95 % interval", loc="right")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))

    alt = "Naive and weighted estimates with bounds: " + "; ".join(
        f"{words(name)} (n = {row['n']:,} seen) naive {interval(row, 'naive')}, weighted {interval(row, 'weighted')}, bounds {bounds(row['bounds'])}, "
        f"truth {interval(row, 'truth')}"
        for name, row in told.items()
    )
    return draw(paint, alt=alt + ".", key="selective", height=1.2 + 0.6 * len(told))


@section(
    "relapse",
    "Relapse risk",
    how="It learned from graduates only, so it is null for a family unlike any graduate; it ranks at all only if the interval of its AUC lies above 0.5, "
    "and its Brier score should be below that of giving all the same.",
    notes=("relapse_no_events", "relapse_few", "relapse_not_judged"),
    otherwise="Too few graduates could be followed to learn a relapse risk.",
)
def relapse(evaluation: Evaluation) -> str:
    """The second score: of those who graduated, who needed aid again."""
    found = evaluation.get("relapse") or {}
    if found.get("auc") is None:
        return ""
    bins = found["intervals"]["bins"]
    rows = [
        ("needed aid again", rate(found["base_rate"])),
        ("mean forecast of the risk", number(found["mean_risk"])),
        ("AUC (95 % interval)", interval(found, "auc")),
        ("Brier score of the risk", number(found["brier"])),
        ("Brier score of giving all the earlier rate", number(found["brier_prior"])),
        ("bins in which the interval of the risk held", f"{bins_that_hold(bins)} of {len(bins)}"),
        ("unlike any graduate, so without a risk", number(found["unlike"])),
    ]
    caption = (
        f"Learned from {found['train_rows']:,} earlier graduates, judged on the n = {found['n']:,} who graduated since {found['from']}; "
        f"the risk that is handed over learned from all {found['graduates']:,}"
    )
    return table(("measure", "value"), rows, caption=caption) + (paragraph(found["note"]) if "note" in found else "")
