"""How the candidates rank families, and what the champion gains over each of the others."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.judging import HEADLINES
from graduasi_training.report.drawing import BLUE, GREY, VERDICTS, draw, forest, reference
from graduasi_training.report.section import Section, missing, paragraph
from graduasi_training.report.tables import interval, label, number, spread, table, words

VERDICT_ORDER = ("better", "indistinguishable", "worse")


def candidates(evaluation: dict[str, Any]) -> Section:
    """AUC of every candidate and baseline on the last test date, and all their headline figures."""
    fold = evaluation["folds"][-1]
    figures = {name: row for name, row in fold["candidates"].items() if row.get("auc") is not None}
    n, day = fold.get("labelled_rows", 0), fold["test_as_of"]

    def paint(axes: Axes) -> None:
        ends = [(row.get("auc_low"), row.get("auc_high")) for row in figures.values()]
        looks = [(GREY, "s") if name.startswith("baseline:") else (BLUE, "o") for name in figures]
        forest(axes, [label(name) for name in figures], [row["auc"] for row in figures.values()], ends, looks=looks)
        reference(axes, 0.5)
        axes.set_xlabel(f"AUC on {day}, 95 % interval, n = {n:,}; the dashed line is chance")

    alt = f"AUC on {day} of {len(figures)} candidates and baselines, n = {n:,}. " + _leader(figures)
    picture = draw(paint, alt=alt, key="auc", height=0.9 + 0.3 * len(figures))
    head = ("candidate", *(words(key) for key in HEADLINES))
    rows = ([label(name), *(interval(row, key) for key in HEADLINES)] for name, row in fold["candidates"].items())
    caption = f"All headline figures on {day}, n = {n:,} labelled, with 95 % intervals where they are estimated"
    how = "Further right is better; two candidates whose intervals overlap may still differ, so decide by the gains above."
    return Section(
        "ranking", "Ranking, against candidates and baselines", how, picture + table(head, rows, caption=caption)
    )


def _leader(figures: dict[str, Any]) -> str:
    champion = figures.get("champion")
    return "" if champion is None else f"The champion has {interval(champion, 'auc')}."


def gains(evaluation: dict[str, Any]) -> Section:
    """Champion minus other, paired, for each metric, with the verdict in words."""
    rows, fold = evaluation.get("comparison") or [], evaluation["folds"][-1]
    body = "" if rows else missing(evaluation, ("comparison",), "Nothing could be compared in pairs.")
    for metric in dict.fromkeys(row["metric"] for row in rows):
        body += _gain_picture([row for row in rows if row["metric"] == metric], metric, fold)
    if rows:
        told = ([label(r["against"]), words(r["metric"]), *_difference(r)] for r in rows)
        caption = f"Champion minus the other, on the same resamples of {fold['test_as_of']}, n = {fold.get('labelled_rows', 0):,}"
        body += table(("against", "metric", "difference (95 % interval)", "verdict"), told, caption=caption)
    body += _incumbent(evaluation.get("incumbent"))
    how = "A gain whose interval holds zero is called indistinguishable: do not tell anyone that one of the two is better."
    return Section("gains", "Gains over each baseline and candidate", how, body)


def _difference(row: dict[str, Any]) -> tuple[str, str]:
    return spread(row["difference"], row["low"], row["high"], signed=True), row["verdict"]


def verdicts(evaluation: dict[str, Any]) -> str:
    """One sentence a metric: than which others the champion is better, and than which it cannot be told apart."""
    said = ""
    for metric in dict.fromkeys(row["metric"] for row in evaluation.get("comparison") or []):
        chosen = [row for row in evaluation["comparison"] if row["metric"] == metric]
        parts = []
        for verdict in VERDICT_ORDER:
            names = ", ".join(label(row["against"]) for row in chosen if row["verdict"] == verdict)
            if names:
                parts.append(f"{verdict} {'from' if verdict == 'indistinguishable' else 'than'} {names}")
        said += paragraph(f"By {words(metric)} the champion is {'; '.join(parts)}.")
    return said


def _gain_picture(rows: list[dict[str, Any]], metric: str, fold: dict[str, Any]) -> str:
    def paint(axes: Axes) -> None:
        names = [f"{label(row['against'])}: {row['verdict']}" for row in rows]
        looks = [VERDICTS[row["verdict"]] for row in rows]
        forest(
            axes, names, [row["difference"] for row in rows], [(row["low"], row["high"]) for row in rows], looks=looks
        )
        reference(axes, 0)
        axes.set_xlabel(f"{words(metric)} of the champion minus the other's, 95 % interval")

    alt = f"Gain in {words(metric)} of the champion over {len(rows)} others on {fold['test_as_of']}, n = {fold.get('labelled_rows', 0):,}."
    return draw(paint, alt=alt, key=f"gain-{metric}", height=0.9 + 0.3 * len(rows))


def _incumbent(found: Any) -> str:
    rows = found.get("comparison", []) if isinstance(found, dict) else found
    if not rows:
        return paragraph("It was not compared with a version that serves now.", "missing") if found is None else ""
    told = ([words(row["metric"]), *_difference(row)] for row in rows if row.get("difference") is not None)
    return table(
        ("metric", "difference (95 % interval)", "verdict"), told, caption="Against the version that serves now"
    )


def headline(evaluation: dict[str, Any]) -> str:
    """The run in a sentence or two."""
    fold, primary = evaluation["folds"][-1], evaluation["primary_metric"]
    figures = fold["candidates"]["champion"]
    listed = figures.get("listed_labelled") if primary == "precision_at_quota" else None
    by = f", n = {listed:,} listed and labelled" if listed is not None else ""
    return (
        f"On {fold['test_as_of']}, the latest day with known outcomes, {fold.get('labelled_rows', 0):,} families of the cohort had a label and "
        f"{number(fold['base_rate'])} of them met it. The procedure reached AUC {interval(figures, 'auc')} and "
        f"{words(primary)} {interval(figures, primary)}{by}."
    )
