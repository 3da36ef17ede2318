"""How fast a model ages: the champion of each test date judged on that date and on every later one."""

from typing import Any

import numpy as np

from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.fitting.offsets import offset
from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.comparison import compare
from graduasi_training.judging.metrics import log_odds
from graduasi_training.study.study import Study

FIGURES = ("auc", "auc_low", "auc_high", "brier", "brier_low", "brier_high")
METRICS = ("auc", "brier")


def decay(study: Study, folds: list[JudgedFold]) -> list[dict[str, Any]]:
    """One row for each model and each test date from its own on, the oldest model first.

    `offset` is what would have to be added to its margins on that date. `newer` is how much better the model of that date
    itself is, in pairs on the same families; null on a model's own date.
    """
    return [_row(study, made, judged) for made in folds for judged in folds if judged.fold.day >= made.fold.day]


def _row(study: Study, made: JudgedFold, judged: JudgedFold) -> dict[str, Any]:
    own = made is judged
    score = judged.champion if own else made.fitted.champion.explain(study.values[judged.fold.test]).score
    figures = judged.judged["champion"] if own else judge_on(score, judged.test, judged.clusters)
    known = judged.test.labelled
    newer = [row for name in METRICS for row in compare(judged.judged["champion"], {"older": figures}, name)]
    return {
        "model_of": made.date,
        "judged_on": judged.date,
        "age_days": judged.fold.day - made.fold.day,
        "n": int(np.count_nonzero(known)),
        **{name: figures.figures[name] for name in FIGURES},
        "offset": offset(log_odds(score[known]), judged.test.y[known]).value,
        "newer": None if own else newer,
    }
