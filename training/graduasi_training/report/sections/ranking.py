"""How well the candidates rank families, and what the champion gains over each of the others."""

from typing import Any

from matplotlib.axes import Axes

from graduasi_training.judging.candidate import HEADLINES
from graduasi_training.judging.comparison import Evaluation, Rows, comparisons_with_others
from graduasi_training.report.drawing import BLUE, GREY, VERDICTS, draw, paint_forest, paint_reference_line
from graduasi_training.report.section import paragraph, section
from graduasi_training.report.tables import DASH, candidate_name, interval, rate_digits, table, with_interval, words

FOUR_DECIMALS = ("brier", "log_loss")
"""Metrics whose gains are so small that they need a fourth decimal."""


@section(
    "ranking",
    "Ranking, against candidates and baselines",
    how="Further right is better; two candidates whose intervals overlap may still differ, so decide by the gains above.",
    otherwise="No candidate was judged.",
)
def candidates(evaluation: Evaluation) -> str:
    """AUC of every candidate and baseline on the last test date, and all their headline figures."""
    fold = evaluation["folds"][-1]
    figures, date_and_sizes = fold["candidates"], _date_and_sizes(fold)

    def paint(axes: Axes) -> None:
        ends = [(row["auc_low"], row["auc_high"]) for row in figures.values()]
        looks = [(GREY, "s") if name.startswith("baseline:") else (BLUE, "o") for name in figures]
        paint_forest(
            axes,
            [candidate_name(name) for name in figures],
            [row["auc"] for row in figures.values()],
            ends,
            looks=looks,
        )
        paint_reference_line(axes, 0.5)
        axes.set_xlabel("AUC, 95 % interval; the dashed line is chance", loc="right")

    alt = f"AUC of {len(figures)} candidates and baselines {date_and_sizes}. The champion has {interval(figures['champion'], 'auc')}."
    picture = draw(paint, alt=alt, key="auc", height=0.9 + 0.3 * len(figures))
    head = ("candidate", *(words(key) for key in HEADLINES))
    rows = ([candidate_name(name), *(interval(row, key) for key in HEADLINES)] for name, row in figures.items())
    caption = f"All headline figures {date_and_sizes}, with 95 % intervals where they are estimated"
    return picture + table(head, rows, caption=caption) + _unseen(fold)


def _unseen(fold: dict[str, Any]) -> str:
    """How the champion's kind of model ranks families that it did not learn from; nothing in an older evaluation."""
    if fold.get("household_disjoint_auc") is None:
        return ""
    return paragraph(
        f"Among families of which it learned no earlier row, a model of the champion's kind has AUC {interval(fold, 'household_disjoint_auc')}. "
        "Far below the champion's, it says that the champion knows families by heart."
    )


@section(
    "gains",
    "Gains over each baseline and candidate",
    how="Right of zero the champion is better, whatever the metric; a gain whose interval holds zero is called indistinguishable: "
    "do not tell anyone that one of the two is better.",
    otherwise="Nothing could be compared in pairs.",
)
def gains(evaluation: Evaluation) -> str:
    """The champion's paired gains in each metric: on the last date, as the mean over all folds, and over the version in service."""
    rows, fold = comparisons_with_others(evaluation, "comparison"), evaluation["folds"][-1]
    body = "".join(_picture(rows, metric, fold) for metric in ("auc", evaluation["primary_metric"]))
    if rows:
        body += _table(rows, f"Gains of the champion, paired by mentor or household, {_date_and_sizes(fold)}")
    pooled = comparisons_with_others(evaluation, "comparison_pooled")
    if pooled:
        dates = ", ".join(f"{each['test_as_of']} (n = {each['labelled_rows']:,})" for each in evaluation["folds"])
        body += _table(pooled, f"The same as the mean over the test dates {dates}, paired in the same way")
    return body + _incumbent(evaluation.get("incumbent") or {}) if body else ""


