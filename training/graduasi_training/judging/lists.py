"""The mentors' lists of a test date, as they would have been: precision, recall and harm at any length.

The champion's lists are those that mentors would have got: only families in band ready, at most the quota, so that many places
may stay empty (`HeldOut.as_proposed`). Any other ranking fills as many places of each mentor with its own first choices
(`HeldOut.with_as_many_places`). Lists are judged among the families whose outcome is known. Families with equal scores share
the last places, so every figure is the expected value over random order.
"""

from typing import Any

import numpy as np

from graduasi.arrays import Array
from graduasi.lists.places import share_of_places
from graduasi_training.judging.clusters import Clusters
from graduasi_training.judging.held_out import HeldOut
from graduasi_training.judging.jackknife import left_out, rate
from graduasi_training.notes import Note, note

QUOTA_SHARES = {"50": 0.5, "100": 1.0, "150": 1.5}
"""Lengths of the list at which a candidate is judged, as parts of the quota."""
MIN_LABELLED_PER_MENTOR = 5
"""A mentor with fewer labelled families on the list has no precision of their own."""
LEAST_SHARE = 1e-9
"""Less of a list than this is nothing but the rounding of a difference."""
TOP_SHARE = 0.1
"""Without mentors, the part of the cohort that is on the one list."""
FEW_LABELLED_ON_LIST = 30
"""Fewer labelled families on the lists get a note."""


def listed(probability: Array, test: HeldOut, *, quota: int | None = None) -> Array:
    """Each family's share (0 to 1) of a place on its mentor's list; without mentors, on one list of the top tenth."""
    group = test.mentor if test.has_mentors else np.zeros(len(test), dtype=np.intp)
    if not test.has_mentors:
        quota = max(1, round(TOP_SHARE * len(test)))
    limit = test.quota if quota is None else quota
    most = limit if test.places is None else np.minimum(limit, test.places)
    return share_of_places(group, probability, quota=most, eligible=test.eligible)


def places_of(test: HeldOut) -> int:
    """How many places all lists have together: the quota times the mentors who have a family in the cohort.

    Families without a mentor stand on a list of their own, as in a list file.
    """
    return test.quota * len(np.unique(test.mentor))


def list_figures(probability: Array, test: HeldOut, clusters: Clusters) -> dict[str, Any]:
    """The figures at the quota, at parts of it, and averaged over mentors; null without mentors."""
    if not test.has_mentors:
        return _null_figures()
    shares = {
        name: judge_list(listed(probability, test, quota=places(test.quota, part)), test, clusters)
        for name, part in QUOTA_SHARES.items()
    }
    whole, at_quota = shares["100"], listed(probability, test)
    return {
        **{
            f"{name}_at_quota{end}": whole[f"{name}{end}"]
            for name in ("precision", "recall", "harm")
            for end in ("", "_low", "_high")
        },
        "listed": whole["listed"],
        "listed_labelled": whole["labelled"],
        "quota_filled": float(at_quota.sum()) / places_of(test),
        "forecast_at_quota": _mean_forecast(probability, at_quota * test.labelled),
        "precision_at_quota_bounds": whole["bounds"],
        "precision_at_quota_macro": _mean_over_mentors(at_quota, test, clusters),
        "at_quota_share": shares,
    }


def _null_figures() -> dict[str, Any]:
    rates = ("precision_at_quota", "recall_at_quota", "harm_at_quota")
    names = [f"{name}{end}" for name in rates for end in ("", "_low", "_high")]
    names += ["listed", "listed_labelled", "quota_filled", "forecast_at_quota", "precision_at_quota_bounds"]
    return dict.fromkeys([*names, "precision_at_quota_macro", "at_quota_share"])


def places(quota: int, part: float) -> int:
    """A part of the quota in whole places, at least one; halves are rounded up."""
    return max(1, int(quota * part + 0.5))


