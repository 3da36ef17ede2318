"""Selective labels: what the list's outcome would be if it were seen for everybody on it, label by label.

A relapse can be observed only of families that graduated, and lasting welfare mostly of those that stayed. So four figures
stand side by side: the naive share among the observed, the share in which observed families correct the forecasts of those like them,
bounds that assume no such likeness, and the truth where the data are simulated.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graduasi.arrays import Array, Mask
from graduasi.declarations.programme import EventLabel, Label
from graduasi_training.evaluation.folds.judged import JudgedFold
from graduasi_training.evaluation.selective.bounds import Bounds, mentor_bounds, mentors_leniency, plain_bounds
from graduasi_training.evaluation.selective.correction import Seen, corrected
from graduasi_training.evaluation.selective.propensity import CrossFit, chance_design, cross_fit, folds_of
from graduasi_training.evaluation.selective.truth import Truth, looks_from, truth_column
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import MIN_GROUP
from graduasi_training.judging.jackknife import rate
from graduasi_training.judging.lists import listed
from graduasi_training.judging.metrics import log_odds
from graduasi_training.notes import Note, joined, note
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study

ESTIMATED = (
    "naive", "weighted", "effective_n", "positivity", "balance", "bounds", "truth", "truth_observed", "closest",
)  # fmt: skip
"""What a label's row holds beside its facts; null where it cannot be estimated."""


@dataclass(frozen=True)
class ObservedCohort:
    """The cohort of a test date by one label.

    `mature` families are those whose label can be known by now, `observed` those whose outcome was seen (for an event label,
    that of graduates), and `y` is the outcome (NaN: unknown).
    """

    judged: JudgedFold
    mature: Mask
    observed: Mask
    y: Array


def selective_labels(
    study: Study, folds: list[JudgedFold], truth: Truth | None, *, quotas: float = 1.0
) -> tuple[dict[str, Any] | None, list[Note]]:
    """The section of `evaluation.json`, or null, and the notes that go with it.

    The section leads with the first event label that can be estimated, else with the target. With `quotas` above 1, lists
    of so many times the quota are judged.
    """
    labels = study.programme.labels
    by_label = {
        definition.name: _estimate_by(study, folds, definition, truth=truth, quotas=quotas) for definition in labels
    }
    preferred = [definition.name for definition in labels if definition.kind == "event"] + [study.programme.target.name]
    estimated = [name for name in preferred if by_label[name].get("naive") is not None]
    notes = [note("selective", label=name, reason=row["note"]) for name, row in by_label.items() if row.get("note")]
    if not estimated:
        return None, notes or [note("selective_none")]
    return {"label": estimated[0], **by_label[estimated[0]], "by_label": by_label}, notes


def _estimate_by(
    study: Study, folds: list[JudgedFold], definition: Label, *, truth: Truth | None, quotas: float
) -> dict[str, Any]:
    """One label on the latest test date whose list has outcomes enough, else on the date whose list has most."""
    if isinstance(definition, EventLabel) and not len(study.events):
        return {"n": 0, "note": note("selective_no_events")}
    best: tuple[float, ObservedCohort, Array] | None = None
    for judged in reversed(folds):
        cohort = _observed_cohort(study, judged, definition)
        share = _listed_share(judged, cohort.mature, quotas)
        count = float(share[cohort.observed].sum())
        if best is None or count > best[0]:
            best = (count, cohort, share)
        if count >= MIN_GROUP:
            break
    assert best is not None  # there is at least one fold
    return _figures(study, best[1], best[2], definition, truth=truth, quotas=quotas)


def _observed_cohort(study: Study, judged: JudgedFold, definition: Label) -> ObservedCohort:
    rows = judged.fold.test
    y = study.label_by(definition).value[rows]
    known = ~np.isnan(y)
    if not isinstance(definition, EventLabel):
        return ObservedCohort(judged, np.ones(len(y), dtype=bool), known, y)
    graduated = study.label_by(definition.model_copy(update={"undone_by": ()})).value[rows] == 1
    return ObservedCohort(judged, known, known & graduated, y)


def _listed_share(judged: JudgedFold, mature: Mask, quotas: float) -> Array:
    """Each family's share of a place on a list of so many quotas; zero where the label has not matured.

    The list of one quota is the one that mentors would have got. Longer ones nobody gets: they are filled by score with all
    whom the rules allow.
    """
    if quotas == 1:
        return listed(judged.champion, judged.proposed) * mature
    quota = max(1, round(judged.test.quota * quotas))
    return listed(judged.champion, replace(judged.test, places=None), quota=quota) * mature


