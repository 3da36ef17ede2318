"""Judging the relapse model: learned from earlier graduates, it is held against what became of later ones.

A model that could not be judged does not reach the bundle, and neither do intervals that did not hold. Fitting is in
`fitting/relapse.py`, and who counts as a graduate in `study/graduates.py`.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from graduasi.arrays import Array
from graduasi.dates import from_day
from graduasi.readiness.model import logistic
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.evaluation.interval_check import StatedIntervals
from graduasi_training.fitting.intervals import COVERAGE
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.fitting.relapse import fit_relapse
from graduasi_training.judging.jackknife import auc_estimate, auc_interval
from graduasi_training.notes import joined, note
from graduasi_training.study.graduates import MIN_GRADUATES, MIN_GRADUATES_PER_OUTCOME, Graduates, find_graduates
from graduasi_training.study.study import Study

LATER_SHARE = 0.3
"""The latest part of the graduates, on which a model of earlier ones is judged."""
MIN_LATER_PER_OUTCOME = 10
"""Fewer of either outcome among the later graduates cannot tell whether the model ranks at all."""


def learn_relapse(study: Study, settings: Settings) -> tuple[RelapseModel | None, dict[str, Any]]:
    """The relapse model for the bundle, and `evaluation.relapse`; no model but a note where there is nothing to learn from."""
    label = study.programme.relapse_label
    if label is None or not len(study.events):
        return None, {"n": 0, "note": note("relapse_no_events")}
    return learn_from(find_graduates(study, label), study, settings)


def learn_from(graduates: Graduates, study: Study, settings: Settings) -> tuple[RelapseModel | None, dict[str, Any]]:
    """The same from graduates that were found already."""
    if not graduates.enough_to_learn:
        least, outcomes = MIN_GRADUATES, MIN_GRADUATES_PER_OUTCOME
        few = note("relapse_few", graduates=len(graduates), least=least, outcomes=outcomes)
        return None, {"n": len(graduates), "note": few}
    report = judge_relapse(graduates, study, settings)
    if report["auc"] is None:
        return None, report
    model, notes = fit_relapse(graduates, study, settings), []
    if report["auc_low"] is None or report["auc_low"] <= 0.5:
        notes.append(note("relapse_not_better"))
    if not report["intervals"]["shown"]:
        notes.append(note("relapse_not_held"))
        model = replace(model, stays_out=replace(model.stays_out, intervals=None))
    return model, {**report, "note": joined(notes)} if notes else report


def judge_relapse(graduates: Graduates, study: Study, settings: Settings) -> dict[str, Any]:
    """`evaluation.relapse`: a model of the earlier graduates, judged on the latest.

    It learns only from graduates whose outcome was known when the first of the later ones graduated. Without enough of
    either, `auc` is null and a note says so.
    """
    start = int(np.quantile(graduates.day, 1 - LATER_SHARE, method="higher"))
    train, test = graduates.take(graduates.known_on <= start), graduates.take(graduates.day >= start)
    facts: dict[str, Any] = {"n": len(test), "train_rows": len(train), "graduates": len(graduates)}
    facts |= {"from": from_day(start).isoformat(), "base_rate": float(1 - test.stayed_out.mean())}
    rarer = min(test.stayed_out.sum(), (1 - test.stayed_out).sum())
    if not train.enough_to_learn or rarer < MIN_LATER_PER_OUTCOME:
        return {**facts, "auc": None, "note": note("relapse_not_judged")}
    model = fit_relapse(train, study, settings)
    relapsed = 1 - test.stayed_out
    risk = 1 - model.stays_out.explain(test.values).score
    ranking = auc_estimate(risk, relapsed, test.clusters)
    low, high = auc_interval(ranking, risk, relapsed)
    prior = float(1 - train.stayed_out.mean())
    return {
        **facts,
        "auc": ranking.value,
        "auc_low": low,
        "auc_high": high,
        "brier": float(np.square(risk - relapsed).mean()),
        "brier_prior": float(np.square(prior - relapsed).mean()),
        "mean_risk": float(risk.mean()),
        "unlike": float((model.distance(test.values) > model.limit).mean()),
        "intervals": _check_intervals(model, test, relapsed),
    }


def _check_intervals(model: RelapseModel, test: Graduates, relapsed: Array) -> dict[str, Any]:
    """Whether the risk's intervals held for the later graduates, by the same test as the score's (`evaluation.intervals`).

    Values carried forward are not taken into account, so the intervals tested are a little narrower than those shown.
    """
    margin = model.stays_out.explain(test.values).margin
    area, carried = pa.array(test.area, pa.string()), np.zeros(test.values.shape, dtype=bool)
    ends = model.stays_out.ends(margin, area, test.values, carried)
    assert ends is not None  # fit_relapse makes them
    stated = StatedIntervals(-margin, logistic(-ends.high), logistic(-ends.low), relapsed)
    return {"nominal": COVERAGE, "shown": stated.hold_as_stated(), "bins": stated.bins()}