def judge_list(share: Array, test: HeldOut, clusters: Clusters) -> dict[str, Any]:
    """Precision, recall and harm of one set of lists, with intervals, and bounds for the unlabelled families.

    `share` is each family's share of a place. The bounds take all unlabelled families as not ready, then all as ready.
    """
    known, harm_known = test.labelled, ~np.isnan(test.harm)
    ready = np.nan_to_num(test.y)
    hits, labelled, total = float((share * ready).sum()), float(share[known].sum()), float(share.sum())
    return {
        **rate(share * ready, share * known, clusters).figures("precision"),
        **rate(share * ready, ready, clusters).figures("recall"),
        **rate(share * np.nan_to_num(test.harm), share * harm_known, clusters).figures("harm"),
        "listed": round(total),
        "labelled": round(labelled),
        "harm_known": round(float(share[harm_known].sum())),
        "bounds": [hits / total, (hits + total - labelled) / total] if total else None,
    }


def _mean_forecast(probability: Array, share: Array) -> float | None:
    """The mean forecast of the listed families whose outcome is known; null where there is none."""
    total = float(share.sum())
    return float((share * probability).sum()) / total if total else None


def _mean_over_mentors(share: Array, test: HeldOut, clusters: Clusters) -> dict[str, Any] | None:
    """The mean of the mentors' own precisions, each mentor counting once; null where no mentor has labelled families enough."""
    mentors, mentor_index = np.unique(test.mentor, return_inverse=True)
    ready_share, known_share = share * np.nan_to_num(test.y), share * test.labelled
    hits, labelled = np.bincount(mentor_index, weights=ready_share), np.bincount(mentor_index, weights=known_share)
    judged = (labelled >= MIN_LABELLED_PER_MENTOR) & (mentors >= 0)
    if not judged.any():
        return None
    precision = np.divide(hits, labelled, out=np.zeros(len(hits)), where=judged)
    pair, pair_of_row = np.unique(clusters.of_row * len(mentors) + mentor_index, return_inverse=True)
    cluster, mentor = np.divmod(pair, len(mentors))
    own_hits, own_labelled = (np.bincount(pair_of_row, weights=values) for values in (ready_share, known_share))
    left = labelled[mentor] - own_labelled  # of each mentor's list without each of the clusters that are on it
    stays = judged[mentor] & (left > LEAST_SHARE)
    precision_left = np.divide(hits[mentor] - own_hits, left, out=np.zeros(len(pair)), where=stays)
    change = np.where(judged[mentor], precision_left - precision[mentor], 0.0)
    total = precision.sum() + np.bincount(cluster, weights=change, minlength=clusters.count)
    count = judged.sum() - np.bincount(cluster, weights=judged[mentor] & ~stays, minlength=clusters.count)
    without = np.divide(total, count, out=np.full(clusters.count, np.nan), where=count > 0)
    bears = np.bincount(cluster, weights=own_labelled * judged[mentor], minlength=clusters.count) > 0
    value = float(precision[judged].mean())
    low, high = left_out(value, without, bears).within_0_and_1(float(labelled[judged].sum()))
    return {"value": value, "low": min(low, value), "high": max(high, value), "mentors": int(judged.sum())}


def list_curve(probability: Array, test: HeldOut, clusters: Clusters) -> list[dict[str, Any]] | None:
    """Precision and harm against the length of the list, up to twice the quota; null without mentors."""
    if not test.has_mentors:
        return None
    rows = []
    for length in range(1, 2 * test.quota + 1):
        figures = judge_list(listed(probability, test, quota=length), test, clusters)
        rows.append(
            {
                "per_mentor": length,
                "listed": figures["listed"],
                "labelled": figures["labelled"],
                "precision": figures["precision"],
                "low": figures["precision_low"],
                "high": figures["precision_high"],
                **{name: figures[name] for name in ("harm", "harm_low", "harm_high", "harm_known")},
            }
        )
    return rows


def note_on_lists(figures: dict[str, Any]) -> Note | None:
    """A note where the figures of the lists rest on few outcomes; none without lists."""
    labelled, total = figures["listed_labelled"], figures["listed"]
    if total is None or (labelled >= FEW_LABELLED_ON_LIST and labelled >= total / 2):
        return None
    return note("few_listed", listed=total, seen=labelled)


def note_on_top(test: HeldOut) -> Note | None:
    """Without mentors: a note where the top tenth of the labelled is a handful of families, or few have a label."""
    known = int(test.labelled.sum())
    top = max(1, round(TOP_SHARE * known))
    if test.has_mentors or (top >= FEW_LABELLED_ON_LIST and known >= len(test) / 2):
        return None
    return note("few_in_top", known=known, families=len(test), top=top)
