"""Everything of this folder, as keys of evaluation.json."""

from typing import Any

from graduasi_training.evaluation.folds.judged import JudgedFold, Tell
from graduasi_training.evaluation.folds.proposed import ends_of
from graduasi_training.evaluation.insight.decay import decay
from graduasi_training.evaluation.insight.learning_curve import learning_curve
from graduasi_training.evaluation.insight.list_ranges import list_ranges
from graduasi_training.evaluation.insight.missed import missed
from graduasi_training.evaluation.insight.themes import without_each_theme
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.study.study import Study


def insights(study: Study, folds: list[JudgedFold], *, settings: Settings, full: bool, tell: Tell) -> dict[str, Any]:
    """What `folds` and a few further fits tell; `full` adds what needs a fit for each theme."""
    last = folds[-1]
    tell("learning curve, decay, list ranges and who is missed")
    return {
        "learning_curve": learning_curve(study, last, settings),
        "decay": decay(study, folds),
        "missed": missed(study, folds, seed=settings.seed),
        "list_ranges": _list_ranges(study, last),
        "themes": without_each_theme(study, last, settings=settings, tell=tell) if full else None,
    }


def _list_ranges(study: Study, last: JudgedFold) -> dict[str, Any] | None:
    """The ranges of the lists that the champion would have given, from the intervals that it would have had."""
    ends = ends_of(study, last.fold.test, last.model(with_intervals=True), last.champion)
    assert ends is not None
    report = list_ranges(last.champion, ends, last.proposed)
    return None if report is None else {"shown": last.shows_intervals, **report}
