"""From a study to `evaluation.json`: temporal folds, candidates, baselines, paired comparisons, groups, stability."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.panel.duplicates import repeated_households
from graduasi_training.drift.in_training import field_drift
from graduasi_training.evaluation.base_rates import base_rates, by_last_visit, note_on_last_visit
from graduasi_training.evaluation.extra_fits import MIN_LABELLED_IN_AREA, across_seeds, areas_left_out
from graduasi_training.evaluation.folds.judged import JudgedFold, Tell, fold_report, judge_folds
from graduasi_training.evaluation.folds.proposed import note_on_band, note_on_caseloads, proposed_by
from graduasi_training.evaluation.folds.unseen_households import unseen_households_auc
from graduasi_training.evaluation.incumbent import Incumbent, against_incumbent
from graduasi_training.evaluation.insight.insights import insights
from graduasi_training.evaluation.interval_check import check_intervals, conformal_sets, note_on_intervals
from graduasi_training.evaluation.leaks import screen as leaks
from graduasi_training.evaluation.other_labels import other_labels
from graduasi_training.evaluation.selective.estimates import selective_labels
from graduasi_training.evaluation.selective.truth import Truth
from graduasi_training.evaluation.stability import base_rate_drift, list_overlap, reason_flips, score_drift
from graduasi_training.evaluation.uninformative import uninformative_notes
from graduasi_training.fitting.linear_and_trees import Settings
from graduasi_training.judging.calibration import calibration_bins, calibration_by
from graduasi_training.judging.comparison import compare, compare_pooled
from graduasi_training.judging.groups import judge_groups
from graduasi_training.judging.held_out import MIN_CLUSTERS
from graduasi_training.judging.lists import list_curve, note_on_lists, note_on_top
from graduasi_training.notes import Note, note
from graduasi_training.study.study import Study

__all__ = ["Tell", "evaluate"]


def evaluate(
    study: Study,
    *,
    settings: Settings,
    tell: Tell,
    full: bool = False,
    incumbent: Incumbent | None = None,
    truth: Truth | None = None,
) -> dict[str, Any]:
    """Judge the whole procedure on the latest temporal folds: everything of evaluation.json that concerns the readiness model.

    `full` adds what takes many more fits, `incumbent` a comparison with the version in service, `truth` a comparison
    with what a simulation knows. Raises TrainingError when there is no fold.
    """
    folds = judge_folds(study, settings=settings, tell=tell)
    last = folds[-1]
    figures = last.judged["champion"].figures
    primary = "precision_at_10pct" if figures["precision_at_quota"] is None else "precision_at_quota"
    metrics = ("auc", primary, "brier", "log_loss")
    group_values = {name: study.group_values(name, last.fold.test) for name in study.programme.evaluation.groups}
    groups = judge_groups(last.champion, last.proposed, group_values, last.clusters)
    areas = study.group_values("area_code", last.fold.test)
    intervals = check_intervals(study, last)
    left_out = areas_left_out(study, last, settings=settings, tell=tell) if full else None
    seeds = across_seeds(study, last, settings=settings, tell=tell) if full else None
    screened = leaks.screen(study, last.fold.train)
    selective, selective_notes = selective_labels(study, folds, truth)
    return {
        "label": study.programme.target.name,
        "bands": study.programme.bands.model_dump(),
        "primary_metric": primary,
        "folds": _fold_reports(study, folds, settings),
        **_comparisons(folds, metrics),
        "list_curve": list_curve(last.champion, last.proposed, last.clusters),
        "calibration": _calibration(last, areas),
        "groups": groups,
        "intervals": intervals,
        "conformal": conformal_sets(study, last),
        "selective_labels": selective,
        "stability": _stability(study, folds, seeds),
        "base_rates": base_rates(study, last.fold),
        "by_last_visit": by_last_visit(study, last),
        "score_drift": _score_drift(study, folds),
        "field_drift": field_drift(study, last.fold.train, last.fold.test),
        "areas_left_out": left_out or None,
        "leaks": leaks.report(screened),
        **insights(study, folds, settings=settings, full=full, tell=tell),
        "other_labels": other_labels(study, folds),
        "incumbent": against_incumbent(incumbent, study, last, metrics=metrics),
        "notes": [
            *leaks.findings(screened),
            *_notes(study, folds, areas),
            *uninformative_notes(study, last, groups),
            *note_on_intervals(intervals),
            *note_on_last_visit(study, last),
            *_notes_on_full(full, left_out),
            *selective_notes,
        ],
    }


def _comparisons(folds: list[JudgedFold], metrics: Sequence[str]) -> dict[str, Any]:
    """The champion against every other, on the last test date and over all."""
    judged = [fold.judged for fold in folds]
    others = {name: other for name, other in judged[-1].items() if name != "champion"}
    return {
        "comparison": [row for metric in metrics for row in compare(judged[-1]["champion"], others, metric)],
        "comparison_pooled": [row for metric in metrics for row in compare_pooled(judged, metric)],
    }


def _calibration(last: JudgedFold, areas: npt.NDArray[np.object_]) -> dict[str, Any]:
    return {
        "bins": calibration_bins(last.champion, last.test, last.clusters),
        "areas": calibration_by(areas, last.champion, last.test, last.clusters),
    }


def _fold_reports(study: Study, folds: list[JudgedFold], settings: Settings) -> list[dict[str, Any]]:
    """Every fold, the last one with how families are ranked of which nothing was learned."""
    reports = [fold_report(study, fold) for fold in folds]
    return [*reports[:-1], reports[-1] | unseen_households_auc(study, folds[-1], settings=settings)]


def _stability(study: Study, folds: list[JudgedFold], seeds: dict[str, Any] | None) -> dict[str, Any] | None:
    """What changes from one fold to the next when each is made by the same procedure; null with one fold and no `seeds`."""
    by_fold = [_between_folds(study, before, after) for before, after in pairwise(folds)]
    if not by_fold and seeds is None:
        return None
    names = ("list_overlap", "same_families_overlap", "reason_flips")
    return {**{name: _mean([row[name] for row in by_fold]) for name in names}, "by_fold": by_fold, "seeds": seeds}


def _between_folds(study: Study, before: JudgedFold, after: JudgedFold) -> dict[str, Any]:
    values = study.values[after.fold.test]
    earlier_model, later_model = before.fitted.champion, after.fitted.champion
    earlier_score = earlier_model.explain(values).score
    earlier_lists = proposed_by(study, after, before.model(with_intervals=before.shows_intervals), earlier_score)
    return {
        "from": before.date,
        "to": after.date,
        "n": len(after.test),
        "list_overlap": list_overlap(before.champion, after.champion, before.proposed, after.proposed),
        "same_families_overlap": list_overlap(earlier_score, after.champion, earlier_lists, after.proposed),
        "reason_flips": reason_flips(earlier_model, later_model, values),
    }


def _mean(values: list[float | None]) -> float | None:
    """The mean of the values that are not null; null where all are."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _score_drift(study: Study, folds: list[JudgedFold]) -> list[dict[str, Any]]:
    """Between successive test dates, how the scores of the first fold's model moved: it learned from none of those dates."""
    model = folds[0].fitted.champion
    scores = [model.explain(study.values[fold.fold.test]).score for fold in folds]
    rows = []
    for (before, after), (earlier, later) in zip(pairwise(folds), pairwise(scores), strict=True):
        base_rates = base_rate_drift(before.test, after.test, before.clusters, after.clusters)
        rows.append({"from": before.date, "to": after.date, **score_drift(earlier, later), **base_rates})
    return rows


