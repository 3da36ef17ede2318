"""Relapse: what happened to those who graduated, and a second score learned from them alone.

What counts as graduating, and as needing aid again, is what the programme's first event label with `undone_by` says.
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
from graduasi_training.judging import resampling
from graduasi_training.judging.metrics import auc
from graduasi_training.notes import note
from graduasi_training.study.graduates import MIN_GRADUATES, MIN_OUTCOMES, Graduates, find_graduates
from graduasi_training.study.study import Study

MIN_TEST_OUTCOMES = 10
"""Fewer of either outcome among the later graduates cannot tell whether the model ranks at all."""
TEST_SHARE = 0.3


def judge_relapse(graduates: Graduates, study: Study, settings: Settings) -> dict[str, Any]:
    """Learned from the earlier graduates whose outcome was known then, judged on the latest; `evaluation.relapse`."""
    start = int(np.quantile(graduates.day, 1 - TEST_SHARE, method="higher"))
    train, test = graduates.take(graduates.known_on <= start), graduates.take(graduates.day >= start)
    facts: dict[str, Any] = {"n": len(test), "train_rows": len(train), "graduates": len(graduates)}
    facts |= {"from": from_day(start).isoformat(), "base_rate": float(1 - test.stayed_out.mean())}
    if not train.teach or min(test.stayed_out.sum(), (1 - test.stayed_out).sum()) < MIN_TEST_OUTCOMES:
        return {**facts, "auc": None, "note": note("relapse_not_judged")}
    model = fit_relapse(train, study, settings)
    relapsed = 1 - test.stayed_out
    risk = 1 - model.stays_out.explain(test.values).score
    resamples = resampling.resample(test.household.astype(np.intp), rng=np.random.default_rng(settings.seed))
    low, high = resampling.interval(resampling.auc_replicates(risk, relapsed, resamples))
    prior = float(1 - train.stayed_out.mean())
    return {
        **facts,
        "auc": auc(risk, relapsed),
        "auc_low": low,
        "auc_high": high,
        "brier": float(np.square(risk - relapsed).mean()),
        "brier_prior": float(np.square(prior - relapsed).mean()),
        "mean_risk": float(risk.mean()),
        "unlike": float((model.distance(test.values) > model.limit).mean()),
        "intervals": _check_intervals(model, test, relapsed),
    }


def _check_intervals(model: RelapseModel, test: Graduates, relapsed: Array) -> dict[str, Any]:
    """Whether the risk's interval held for the later graduates, as `evaluation.intervals` asks it of the score.

    What was carried forward is not taken into account, so the intervals tested are a little narrower than those shown.
    """
    margin = model.stays_out.explain(test.values).margin
    area, carried = pa.array(test.area, pa.string()), np.zeros(test.values.shape, dtype=bool)
    ends = model.stays_out.ends(margin, area, test.values, carried)
    assert ends is not None  # fit_relapse makes them
    told = StatedIntervals(-margin, logistic(-ends.high), logistic(-ends.low), relapsed)
    return {"nominal": COVERAGE, "shown": told.hold_as_stated(), "bins": told.bins()}


def learn_relapse(study: Study, settings: Settings) -> tuple[RelapseModel | None, dict[str, Any]]:
    """The relapse model for the bundle, and `evaluation.relapse`; no model and a note where there is nothing to learn from."""
    label = study.programme.relapse_label
    if label is None or not len(study.events):
        return None, {"n": 0, "note": note("relapse_no_events")}
    return learn_from(find_graduates(study, label), study, settings)


def learn_from(graduates: Graduates, study: Study, settings: Settings) -> tuple[RelapseModel | None, dict[str, Any]]:
    """The same from graduates that were found: no model that was not judged, no interval that did not hold."""
    if not graduates.teach:
        few = note("relapse_few", graduates=len(graduates), least=MIN_GRADUATES, outcomes=MIN_OUTCOMES)
        return None, {"n": len(graduates), "note": few}
    told = judge_relapse(graduates, study, settings)
    if told["auc"] is None:
        return None, told
    model, notes = fit_relapse(graduates, study, settings), []
    if told["auc_low"] is None or told["auc_low"] <= 0.5:
        notes.append(note("relapse_not_better"))
    if not told["intervals"]["shown"]:
        notes.append(note("relapse_not_held"))
        model = replace(model, stays_out=replace(model.stays_out, intervals=None))
    return model, {**told, "note": " ".join(notes)} if notes else told
