"""The programme's other labels beside the target: how many matured, what competed, and how the champion ranks by them."""

from dataclasses import replace
from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi.dates import from_day
from graduasi.declarations.programme import Label
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.judging.candidate import HEADLINES, judge_on
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.study.labels import Labels, competing_counts
from graduasi_training.study.study import Study

CHAMPION_FIGURES = tuple(
    f"{name}{end}" for name in HEADLINES for end in ("", "_low", "_high") if not name.startswith("harm")
)  # harm is the target's


def other_labels(study: Study, folds: list[JudgedFold]) -> dict[str, Any]:
    """By the label's name. The champion was trained for the target; here it is judged by the other label as it stands.

    Each label is judged on the latest test date on which it has matured with both outcomes; a note where there is none.
    """
    return {definition.name: _judge_by(study, folds, definition) for definition in study.programme.labels[1:]}


def _judge_by(study: Study, folds: list[JudgedFold], definition: Label) -> dict[str, Any]:
    labels = study.label_by(definition)
    for judged in reversed(folds):
        y = labels.value[judged.fold.test]
        known = ~np.isnan(y)
        if known.sum() >= MIN_GROUP and 0 < y[known].mean() < 1:
            return _figures(study, judged, definition, labels)
    last = labels.value[folds[-1].fold.test]
    sentence = f"fewer than {MIN_GROUP} households have this label, or all have the same, on every test date"
    return {"n": int((~np.isnan(last)).sum()), "note": sentence}


def _figures(study: Study, judged: JudgedFold, definition: Label, labels: Labels) -> dict[str, Any]:
    rows = judged.fold.test
    test = replace(judged.proposed, y=labels.value[rows])
    figures = judge_on(judged.champion, test, judged.clusters).figures
    return {
        "test_as_of": judged.date,
        "n": int(test.labelled.sum()),
        "of": len(test),
        "base_rate": float(test.y[test.labelled].mean()),
        "known_by": from_day(int(labels.known_on[rows][test.labelled].max())).isoformat(),
        "competing": competing_counts(study.observations, rows, definition, panel=study.panel, events=study.events),
        "champion": {name: figures[name] for name in CHAMPION_FIGURES if name in figures},
        "agreement": agreement(study.labels.value[rows], test.y),
    }


def agreement(target: Array, other: Array) -> dict[str, Any]:
    """Among households that have both labels, how often the two agree, and which way they differ (NaN: unlabelled)."""
    both = ~np.isnan(target) & ~np.isnan(other)
    if not both.any():
        return {"n": 0, "note": "no household has both labels"}
    by_target, by_other = target[both] == 1, other[both] == 1
    return {
        "n": int(both.sum()),
        "same": float((by_target == by_other).mean()),
        "both_ready": int((by_target & by_other).sum()),
        "target_only": int((by_target & ~by_other).sum()),
        "other_only": int((~by_target & by_other).sum()),
        "neither": int((~by_target & ~by_other).sum()),
    }
