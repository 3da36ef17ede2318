"""Would more families have helped? The champion's kind fitted to parts of the caseloads, judged on the last test date."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.evaluation.insight.put_right import put_right
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.same_kind import fit_same_kind
from graduasi_training.judging.candidate import Judged, judge_on
from graduasi_training.judging.comparison import compare
from graduasi_training.judging.held_out import MIN_CLUSTERS
from graduasi_training.study.rows import TrainingRows
from graduasi_training.study.splits import MIN_LABELLED_ROWS
from graduasi_training.study.study import Study

PARTS = (0.125, 0.25, 0.5)
"""Parts of the caseloads, each of which holds the one before it; all of them are what the champion learned from."""
FIGURES = ("auc", "log_loss")


def learning_curve(study: Study, last: JudgedFold, settings: Settings) -> list[dict[str, Any]]:
    """One row for each part of the caseloads that can be learned from, the smallest first; the last row is the champion.

    `left` says how much better the champion is: what the families that this part lacks were worth. Log losses
    are with the level and slope of the date.
    """
    rows = study.training_rows(last.fold.train)
    place = _places(study, last, np.random.default_rng(settings.seed))
    champion = judge_on(put_right(last.champion, last.test), last.test, last.clusters)
    points = []
    for part in PARTS:
        some = rows.take(np.flatnonzero(place < part))
        if len(some.y) < MIN_LABELLED_ROWS or not 0 < some.y.mean() < 1:
            continue
        model = fit_same_kind(last.fitted, some, study.features, settings=settings)
        judged = judge_on(
            put_right(model.explain(study.values[last.fold.test]).score, last.test), last.test, last.clusters
        )
        points.append(_point(part, some, judged, champion))
    return [*points, _point(1.0, rows, champion, None)]


def _places(study: Study, last: JudgedFold, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """For each training row a number from 0 to 1, the same for all rows of a mentor, or of a household where mentors are few."""
    learned_from = study.test_set(last.fold.train)
    mentors = learned_from.mentor
    unit = mentors if len(np.unique(mentors[mentors >= 0])) >= MIN_CLUSTERS else learned_from.household
    units, index = np.unique(unit, return_inverse=True)
    return ((rng.permutation(len(units)) + 0.5) / len(units))[index]


def _point(part: float, rows: TrainingRows, judged: Judged, whole: Judged | None) -> dict[str, Any]:
    left = None if whole is None else [row for name in FIGURES for row in compare(whole, {"part": judged}, name)]
    return {
        "part": part,
        "families": len(np.unique(rows.household)),
        "rows": len(rows.y),
        **{f"{name}{end}": judged.figures[f"{name}{end}"] for name in FIGURES for end in ("", "_low", "_high")},
        "left": left,
    }
