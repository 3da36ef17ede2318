"""The programme's further labels beside the target: how many matured, what competed, and how the champion ranks by them."""

from typing import Any

import numpy as np

from graduasi.dates import from_day
from graduasi.declarations.programme import Label
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.judging.candidate import HEADLINES, judge_on
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.study.labels import Labels, competing_counts
from graduasi_training.study.study import Study

SHOWN = tuple(
    f"{name}{end}" for name in HEADLINES for end in ("", "_low", "_high") if not name.startswith("harm")
)  # harm is the target's


def other_labels(study: Study, folds: list[JudgedFold]) -> dict[str, Any]:
    """By name of the label. The champion was trained for the target and is judged here by the other label as it stands.

    Judged on the latest test date on which the label has matured with both outcomes; a sentence where there is none.
    """
    return {kind.name: _by(study, folds, kind) for kind in study.programme.labels[1:]}


def _by(study: Study, folds: list[JudgedFold], kind: Label) -> dict[str, Any]:
    labels = study.label_by(kind)
    for judged in reversed(folds):
        y = labels.value[judged.fold.test]
        known = ~np.isnan(y)
        if known.sum() >= MIN_GROUP and 0 < y[known].mean() < 1:
            return _figures(study, judged, kind, labels)
    last = labels.value[folds[-1].fold.test]
    sentence = f"fewer than {MIN_GROUP} households have this label, or all have the same, on every test date"
    return {"n": int((~np.isnan(last)).sum()), "note": sentence}


def _figures(study: Study, judged: JudgedFold, kind: Label, labels: Labels) -> dict[str, Any]:
    places = judged.fold.test
    test = study.test_set(places, labels)
    figures = judge_on(judged.champion, test, judged.resamples).figures
    return {
        "test_as_of": judged.date,
        "n": int(test.labelled.sum()),
        "of": len(test),
        "base_rate": float(test.y[test.labelled].mean()),
        "known_by": from_day(int(labels.known_on[places][test.labelled].max())).isoformat(),
        "competing": competing_counts(study.observations, places, kind, panel=study.panel, events=study.events),
        "champion": {name: figures[name] for name in SHOWN if name in figures},
        "agreement": agreement(study.labels.value[places], test.y),
    }


def agreement(
    target: np.ndarray[Any, np.dtype[np.float64]], other: np.ndarray[Any, np.dtype[np.float64]]
) -> dict[str, Any]:
    """Among households that have both labels: how often they say the same, and which way they differ."""
    both = ~np.isnan(target) & ~np.isnan(other)
    if not both.any():
        return {"n": 0, "note": "no household has both labels"}
    first, second = target[both] == 1, other[both] == 1
    return {
        "n": int(both.sum()),
        "same": float((first == second).mean()),
        "both_ready": int((first & second).sum()),
        "target_only": int((first & ~second).sum()),
        "other_only": int((~first & second).sum()),
        "neither": int((~first & ~second).sum()),
    }