def _figures(
    study: Study,
    cohort: ObservedCohort,
    share: Array,
    definition: Label,
    *,
    truth: Truth | None,
    quotas: float,
) -> dict[str, Any]:
    """The row of one label: facts, bounds, truth and estimates, as far as there are families enough for each."""
    judged, total, n = cohort.judged, float(share.sum()), float(share[cohort.observed].sum())
    figures: dict[str, Any] = {
        "metric": metric_name(judged.test.has_mentors, quotas),
        "test_as_of": judged.date,
        "n": round(n),
        "listed": round(total),
        **dict.fromkeys(ESTIMATED),
    }
    if total < MIN_GROUP:
        why = "selective_few_listed" if cohort.mature.any() else "selective_not_matured"
        return {**figures, "note": note(why, listed=round(total))}
    # Only families that could be listed are like those on the list.
    rows = np.flatnonzero((judged.test.eligible & cohort.mature) | (share > 0))
    seen, good = _fit_chances(study, cohort, rows)
    chance = np.full(len(cohort.y), cohort.observed[cohort.mature].mean())
    chance[rows] = seen.chance
    bounds = _bounds(cohort, share, chance)
    figures |= {"bounds": bounds.pair, "bounds_interval": list(bounds.outer), "bounds_by_mentors": bounds.by_mentors}
    figures |= _true_share(study, cohort, share, definition, truth)
    if n < MIN_GROUP:
        return {**figures, "note": note("selective_few_seen", seen=round(n), least=MIN_GROUP)}
    families = Seen(share[rows], cohort.observed[rows], cohort.y[rows], judged.clusters.of_row[rows])
    estimated = estimates(families, seen, good, judged.clusters.of_rows(rows))
    notes = [row["note"] for row in (figures, estimated) if "note" in row]
    figures |= estimated | ({"note": joined(notes)} if notes else {})
    return figures | closest(figures)


def metric_name(has_mentors: bool, quotas: float) -> str:
    """What is estimated: the share of the list that is truly ready, by the label in question."""
    if not has_mentors:
        return "precision_at_10pct"
    return "precision_at_quota" if quotas == 1 else f"precision_at_{quotas:g}_quotas"


def estimates(families: Seen, seen: CrossFit, good: CrossFit, clusters: Clusters) -> dict[str, Any]:
    """The share of good outcomes on the list: naive among the observed, and corrected for who is observed.

    `seen` and `good` are each family's chances to be observed and to turn out well.
    """
    outcome, observed_share = np.nan_to_num(families.y), families.share * families.observed
    naive = rate(observed_share * outcome, observed_share, clusters)
    return {**naive.figures("naive"), **corrected(families, seen, good)}


def closest(row: dict[str, Any]) -> dict[str, Any]:
    """Which of the two estimates in a label's row is nearer to the truth; null without truth."""
    if row["truth"] is None:
        return {"closest": None}
    distance = {name: abs(row[name] - row["truth"]) for name in ("naive", "weighted")}
    return {"closest": min(distance, key=lambda name: distance[name])}


def _fit_chances(study: Study, cohort: ObservedCohort, rows: RowIndex) -> tuple[CrossFit, CrossFit]:
    """The chances to be observed and to turn out well, of the given families and learned among them."""
    judged = cohort.judged
    design = chance_design(study.values[judged.fold.test[rows]], log_odds(judged.champion[rows]), study.features)
    observed, everyone = cohort.observed[rows], np.ones(len(rows), dtype=bool)
    fold = folds_of(judged.clusters.of_row[rows], np.random.default_rng(0))
    return cross_fit(design, observed, everyone, fold), cross_fit(design, cohort.y[rows] == 1, observed, fold)


def _bounds(cohort: ObservedCohort, share: Array, chance: Array) -> Bounds:
    """Bounds by lenient and strict mentors where there are enough of them and they do not contradict each other, else plain."""
    test, clusters = cohort.judged.test, cohort.judged.clusters
    plain = plain_bounds(share, cohort.observed, cohort.y, clusters)
    leniency = mentors_leniency(test.mentor, share, cohort.observed, chance)
    if leniency is None:
        return plain
    return mentor_bounds(leniency, share, cohort.observed, cohort.y, clusters) or plain


def _true_share(
    study: Study, cohort: ObservedCohort, share: Array, definition: Label, truth: Truth | None
) -> dict[str, Any]:
    """The true share of the whole list, and of its observed part.

    The difference of the two is selection; what the naive estimate is further off is how outcomes were written down.
    """
    if truth is None:
        return {}
    column = truth_column(definition, study.programme)
    if column is None:
        return {"note": note("truth_no_answer")}
    test, observations = cohort.judged.fold.test, study.observations
    days = looks_from(definition, observations, study.panel)[test]
    true_outcome = truth.values_at(study.panel, observations.snapshot[test], days, column)
    known_share = share * ~np.isnan(true_outcome)
    if not known_share.sum():
        return {"note": note("truth_no_family")}
    good, clusters = np.nan_to_num(true_outcome), cohort.judged.clusters
    among_observed = rate(known_share * cohort.observed * good, known_share * cohort.observed, clusters)
    return {**rate(known_share * good, known_share, clusters).figures("truth"), "truth_observed": among_observed.value}