def _date_and_sizes(fold: dict[str, Any]) -> str:
    """The test date and the numbers of families that the figures rest on."""
    listed = fold["candidates"]["champion"].get("listed_labelled")
    at_quota = "" if listed is None else f" (at quota {listed:,} listed and labelled)"
    return f"on {fold['test_as_of']}, n = {fold['labelled_rows']:,} labelled{at_quota}"


def _picture(rows: Rows, metric: str, fold: dict[str, Any]) -> str:
    rows = [row for row in rows if row["metric"] == metric]
    if not rows:
        return ""

    def paint(axes: Axes) -> None:
        names = [f"{candidate_name(row['against'])}: {row['verdict']}" for row in rows]
        looks = [VERDICTS[row["verdict"]] for row in rows]
        ends = [(row["low"], row["high"]) for row in rows]
        paint_forest(axes, names, [row["difference"] for row in rows], ends, looks=looks)
        paint_reference_line(axes, 0)
        axes.set_xlabel(f"gain in {words(metric)}, 95 % interval", loc="right")

    alt = f"Gain of the champion in {words(metric)} over {len(rows)} others {_date_and_sizes(fold)}."
    return draw(paint, alt=alt, key=f"gain-{metric}", height=0.9 + 0.3 * len(rows))


def _table(rows: Rows, caption: str) -> str:
    """A table with a row for each other candidate and a column for each metric."""
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    cells = {(row["against"], row["metric"]): _gain(row) for row in rows}
    names = dict.fromkeys(row["against"] for row in rows)
    table_rows = ([candidate_name(name), *(cells.get((name, metric), DASH) for metric in metrics)] for name in names)
    return table(("against", *map(words, metrics)), table_rows, caption=f"{caption}; 95 % intervals")


def _gain(row: dict[str, Any]) -> str:
    digits = 4 if row["metric"] in FOUR_DECIMALS else 3
    return f"{with_interval(row['difference'], row['low'], row['high'], signed=True, digits=digits)} {row['verdict']}"


def _incumbent(incumbent: dict[str, Any]) -> str:
    """The gains over the version in service, or why the two were not compared."""
    note = incumbent.get("note")
    if not incumbent.get("comparison"):
        return paragraph(f"Not compared with a version in service: {note or 'none was given'}.", "missing")
    caption = f"Against version {incumbent['version']}, which serves now; {note}"
    return _table(incumbent["comparison"], caption)


def verdicts(evaluation: Evaluation) -> str:
    """A sentence for each metric on the others that the champion is better than, worse than, or indistinguishable from."""
    sentences = ""
    for metric in ("auc", evaluation["primary_metric"]):
        by_verdict: dict[str, list[str]] = {verdict: [] for verdict in VERDICTS}
        for row in comparisons_with_others(evaluation, "comparison"):
            if row["metric"] == metric:
                by_verdict[row["verdict"]].append(candidate_name(row["against"]))
        parts = [
            f"{verdict} {'from' if verdict == 'indistinguishable' else 'than'} {', '.join(names)}"
            for verdict, names in by_verdict.items()
            if names
        ]
        if parts:
            sentences += paragraph(f"By {words(metric)} the champion is {'; '.join(parts)}.")
    return sentences


def headline(evaluation: Evaluation) -> str:
    """How well the run did on the latest test date, in two sentences."""
    fold, primary = evaluation["folds"][-1], evaluation["primary_metric"]
    figures = fold["candidates"]["champion"]
    listed = figures.get("listed_labelled") if primary == "precision_at_quota" else None
    at_quota = f", n = {listed:,} listed and labelled" if listed is not None else ""
    return (
        f"On {fold['test_as_of']}, the latest day with known outcomes, {fold['labelled_rows']:,} families of the cohort had a label and "
        f"{100 * fold['base_rate']:.{rate_digits(fold['base_rate']) - 2}f} % of them met it. The procedure reached AUC {interval(figures, 'auc')} and "
        f"{words(primary)} {interval(figures, primary)}{at_quota}."
    )
