"""What moves the score: the model's own exact contributions, drawn by `shap`."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from graduasi.arrays import Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel
from graduasi_training.evaluation.leaks.screen import LEAKS
from graduasi_training.judging.comparison import Evaluation
from graduasi_training.notes import notes_with_key
from graduasi_training.report.drawing import LINE_GREY, draw_png
from graduasi_training.report.section import Section, paragraph, section
from graduasi_training.report.tables import number, table
from graduasi_training.study.splits import RowIndex

SAMPLE_ROWS, SWARM_FEATURES, CURVES = 2_000, 15, 6
"""Families drawn, features in the beeswarm, and features with a curve of their own."""
KEY, TITLE = "explanations", "What moves the score"
NOT_DRAWN = "This page was made from evaluation.json alone, which holds no rows: train to draw it."
HOW = (
    "Each dot is a family on one training date: right of zero the feature raised its score, left it lowered it, and colour tells the feature's value; "
    "it says what the model saw, not what would happen if the value were changed."
)


@dataclass(frozen=True)
class ExplainedSample:
    """Feature values of a sample of families and their contributions in log-odds, both rows × features.

    `base` is the margin without contributions, `population` the number of rows that the sample was drawn from.
    """

    features: tuple[Feature, ...]
    values: Matrix
    contributions: Matrix
    base: float
    population: int


def explain_sample(model: ReadinessModel, values: Matrix, rows: RowIndex) -> ExplainedSample:
    """The contributions of at most SAMPLE_ROWS of the rows `rows` of `values`, evenly spread over them."""
    sample = rows[np.unique(np.linspace(0, len(rows) - 1, min(SAMPLE_ROWS, len(rows))).astype(np.intp))]
    explained = model.explain(values[sample])
    return ExplainedSample(model.features, values[sample], explained.contributions, explained.base, len(rows))


def explanations(explained: ExplainedSample | None) -> Section:
    """A beeswarm of the strongest features, and for the very strongest a curve of contribution against value."""
    if explained is None:
        return Section(KEY, TITLE, HOW, paragraph(NOT_DRAWN, "missing"))
    names = [feature.name for feature in explained.features]
    order = np.argsort(-np.abs(explained.contributions).mean(axis=0), kind="stable")
    n = f"n = {len(explained.values):,} of {explained.population:,} training rows"
    strongest = ", ".join(names[feature] for feature in order[:3])
    with _shap(explained, names) as (shap, explanation):
        swarm = draw_png(
            lambda figure: _paint_beeswarm(shap, explanation, figure), height=0.9 + 0.36 * min(SWARM_FEATURES, len(names)),
            alt=f"SHAP values of the model handed over, {n}. The features that move the score most: {strongest}.",
        )  # fmt: skip
        varying = [int(feature) for feature in order[:CURVES] if np.ptp(np.nan_to_num(explained.values[:, feature])) > 0]  # fmt: skip
        curves = draw_png(
            lambda figure: _paint_curves(shap, explanation, varying, figure), height=2.6 * max(1, -(-len(varying) // 3)),
            alt=f"How the {len(varying)} strongest features act: contribution in log-odds against the feature's value (money as a ratio to its yardstick, a category as its place in the dictionary), {n}.",
        ) if varying else ""  # fmt: skip
    return Section(KEY, TITLE, HOW, swarm + curves + paragraph(_share_of_levers(explained)))


@section(
    "leaks",
    "What each feature tells alone",
    how="Real fields alone reach an AUC of 0.6 to 0.75; a field that does much better holds the outcome, or was written down because of it.",
    otherwise="This run did not look at features one by one.",
)
def leaks(evaluation: Evaluation) -> str:
    """The strongest features alone on the training rows, by value and by being known, and the features that are too good."""
    screened = evaluation.get("leaks")
    if not screened or not screened["features"]:
        return ""
    head = ("feature", "n known", "AUC alone (95 % from)", "AUC of its being known (95 % from)")
    rows = [
        [alone["feature"], number(alone["rows"]), *(_from(alone, key) for key in ("auc", "auc_unknown"))]
        for alone in screened["features"]
    ]
    found = notes_with_key(evaluation.get("notes", ()), LEAKS)
    said = [note["text"] for note in found] or ["No feature is too good to be true."]
    fold = evaluation["folds"][-1]
    if (unseen := fold.get("household_disjoint_auc")) is not None:
        known = fold["candidates"]["champion"]["auc"]
        said.append(f"The champion's AUC is {known:.3f}; of models that never saw the household, {unseen:.3f}.")
    caption = "The strongest features, each alone on the rows that the last test date learned from; 0.5 is chance"
    return "".join(map(paragraph, said)) + table(head, rows, caption=caption)


def _from(alone: dict[str, Any], key: str) -> str:
    return f"{number(alone[key])} ({number(alone[f'{key}_low'])})"


def _share_of_levers(explained: ExplainedSample) -> str:
    size = np.abs(explained.contributions).mean(axis=0)
    is_lever = np.array([feature.field.kind == "lever" for feature in explained.features])
    if not size.sum():
        return "Nothing moves the score: it is the same for every family."
    return f"{100 * size[is_lever].sum() / size.sum():.0f} % of what moves the score is levers (what a family or its mentor can change), the rest is context."


@contextmanager
def _shap(explained: ExplainedSample, names: list[str]) -> Iterator[tuple[Any, Any]]:
    """The module `shap`, and the contributions as its Explanation. Its warnings are silenced, its pyplot figures closed afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
        from matplotlib import pyplot as plt

        open_before = set(plt.get_fignums())
        base = np.full(len(explained.values), explained.base)
        yield (
            shap,
            shap.Explanation(explained.contributions, base_values=base, data=explained.values, feature_names=names),
        )
        for number in set(plt.get_fignums()) - open_before:
            plt.close(number)


def _paint_beeswarm(shap: Any, explanation: Any, figure: Figure) -> None:
    axes = figure.add_subplot()
    shap.plots.beeswarm(
        explanation,
        max_display=SWARM_FEATURES,
        ax=axes,
        show=False,
        plot_size=None,
        s=9,
        group_remaining_features=False,
    )
    axes.set_xlabel("contribution to the margin (log-odds)")
    axes.tick_params(labelsize=9)


def _paint_curves(shap: Any, explanation: Any, features: list[int], figure: Figure) -> None:
    columns = min(3, len(features))
    for place, feature in enumerate(features, start=1):
        axes = figure.add_subplot(-(-len(features) // columns), columns, place)
        shap.plots.scatter(explanation[:, feature], ax=axes, show=False, dot_size=6, hist=False, color="#0b5e86")
        axes.axhline(0, color=LINE_GREY, linewidth=1, linestyle="--")
        axes.set_xlabel(explanation.feature_names[feature], fontsize=8)
        axes.set_ylabel("log-odds" if place % columns == 1 or columns == 1 else "", fontsize=8)
        axes.tick_params(labelsize=7)
