"""What `--full` adds, at the price of some fifteen more fits: areas left out one by one, and the same run with other seeds."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Mask
from graduasi_training.evaluation.folds.judged import JudgedFold, Tell
from graduasi_training.evaluation.folds.proposed import proposed_by
from graduasi_training.evaluation.stability import first_reasons, list_overlap
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.held_out import MIN_GROUP, HeldOut
from graduasi_training.judging.metrics import auc
from graduasi_training.study.study import Study

MIN_LABELLED_IN_AREA = 200
"""Labelled rows an area must have to be worth leaving out."""
MAX_AREAS = 10
SEEDS = 5
AREA_FIGURES = tuple(f"{name}{end}" for name in ("auc", "calibration_slope") for end in ("", "_low", "_high"))


def areas_left_out(study: Study, last: JudgedFold, *, settings: Settings, tell: Tell) -> dict[str, Any]:
    """By area, how a model that never saw it ranks and calibrates there on the last test date; largest areas first.

    An area is "too few" where fewer than MIN_GROUP families can be judged, or one of the outcomes is missing.
    """
    everything = np.arange(len(study.observations))
    area = study.group_values("area_code", everything)
    figures: dict[str, Any] = {}
    for name in _large_areas(area[study.labels.is_labelled]):
        in_area = area[last.fold.test] == name
        train = last.fold.train[~_belongs_to(name, area, study, last)]
        y = last.test.y[in_area & last.test.labelled]
        if len(y) < MIN_GROUP or not 0 < y.mean() < 1 or not 0 < study.labels.value[train].mean() < 1:
            figures[name] = {"n": len(y), "note": "too few"}
            continue
        tell(f"leaving out area {name}: {len(train):,} rows to train on, {len(y):,} to judge")
        model = fit_and_choose(study.training_rows(train), study.features, settings=settings).champion
        score = model.explain(study.values[last.fold.test[in_area]]).score
        families = last.test.only(in_area)
        judged = judge_on(score, families, last.clusters.of_rows(in_area)).figures
        figures[name] = {"n": len(y), **{figure: judged[figure] for figure in AREA_FIGURES}}
    return figures


def _belongs_to(name: str, area: npt.NDArray[np.object_], study: Study, last: JudgedFold) -> Mask:
    """Which training rows are of the area: seen there then, or of a household that lives there on the test date.

    A household that moved into the area would otherwise be learned from by its rows elsewhere, and judged on.
    """
    household = study.panel.household[study.observations.snapshot]
    lives_there = last.test.household[area[last.fold.test] == name]
    return (area[last.fold.train] == name) | np.isin(household[last.fold.train], lives_there)


def _large_areas(areas: npt.NDArray[np.object_]) -> list[str]:
    """The MAX_AREAS largest of the areas (one entry a labelled row, None for unknown) that have rows enough."""
    names, counts = np.unique(areas[areas != np.array(None)].astype(str), return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:MAX_AREAS]
    return [str(names[index]) for index in largest if counts[index] >= MIN_LABELLED_IN_AREA]


def across_seeds(study: Study, last: JudgedFold, *, settings: Settings, tell: Tell) -> dict[str, Any]:
    """The last fold fitted with SEEDS seeds: how much of lists, first reasons and AUC is chance."""
    fits = [last.fitted]
    for step in range(1, SEEDS):
        tell(f"seed {step + 1} of {SEEDS}")
        other = replace(settings, seed=settings.seed + step)
        fits.append(fit_and_choose(study.training_rows(last.fold.train), study.features, settings=other))
    values = study.values[last.fold.test]
    scores = [fitted.champion.explain(values).score for fitted in fits]
    reasons = [first_reasons(fitted.champion, values) for fitted in fits]
    pairs = list(combinations(range(SEEDS), 2))
    lists = [_lists_by(study, last, fitted, score) for fitted, score in zip(fits, scores, strict=True)]
    overlaps = [list_overlap(scores[one], scores[other], lists[one], lists[other]) for one, other in pairs]
    known = [overlap for overlap in overlaps if overlap is not None]
    aucs = [_auc(score, last) for score in scores]
    return {
        "n": SEEDS,
        "families": len(values),
        "list_overlap": float(np.mean(known)) if known else None,
        "reason_flips": float(np.mean([(reasons[one] != reasons[other]).mean() for one, other in pairs])),
        "auc_min": min(aucs),
        "auc_max": max(aucs),
        "chosen": {name: sum(fitted.chosen == name for fitted in fits) for name in last.fitted.candidates},
    }


def _lists_by(study: Study, last: JudgedFold, fitted: Fitted, score: Array) -> HeldOut:
    """The cohort as lists are made from it by another seed's model; the intervals, which say what periods differ by, are the same."""
    intervals = last.intervals if last.shows_intervals else None
    return proposed_by(study, last, replace(fitted.champion, intervals=intervals), score)


def _auc(score: Array, last: JudgedFold) -> float:
    """The AUC among the labelled families of the last test date."""
    known = last.test.labelled
    return auc(score[known], last.test.y[known])
