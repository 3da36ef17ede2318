"""What a model needs: the champion's kind fitted once more without each theme of the dictionary, judged in pairs."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.readiness.features import Feature
from graduasi_training.evaluation.folds.judged import JudgedFold, Tell
from graduasi_training.evaluation.insight.many_tests import holm, two_sided_p
from graduasi_training.evaluation.insight.put_right import put_right
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.same_kind import fit_same_kind
from graduasi_training.judging.candidate import judge_on
from graduasi_training.study.study import Study

MIN_LOSS = 0.001
"""Log loss: a smaller difference, about that of 0.002 AUC, is of no use to anyone, however certain it is."""
NO_THEME = "-"
"""Stands for the fields without a theme."""


def without_each_theme(
    study: Study, last: JudgedFold, *, settings: Settings, tell: Tell
) -> list[dict[str, Any]] | None:
    """For each theme, how much the champion's kind loses without its fields on the last test date; the largest loss first.

    `loss` is the log loss without them minus that with them, either with the level and slope of the date. The verdict on the model without
    them tests whether the difference exceeds MIN_LOSS, all themes together (Holm).
    None where all fields are of one theme.
    """
    members = fields_by_theme(study.features)
    if len(members) < 2:
        return None
    rows, values = study.training_rows(last.fold.train), study.values[last.fold.test]
    whole, figures = judge_on(put_right(last.champion, last.test), last.test, last.clusters), []
    for theme, without in members.items():
        tell(f"fitting without the theme {theme}: {len(without)} features")
        model = fit_same_kind(last.fitted, rows, study.features, settings=settings, without=without)
        keep = np.setdiff1d(np.arange(len(study.features)), without)
        judged = judge_on(put_right(model.explain(values[:, keep]).score, last.test), last.test, last.clusters)
        loss = judged.estimates["log_loss"] - whole.estimates["log_loss"]
        low, high = loss.interval()
        beyond = max(abs(loss.value) - MIN_LOSS, 0.0)
        figures.append(
            {
                "theme": theme,
                "features": len(without),
                **{"loss": loss.value, "loss_low": low, "loss_high": high},
                "auc": judged.figures["auc"],
                "p": two_sided_p(beyond, loss.error, int(loss.bears.sum())),
            }
        )
    return with_verdicts(figures)


def fields_by_theme(features: tuple[Feature, ...]) -> dict[str, npt.NDArray[np.intp]]:
    """The numbers of the features of each theme, in the order of the dictionary."""
    members: dict[str, list[int]] = {}
    for index, feature in enumerate(features):
        members.setdefault(feature.field.theme or NO_THEME, []).append(index)
    return {theme: np.array(numbers, dtype=np.intp) for theme, numbers in members.items()}


def with_verdicts(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with a verdict in place of their `p`, the largest loss first."""
    for row, is_real in zip(figures, holm(np.array([row.pop("p") for row in figures])), strict=True):
        row["verdict"] = "indistinguishable" if not is_real else "worse" if row["loss"] > 0 else "better"
    return sorted(figures, key=lambda row: -row["loss"])
