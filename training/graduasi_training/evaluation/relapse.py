"""Relapse: what happened to those who graduated, and a second score learned from them alone.

What counts as graduating, and as needing aid again, is what the programme's first event label with `undone_by` says.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.dates import Days, add_months, from_day
from graduasi.declarations.programme import EventLabel
from graduasi.readiness.features import Matrix, build_features
from graduasi.readiness.model import ReadinessModel, logistic
from graduasi.readiness.preparation import fit_preparation
from graduasi.readiness.relapse import RelapseModel
from graduasi_training.evaluation.interval_check import Told
from graduasi_training.fitting.intervals import COVERAGE, HeldOutMargins, fit_intervals
from graduasi_training.fitting.linear_and_trees import Array, Settings, calibrate, fit_linear
from graduasi_training.judging import resampling
from graduasi_training.judging.metrics import auc
from graduasi_training.notes import note
from graduasi_training.study.labels import NEVER, all_known, first_within, last_known
from graduasi_training.study.study import Study

MIN_GRADUATES, MIN_OUTCOMES = 150, 20
"""Fewer graduates, or fewer of either outcome, teach a model of a hundred features nothing."""
MIN_TEST_OUTCOMES = 10
"""Fewer of either outcome among the later graduates cannot tell whether the model ranks at all."""
FOLDS = 5
TEST_SHARE = 0.3
LIKE_A_GRADUATE = 0.99


@dataclass(frozen=True)
class Graduates:
    """One row a graduation whose year after is known: features that day, whether no aid was needed again, when that was known."""

    values: Matrix
    stayed_out: Array
    household: npt.NDArray[np.int32]
    day: Days
    known_on: Days
    area: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, kept: npt.NDArray[np.bool_]) -> "Graduates":
        """Some of them."""
        values, stayed_out, household = self.values[kept], self.stayed_out[kept], self.household[kept]
        return Graduates(values, stayed_out, household, self.day[kept], self.known_on[kept], self.area[kept])

    @property
    def teach(self) -> bool:
        """Whether there are enough of either outcome to learn from."""
        outcomes = min(float(self.stayed_out.sum()), float((1 - self.stayed_out).sum()))
        return len(self) >= MIN_GRADUATES and outcomes >= MIN_OUTCOMES


def find_graduates(study: Study, label: EventLabel) -> Graduates:
    """Every graduation that a snapshot precedes and whose window after it is known and was not cut short."""
    panel, events = study.panel, study.events
    graduated = events.named(label.event)
    names, day = graduated.household_id.tolist(), graduated.event_date
    end = add_months(day, label.undone_within_months)
    returned, returned_known = first_within(names, day, end, events.named(*label.undone_by))
    cut, cut_known = first_within(names, day, end, events.named(*label.competing))
    known_on = all_known(end, graduated.known_on, returned_known, cut_known)
    snapshot = _snapshots_before(study, names, day)
    kept = (snapshot >= 0) & (known_on <= last_known(panel, events)) & ((returned != NEVER) | (cut == NEVER))
    snapshot, day = snapshot[kept], day[kept]
    features = build_features(
        panel, snapshot, as_of=day, dictionary=study.dictionary, max_age_days=study.programme.max_data_age_days
    )
    area = np.array(panel.area_code.take(snapshot).to_pylist(), dtype=object)
    stayed_out = (returned[kept] == NEVER).astype(float)
    return Graduates(features.values, stayed_out, panel.household[snapshot], day, known_on[kept], area)


def _snapshots_before(study: Study, names: list[str], days: Days) -> npt.NDArray[np.intp]:
    """The place of each household's latest snapshot known on the day it graduated; -1 for none."""
    panel = study.panel
    starts = panel.starts()
    places = dict(zip(panel.household_id.take(starts).to_pylist(), pairwise([*starts, len(panel)]), strict=True))
    found = np.full(len(days), -1, dtype=np.intp)
    for row, (name, day) in enumerate(zip(names, days.tolist(), strict=True)):
        start, stop = places.get(name, (0, 0))
        known = np.flatnonzero((panel.as_of[start:stop] <= day) & (panel.known_on[start:stop] <= day))
        if known.size:
            found[row] = start + known[-1]
    return found


def fit_relapse(graduates: Graduates, study: Study, settings: Settings) -> RelapseModel:
    """A penalised logistic regression of staying out, calibrated on held-out graduates, with its own intervals."""
    rng = np.random.default_rng(settings.seed)
    group = rng.integers(0, FOLDS, int(graduates.household.max()) + 1)[graduates.household]
    raw = np.zeros(len(graduates))
    for fold in range(FOLDS):
        kept_out = group == fold
        if kept_out.any():
            model = _stays_out(graduates.take(~kept_out), study, settings)
            raw[kept_out] = model.explain(graduates.values[kept_out]).margin
    slope, intercept = calibrate(raw, graduates.stayed_out)
    model = replace(_stays_out(graduates, study, settings), slope=slope, intercept=intercept)
    margins = HeldOutMargins(slope * raw + intercept, graduates.stayed_out, graduates.day, graduates.area)
    model = replace(model, intervals=fit_intervals(margins, model, graduates.values, rng=rng))
    known = np.asarray(~np.isnan(graduates.values).all(axis=0))
    centre, spread = np.zeros(len(known)), np.ones(len(known))
    centre[known] = np.nanmean(graduates.values[:, known], axis=0)
    spread[known] = np.nanstd(graduates.values[:, known], axis=0)
    spread[spread <= 1e-9] = np.inf
    alike = RelapseModel(model, centre, spread, np.inf)
    return replace(alike, limit=float(np.quantile(alike.distance(graduates.values), LIKE_A_GRADUATE)))


def _stays_out(graduates: Graduates, study: Study, settings: Settings) -> ReadinessModel:
    preparation = fit_preparation(graduates.values, study.features)
    linear = fit_linear(graduates.values, graduates.stayed_out, study.features, preparation, C=settings.C)
    return ReadinessModel(study.features, preparation, linear, None, linear_share=1.0, slope=1.0, intercept=0.0)


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
    told = Told(-margin, logistic(-ends.high), logistic(-ends.low), relapsed)
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
