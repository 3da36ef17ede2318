"""What `--full` adds, at the price of some fifteen more fits: areas left out one by one, and the same run with other seeds."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi_training.evaluation.folds.judged import JudgedFold, Tell
from graduasi_training.evaluation.stability import first_reasons, list_overlap
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.selection import fit_and_choose
from graduasi_training.judging.candidate import judge_on
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.judging.metrics import auc
from graduasi_training.judging.resampling import resample
from graduasi_training.study.study import Study

MIN_AREA = 200
"""Labelled rows an area must have to be worth leaving out."""
MAX_AREAS = 10
SEEDS = 5
SHOWN = tuple(f"{name}{end}" for name in ("auc", "calibration_slope") for end in ("", "_low", "_high"))


def areas_left_out(study: Study, last: JudgedFold, *, settings: Settings, tell: Tell) -> dict[str, Any]:
    """By area, how a model that never saw it ranks and calibrates there on the last test date; largest areas first."""
    everything = np.arange(len(study.observations))
    area = study.group_values("area_code", everything)
    household = study.panel.household[study.observations.snapshot]
    found: dict[str, Any] = {}
    for name in _large_areas(area[study.labels.is_labelled]):
        member = area[last.fold.test] == name
        there = (area[last.fold.train] == name) | np.isin(household[last.fold.train], last.test.household[member])
        train = last.fold.train[~there]
        y = last.test.y[member & last.test.labelled]
        if len(y) < MIN_GROUP or not 0 < y.mean() < 1 or not 0 < study.labels.value[train].mean() < 1:
            found[name] = {"n": len(y), "note": "too few"}
            continue
        tell(f"leaving out area {name}: {len(train):,} rows to train on, {len(y):,} to judge")
        model = fit_and_choose(study.training_rows(train), study.features, settings=settings).champion
        score = model.explain(study.values[last.fold.test[member]]).score
        part = last.test.only(member)
        figures = judge_on(score, part, resample(part.cluster, rng=np.random.default_rng(settings.seed))).figures
        found[name] = {
            "n": len(y),
            **{key: figures[key] for key in SHOWN},
        }
    return found


def _large_areas(areas: np.ndarray[Any, np.dtype[np.object_]]) -> list[str]:
    names, counts = np.unique(areas[areas != np.array(None)].astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MAX_AREAS]
    return [str(names[place]) for place in order if counts[place] >= MIN_AREA]


def across_seeds(study: Study, last: JudgedFold, *, settings: Settings, tell: Tell) -> dict[str, Any]:
    """The last fold fitted with other seeds: what of lists, first reasons and AUC hangs on chance."""
    fits = [last.fitted]
    for step in range(1, SEEDS):
        tell(f"seed {step + 1} of {SEEDS}")
        other = replace(settings, seed=settings.seed + step)
        fits.append(fit_and_choose(study.training_rows(last.fold.train), study.features, settings=other))
    values = study.values[last.fold.test]
    scores = [fitted.champion.explain(values).score for fitted in fits]
    reasons = [first_reasons(fitted.champion, values) for fitted in fits]
    pairs = list(combinations(range(SEEDS), 2))
    overlaps = [list_overlap(scores[one], scores[two], last.test, last.test) for one, two in pairs]
    known = [overlap for overlap in overlaps if overlap is not None]
    aucs = [_auc(score, last) for score in scores]
    return {
        "n": SEEDS,
        "families": len(values),
        "list_overlap": float(np.mean(known)) if known else None,
        "reason_flips": float(np.mean([(reasons[one] != reasons[two]).mean() for one, two in pairs])),
        "auc_min": min(aucs),
        "auc_max": max(aucs),
        "chosen": {name: sum(fitted.chosen == name for fitted in fits) for name in last.fitted.candidates},
    }


def _auc(score: Array, last: JudgedFold) -> float:
    known = last.test.labelled
    return auc(score[known], last.test.y[known])
