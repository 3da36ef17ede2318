"""Outcomes that are seen only in part: other labels, labels selected by mentors, and relapse after graduating."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.report.drawing import BLUE, GREEN, GREY, ORANGE, draw
from graduasi_training.report.section import Section, missing, paragraph
from graduasi_training.report.tables import interval, number, table, words

ESTIMATES = (("naive", GREY, "s"), ("weighted", BLUE, "o"), ("truth", GREEN, "D"))


def other_labels(evaluation: dict[str, Any]) -> Section:
    """The same ranking, judged by the programme's other labels."""
    found = evaluation.get("other_labels") or {}
    how = "The champion learned the first label; here its ranking of the same cohort is judged by what else the programme could mean by ready."
    title = "Other labels"
    if not found:
        return Section(
            "other-labels", title, how, missing(evaluation, ("other labels",), "The programme declares one label only.")
        )
    head = ("label", "n", "base rate", "known by", "competing exits", "AUC", "precision at quota")
    rows = ([words(name), number(row["n"]), *_other(row)] for name, row in found.items())
    return Section(
        "other-labels",
        title,
        how,
        table(head, rows, caption="Champion on the last test date, by label, with 95 % intervals"),
    )


def _other(row: dict[str, Any]) -> list[str]:
    if "note" in row:
        return [number(row.get("base_rate")), str(row.get("known_by") or "–"), "–", row["note"], "–"]
    competing = ", ".join(f"{words(event)} {count:,}" for event, count in (row.get("competing") or {}).items()) or "–"
    champion = row.get("champion") or {}
    return [
        number(row.get("base_rate")),
        str(row.get("known_by") or "–"),
        competing,
        interval(champion, "auc"),
        interval(champion, "precision_at_quota"),
    ]


def selective_labels(evaluation: dict[str, Any]) -> Section:
    """Naive and corrected estimates side by side, with their bounds; the truth where the data are simulated."""
    found = evaluation.get("selective_labels")
    how = (
        "Who has a label is itself selected: the naive figure uses only the seen, the weighted one lets each stand for the unseen like it, the bar is what can be "
        "said without that assumption, and the diamond is the truth where the data are simulated."
    )
    title = "Selective labels"
    if not found:
        body = missing(evaluation, ("selective",), "Selective labels were not estimated in this run.")
        return Section("selective", title, how, body)
    by_label = {**{found.get("label", "first label"): found}, **(found.get("by_label") or {})}
    told = {name: row for name, row in by_label.items() if any(row.get(key) is not None for key, *_ in ESTIMATES)}
    picture = _selective_picture(told) if told else ""
    head = ("label", "metric", "n seen", "naive", "weighted", "bounds", "truth", "note")
    rows = (
        [words(name), words(str(row.get("metric", found.get("metric", "")))), number(row.get("n", row.get("labelled"))), interval(row, "naive"), interval(row, "weighted"),
         _bounds(row.get("bounds")), number(row.get("truth")), str(row.get("note", ""))]
        for name, row in by_label.items()
    )  # fmt: skip
    truth = any(row.get("truth") is not None for row in by_label.values())
    body = picture + table(head, rows, caption="Estimates by label")
    body += (
        "" if truth else paragraph("The truth is known only for simulated families, and was not given here.", "missing")
    )
    return Section("selective", title, how, body)


def _bounds(found: Any) -> str:
    return "–" if not found or None in found else f"{found[0]:.3f} to {found[1]:.3f}"


def _selective_picture(told: dict[str, dict[str, Any]]) -> str:
    def paint(axes: Axes) -> None:
        for place, row in enumerate(told.values()):
            if _bounds(row.get("bounds")) != "–":
                axes.plot(row["bounds"], [place, place], color=BLUE, alpha=0.25, linewidth=9, solid_capstyle="butt")
            for key, colour, mark in ESTIMATES:
                if row.get(key) is not None:
                    axes.plot([row[key]], [place], mark, color=colour, label=key if place == 0 else None)
        axes.set_yticks(range(len(told)), [words(name) for name in told])
        axes.set_ylim(len(told) - 0.5, -0.5)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))

    alt = "Naive and weighted estimates with bounds: " + "; ".join(
        f"{words(name)} naive {number(row.get('naive'))}, weighted {number(row.get('weighted'))}, bounds {_bounds(row.get('bounds'))}, truth {number(row.get('truth'))}"
        for name, row in told.items()
    )
    return draw(paint, alt=alt + ".", key="selective", height=1.0 + 0.4 * len(told))


def relapse(evaluation: dict[str, Any]) -> Section:
    """The second score: of those who graduated, who needed aid again within twelve months."""
    found = evaluation.get("relapse")
    how = "It learned from graduates only, so it is null for a family unlike any graduate; it tells something only if its Brier score is below that of the base rate and the interval of its AUC lies above 0.5."
    title = "Relapse risk"
    if not found:
        return Section(
            "relapse",
            title,
            how,
            missing(evaluation, ("relapse",), "Too few graduates could be followed to learn a relapse risk."),
        )
    if found.get("auc") is None:
        return Section(
            "relapse",
            title,
            how,
            paragraph(found.get("note") or "There were too few graduates to judge it on.", "missing"),
        )
    better = (found.get("auc_low") or 0) > 0.5 and (found.get("brier") or 1) < (found.get("brier_prior") or 0)

    def paint(axes: Axes) -> None:
        values = [found.get("brier"), found.get("brier_prior")]
        axes.barh(
            ["relapse risk", "base rate for all"], [value or 0 for value in values], color=[BLUE, ORANGE], height=0.5
        )
        axes.set_xlabel(f"Brier score, lower is better; n = {found['n']:,} graduates")

    alt = (
        f"Relapse risk among {found['n']:,} graduates, of whom {number(found.get('base_rate'))} needed aid again: AUC {interval(found, 'auc')}, Brier score "
        f"{number(found.get('brier'))} against {number(found.get('brier_prior'))} for the base rate alone. It {'tells something' if better else 'is not shown to tell more than the base rate'}."
    )
    return Section("relapse", title, how, draw(paint, alt=alt, key="relapse", height=1.8))
