"""What moves the score: the package's own exact contributions, drawn by `shap`."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from graduasi.arrays import Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel
from graduasi_training.report.drawing import dots
from graduasi_training.report.section import Section, paragraph

SAMPLE_ROWS, SHOWN, DEPENDENCE = 2_000, 15, 6
KEY, TITLE = "explanations", "What moves the score"
NOT_DRAWN = "This page was made from evaluation.json alone, which holds no rows: train to draw it."
HOW = (
    "Each dot is a family on one training date: right of zero the feature raised its score, left it lowered it, and colour tells the feature's value; "
    "it says what the model saw, not what would happen if the value were changed."
)


@dataclass(frozen=True)
class ExplainedSample:
    """Feature values of a sample of families, and what each added to the margin in log-odds."""

    features: tuple[Feature, ...]
    values: Matrix
    contributions: Matrix
    base: float
    population: int


def explain_sample(model: ReadinessModel, values: Matrix, places: npt.NDArray[np.intp]) -> ExplainedSample:
    """The model's contributions for at most SAMPLE_ROWS of the rows at `places`, evenly spread."""
    sample = places[np.unique(np.linspace(0, len(places) - 1, min(SAMPLE_ROWS, len(places))).astype(np.intp))]
    found = model.explain(values[sample])
    return ExplainedSample(model.features, values[sample], found.contributions, found.base, len(places))


def explanations(explained: ExplainedSample | None) -> Section:
    """The beeswarm of all features, and how the strongest ones act."""
    if explained is None:
        return Section(KEY, TITLE, HOW, paragraph(NOT_DRAWN, "missing"))
    names = [feature.name for feature in explained.features]
    order = np.argsort(-np.abs(explained.contributions).mean(axis=0), kind="stable")
    n = f"n = {len(explained.values):,} of {explained.population:,} training rows"
    first = ", ".join(names[place] for place in order[:3])
    with _shap(explained, names) as (shap, explanation):
        swarm = dots(
            lambda figure: _beeswarm(shap, explanation, figure), height=0.9 + 0.36 * min(SHOWN, len(names)),
            alt=f"SHAP values of the model handed over, {n}. The features that move the score most: {first}.",
        )  # fmt: skip
        shown = [int(place) for place in order[:DEPENDENCE] if np.ptp(np.nan_to_num(explained.values[:, place])) > 0]
        curves = dots(
            lambda figure: _dependence(shap, explanation, shown, figure), height=2.6 * max(1, -(-len(shown) // 3)),
            alt=f"How the {len(shown)} strongest features act: contribution in log-odds against the feature's value (money as a ratio to its yardstick, a category as its place in the dictionary), {n}.",
        ) if shown else ""  # fmt: skip
    return Section(KEY, TITLE, HOW, swarm + curves + paragraph(_levers(explained)))


def _levers(explained: ExplainedSample) -> str:
    size = np.abs(explained.contributions).mean(axis=0)
    lever = np.array([feature.field.kind == "lever" for feature in explained.features])
    if not size.sum():
        return "Nothing moves the score: it is the same for every family."
    return f"{100 * size[lever].sum() / size.sum():.0f} % of what moves the score is levers (what a family or its mentor can change), the rest is context."


@contextmanager
def _shap(explained: ExplainedSample, names: list[str]) -> Iterator[tuple[Any, Any]]:
    """`shap` with our contributions as its Explanation, leaving neither warnings nor open pyplot figures behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
        from matplotlib import pyplot as plt

        before = set(plt.get_fignums())
        base = np.full(len(explained.values), explained.base)
        yield (
            shap,
            shap.Explanation(explained.contributions, base_values=base, data=explained.values, feature_names=names),
        )
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _beeswarm(shap: Any, explanation: Any, figure: Figure) -> None:
    axes = figure.add_subplot()
    shap.plots.beeswarm(
        explanation, max_display=SHOWN, ax=axes, show=False, plot_size=None, s=9, group_remaining_features=False
    )
    axes.set_xlabel("contribution to the margin (log-odds)")
    axes.tick_params(labelsize=9)


def _dependence(shap: Any, explanation: Any, shown: list[int], figure: Figure) -> None:
    columns = min(3, len(shown))
    for number, place in enumerate(shown, start=1):
        axes = figure.add_subplot(-(-len(shown) // columns), columns, number)
        shap.plots.scatter(explanation[:, place], ax=axes, show=False, dot_size=6, hist=False, color="#0b5e86")
        axes.axhline(0, color="#9aa5ab", linewidth=1, linestyle="--")
        axes.set_xlabel(explanation.feature_names[place], fontsize=8)
        axes.set_ylabel("log-odds" if number % columns == 1 or columns == 1 else "", fontsize=8)
        axes.tick_params(labelsize=7)
