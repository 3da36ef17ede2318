"""Selective labels: what the list's outcome would be if it were seen for everybody on it, label by label.

Relapse is seen only for graduates, welfare that holds mostly for those who stay. Side by side: the naive share among the
observed, the share with each observed family standing for those like it, bounds that assume nothing of the kind, and the truth
where the data are simulated.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array
from graduasi.declarations.programme import EventLabel, Label
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.evaluation.selective.bounds import Bounds, mentor_bounds, mentors_leniency, plain_bounds
from graduasi_training.evaluation.selective.propensity import propensity, weights
from graduasi_training.evaluation.selective.truth import Truth, answer_to
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.judging.lists import listed
from graduasi_training.judging.metrics import log_odds
from graduasi_training.judging.resampling import Resamples, rate
from graduasi_training.notes import note
from graduasi_training.study.study import Study

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """The cohort of a test day by one label: who could be judged at all, who was, and how it came out."""

    judged: JudgedFold
    mature: Mask
    observed: Mask
    y: Array


def selective_labels(
    study: Study, folds: list[JudgedFold], truth: Truth | None, *, quotas: float = 1.0
) -> tuple[dict[str, Any] | None, list[str]]:
    """The section of `evaluation.json`, or null, and the notes that go with it.

    First stands the first event label that can be estimated, else the target. `quotas` judges longer lists.
    """
    by_label = {kind.name: _by(study, folds, kind, truth, quotas) for kind in study.programme.labels}
    events = [kind.name for kind in study.programme.labels if kind.kind == "event"]
    told = [name for name in (*events, study.programme.target.name) if by_label[name].get("naive") is not None]
    notes = [f"{note('selective', label=name)} {row['note']}" for name, row in by_label.items() if row.get("note")]
    if not told:
        return None, notes or [note("selective_none")]
    return {"label": told[0], **by_label[told[0]], "by_label": by_label}, notes


def _by(study: Study, folds: list[JudgedFold], kind: Label, truth: Truth | None, quotas: float) -> dict[str, Any]:
    """One label on the latest test date whose list has outcomes enough, else on the one that has most."""
    if isinstance(kind, EventLabel) and not len(study.events):
        return {"n": 0, "note": note("selective_no_events")}
    best: tuple[float, Seen, Array] | None = None
    for judged in reversed(folds):
        seen = _seen(study, judged, kind)
        share = _share(judged, seen.mature, quotas)
        count = float(share[seen.observed].sum())
        if best is None or count > best[0]:
            best = (count, seen, share)
        if count >= MIN_GROUP:
            break
    assert best is not None  # there is at least one fold
    return _figures(study, best[1], best[2], kind, truth, quotas)


def _seen(study: Study, judged: JudgedFold, kind: Label) -> Seen:
    places = judged.fold.test
    y = study.label_by(kind).value[places]
    known = ~np.isnan(y)
    if not isinstance(kind, EventLabel):
        return Seen(judged, np.ones(len(y), dtype=bool), known, y)
    graduated = study.label_by(kind.model_copy(update={"undone_by": ()})).value[places] == 1
    return Seen(judged, known, known & graduated, y)


def _share(judged: JudgedFold, mature: Mask, quotas: float) -> Array:
    quota = max(1, round(judged.test.quota * quotas))
    return listed(judged.champion, judged.test, quota=quota) * mature


def _figures(study: Study, seen: Seen, share: Array, kind: Label, truth: Truth | None, quotas: float) -> dict[str, Any]:
    judged, total, n = seen.judged, float(share.sum()), float(share[seen.observed].sum())
    found: dict[str, Any] = {
        "metric": metric_name(judged.test.has_mentors, quotas),
        "test_as_of": judged.date,
        "n": round(n),
        "listed": round(total),
        **dict.fromkeys(ESTIMATED),
    }
    if total < MIN_GROUP:
        why = "selective_few_listed" if seen.mature.any() else "selective_not_matured"
        return {**found, "note": note(why, listed=round(total))}
    chance = _propensity(study, seen)
    bounds = _bounds(seen, share, chance)
    found |= {"bounds": bounds.pair, "bounds_interval": list(bounds.outer), "bounds_by_mentors": bounds.by_mentors}
    found |= _truth(study, seen, share, kind, truth)
    if n < MIN_GROUP:
        return {**found, "note": note("selective_few_seen", seen=round(n), least=MIN_GROUP)}
    found |= estimates(share, seen.observed, seen.y, chance, judged.resamples)
    return found | closest(found)


ESTIMATED = ("naive", "weighted", "effective_n", "bounds", "truth", "truth_observed", "closest")


def metric_name(has_mentors: bool, quotas: float) -> str:
    """What is estimated: the share of the list that is truly ready, by the label in question."""
    if not has_mentors:
        return "precision_at_10pct"
    return "precision_at_quota" if quotas == 1 else f"precision_at_{quotas:g}_quotas"


def estimates(share: Array, observed: Mask, y: Array, chance: Array, resamples: Resamples) -> dict[str, Any]:
    """Naive and weighted, with intervals that take the propensities as given, and how many families the weights leave."""
    outcome, used = np.nan_to_num(y), share * observed
    weighted = used * weights(chance, used)
    return {
        **rate(used * outcome, used, resamples).figures("naive"),
        **rate(weighted * outcome, weighted, resamples).figures("weighted"),
        "effective_n": float(weighted.sum()),
    }


def closest(row: dict[str, Any]) -> dict[str, Any]:
    """Which of the two estimates is nearer to the truth; null without truth."""
    if row["truth"] is None:
        return {"closest": None}
    distance = {name: abs(row[name] - row["truth"]) for name in ("naive", "weighted")}
    return {"closest": min(distance, key=lambda name: distance[name])}


def _propensity(study: Study, seen: Seen) -> Array:
    """Among the families that could be listed: others are not like anybody on the list."""
    chance = np.full(len(seen.y), seen.observed[seen.mature].mean())
    rows = np.flatnonzero(seen.judged.test.eligible & seen.mature)
    chance[rows] = propensity(
        study.values[seen.judged.fold.test[rows]],
        log_odds(seen.judged.champion[rows]),
        seen.observed[rows],
        study.features,
        rng=np.random.default_rng(0),
    )
    return chance


def _bounds(seen: Seen, share: Array, chance: Array) -> Bounds:
    """By lenient and strict mentors where there are enough of them and they do not contradict each other, else plain."""
    test, resamples = seen.judged.test, seen.judged.resamples
    plain = plain_bounds(share, seen.observed, seen.y, resamples)
    leniency = mentors_leniency(test.mentor, share, seen.observed, chance)
    if leniency is None:
        return plain
    return mentor_bounds(leniency, share, seen.observed, seen.y, resamples) or plain


def _truth(study: Study, seen: Seen, share: Array, kind: Label, truth: Truth | None) -> dict[str, Any]:
    """The truth of the whole list, and of its observed part: what lies between them is selection, the rest is how it was measured."""
    name = answer_to(kind, study.programme)
    if truth is None:
        return {}
    if name is None:
        return {"note": note("truth_no_answer")}
    answer = truth.of(study.panel, study.observations.snapshot[seen.judged.fold.test], name)
    known = share * ~np.isnan(answer)
    if not known.sum():
        return {"note": note("truth_no_family")}
    right, resamples = np.nan_to_num(answer), seen.judged.resamples
    among_observed = rate(known * seen.observed * right, known * seen.observed, None)
    return {**rate(known * right, known, resamples).figures("truth"), "truth_observed": among_observed.value}