def _notes(study: Study, folds: list[JudgedFold], areas: npt.NDArray[np.object_]) -> list[Note]:
    """What this evaluation cannot say, and why."""
    notes = [note("forecast")]
    if study.dictionary.synthetic:
        notes.append(note("synthetic"))
    mentors = len(study.panel.mentor_id.drop_null().unique())
    if not mentors:
        notes.append(note("no_mentors"))
    elif mentors == 1:
        notes.append(note("one_mentor"))
    elif mentors < MIN_CLUSTERS:
        notes.append(note("few_mentors", mentors=mentors, least=MIN_CLUSTERS))
    if not len(study.events):
        notes.append(note("no_events"))
    repeated = repeated_households(study.panel)
    if repeated:
        notes.append(note("repeated_households", count=f"{repeated:,}"))
    if all(area is None for area in areas):
        notes.append(note("no_areas"))
    if len(folds) < 2:
        notes.append(note("one_date"))
    return [*notes, *_notes_on_lists(study, folds[-1])]


def _notes_on_lists(study: Study, last: JudgedFold) -> list[Note]:
    """Why nobody would be listed; else how little the lists rest on. And whether they depend on a ranking at all."""
    ready, days = study.programme.bands.ready, study.programme.max_data_age_days
    nobody = note_on_band(last.test, last.proposed, last.champion, ready=ready, days=days)
    few = nobody or note_on_lists(last.judged["champion"].figures) or note_on_top(last.test)
    return [found for found in (few, note_on_caseloads(last.test)) if found]


def _notes_on_full(full: bool, left_out: dict[str, Any] | None) -> list[Note]:
    if not full:
        return [note("not_full")]
    return [] if left_out else [note("no_large_area", least=MIN_LABELLED_IN_AREA)]
