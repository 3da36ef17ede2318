"""An evaluation with every part filled in by hand, and one with every part null that may be."""

import copy
from typing import Any

from graduasi_training.notes import Note, note

CANDIDATES = ("logistic", "additive", "lightgbm", "blend", "champion", "baseline:prior", "baseline:income_only")
NULLABLE = (
    "list_curve", "calibration", "intervals", "conformal", "base_rates", "by_last_visit", "score_drift", "field_drift", "stability", "areas_left_out", "other_labels",
    "selective_labels", "relapse", "tuning", "incumbent", "comparison_pooled", "learning_curve", "decay", "missed", "list_ranges", "themes",
)  # fmt: skip


def ends(name: str, value: float, error: float = 0.1) -> dict[str, float]:
    return {name: value, f"{name}_low": value - error, f"{name}_high": value + error}


def figures(auc: float = 0.7) -> dict[str, Any]:
    listed = {
        **ends("precision", 0.5),
        **ends("recall", 0.3),
        **ends("harm", 0.1),
    }
    return {
        **ends("auc", auc, 0.03), "average_precision": 0.3, **ends("precision_at_10pct", 0.4), **ends("precision_at_quota", 0.5), **ends("recall_at_quota", 0.3),
        **ends("harm_at_quota", 0.1), "listed": 300, "listed_labelled": 250, "quota_filled": 0.75, "precision_at_quota_bounds": [0.4, 0.6],
        "brier": 0.1, "log_loss": 0.34, "ece": 0.02, **ends("calibration_slope", 0.9), "calibration_intercept": -0.1,
        "precision_at_quota_macro": {"value": 0.48, "low": 0.4, "high": 0.55, "mentors": 40},
        "at_quota_share": {part: {**listed, "listed": 3 * int(part), "labelled": 2 * int(part), "harm_known": int(part) + 7, "bounds": [0.4, 0.6]} for part in ("50", "100", "150")},
    }  # fmt: skip


def fold(day: str) -> dict[str, Any]:
    return {
        "test_as_of": day, "train_rows": 10_000, "test_rows": 4_000, "labelled_rows": 3_500, "eligible_rows": 900, "competing_rows": 20, "base_rate": 0.13, "chosen": "blend",
        "selection": {name: {"log_loss": 0.34 + 0.01 * n, "excess": [0.01 * n, 0.002]} for n, name in enumerate(CANDIDATES[:4])},
        "candidates": {name: figures(0.72 - 0.02 * n) for n, name in enumerate(CANDIDATES)},
    }  # fmt: skip


def field_drift() -> dict[str, Any]:
    moved = {
        "status": "ok",
        "n_then": 3_900,
        "n_now": 4_010,
        "psi": 0.02,
        "ks": 0.05,
        "missing_then": 0.02,
        "missing_now": 0.09,
        "missing_change": 0.07,
        "unseen": {},
    }
    return {
        "from": "2019-03-31",
        "through": "2023-12-31",
        "to": "2025-03-31",
        "n_then": 3_900,
        "n_now": 4_010,
        "limits": {"psi": 0.25, "min_rows": 200},
        "fields": {
            "income": {**moved, "status": "alarm", "psi": 0.31},
            "job": {**moved, "ks": None, "unseen": {"driver": 120}},
            "rare_field": {**moved, "status": "not_enough_data", "n_then": 12, "psi": None, "ks": None},
        },
        "alarms": ["income: PSI 0.31 (limit 0.25), KS 0.05 (limit 0.2); the middle value went from about 1 to about 2"],
    }


def selective_labels() -> dict[str, Any]:
    seen = {"metric": "precision_at_quota", "test_as_of": "2024-12-31", "n": 67, "listed": 120, **ends("naive", 0.7), **ends("weighted", 0.6), "positivity": {"smallest": 0.11, "largest": 0.84, "small_share": 0.02}, "balance": {"before": 0.41, "after": 0.06}, "bounds": [0.4, 0.8], **ends("truth", 0.58)}  # fmt: skip
    return {
        "label": "graduated_and_stayed_out",
        **seen,
        "by_label": {
            "graduated_and_stayed_out": seen,
            "sustained": {
                **seen,
                "naive": None,
                "weighted": None,
                "positivity": None,
                "balance": None,
                "truth": None,
                "note": note("selective_few_seen", seen=14, least=30),
            },
            "given": {"n": 0, "note": note("selective_no_events")},
        },
    }


def insight() -> dict[str, Any]:
    gained = [{"against": "part", "metric": "auc", "difference": 0.03, "low": 0.01, "high": 0.05, "verdict": "better"}]
    aged = {"n": 3_500, **ends("auc", 0.66, 0.03), **ends("brier", 0.11, 0.01), "offset": -0.31}
    rule = {
        "rule": ["driver = true", "income < 900000"],
        "n": 140,
        "observed": 61.0,
        "forecast": 40.0,
        **ends("lift", 1.52, 0.2),
    }
    return {
        "learning_curve": [{"part": part, "families": int(8_000 * part), "rows": int(10_000 * part), **ends("auc", 0.6 + 0.1 * part, 0.02), **ends("log_loss", 0.35, 0.01), "left": gained if part < 1 else None} for part in (0.125, 1.0)],
        "decay": [{"model_of": "2024-12-31", "judged_on": day, "age_days": age, **aged, "newer": gained if age else None} for day, age in (("2025-03-31", 90), ("2024-12-31", 0))],
        "missed": {"unlisted": {"n": 3_100, "ready": 410, "rules": [rule]}, "listed": {"n": 90, "ready": 60, "rules": None}},
        "list_ranges": {"shown": True, "nominal": 0.9, "mentors": 37, "held": 33, "above": 3, "below": 1, "families": 9.4, "forecast": 6.1, "observed": 6.4, "low": 4.2, "high": 8.3, "mentor_spread": 0.21},
        "themes": [{"theme": "housing", "features": 7, "loss": 0.012, "loss_low": 0.008, "loss_high": 0.016, "auc": 0.61, "verdict": "worse"}],
    }  # fmt: skip


def whole() -> dict[str, Any]:
    gain = {"metric": "auc", "difference": 0.1, "low": 0.05, "high": 0.15, "verdict": "better"}
    bins = [
        {"n": 350, "score": 0.04 * n, "observed": 0.04 * n, "low": 0.04 * n - 0.02, "high": 0.04 * n + 0.02}
        for n in range(1, 11)
    ]
    curve = [
        {"per_mentor": k, "listed": 40 * k, "labelled": 35 * k, "precision": 0.6 - 0.01 * k, "low": 0.5 - 0.01 * k, "high": 0.7 - 0.01 * k,
         **ends("harm", 0.1, 0.05), "harm_known": 33 * k} for k in range(1, 21)
    ]  # fmt: skip
    return {
        "champion": "blend", "label": "sustained", "primary_metric": "precision_at_quota",
        "data": {"rows": 50_000, "households": 4_000, "snapshots": 80_000, "sha256": "ab" * 32, "mature_rows": 40_000, "first_as_of": "2020-03-31",
                 "last_as_of": "2025-03-31", "synthetic": True},
        "settings": {"trees": {"trees": 150, "leaves": 7}},
        "folds": [fold("2024-12-31"), fold("2025-03-31")],
        "comparison": [
            {**gain, "against": "baseline:prior"},
            {**gain, "against": "logistic", "difference": 0.004, "low": -0.01, "high": 0.02, "verdict": "indistinguishable"},
            {**gain, "against": "lightgbm", "difference": -0.03, "low": -0.05, "high": -0.01, "verdict": "worse"},
            {**gain, "against": "blend", "difference": 0.0, "low": 0.0, "high": 0.0, "verdict": "indistinguishable"},
            {**gain, "against": "baseline:prior", "metric": "precision_at_quota"},
            {**gain, "against": "baseline:prior", "metric": "brier", "difference": 0.0012, "low": 0.0004, "high": 0.002},
        ],
        "comparison_pooled": [{**gain, "against": "baseline:prior", "difference": 0.125, "folds": 2}],
        "groups": {"area_code": {"32.01": {"n": 9, "note": "too few"}}, "missed_meals": {
            "true": {"n": 900, "base_rate": 0.1, "ready": 90, "listed_labelled": 54, **ends("precision_at_quota", 0.5), **ends("recall_at_quota", 0.3),
                     **ends("calibration_slope", 0.9), "ece": 0.02},
            "false": {"n": 12, "note": "too few"}}},
        "list_curve": curve,
        "calibration": {"bins": bins, "areas": {"32.01": {"n": 900, "base_rate": 0.1, "calibration_slope": 0.9, "low": 0.7, "high": 1.2, "ece": 0.02}, "32.02": {"n": 9, "note": "too few"}}},
        "intervals": {"nominal": 0.9, "shown": True, "next_period": {"test_as_of": "2025-03-31", "n": 3_500, "whole": {"n": 3_500, "low": 0.08, "high": 0.16, "observed": 0.12}, "bins": bins}, "areas": {"32.01": {"n": 900, "observed": 0.1, "low": 0.08, "high": 0.15}}},
        "conformal": {"nominal": 0.9, "n": 3_500, "both": 0.8, "neither": 0.0, "coverage": {"ready": 0.91, "not_ready": 0.89}},
        "base_rates": [{"as_of": "2024-12-31", "rows": 4_000, "labelled": 3_900, "base_rate": 0.21}, {"as_of": "2025-03-31", "rows": 4_010, "labelled": 3_950, "base_rate": 0.24}],
        "by_last_visit": {"usual_days": 91, "lately": {"rows": 3_700, "labelled": 3_690, "base_rate": 0.23, "mean_forecast": 0.231}, "longer_ago": {"rows": 310, "labelled": 260, "base_rate": 0.44, "mean_forecast": 0.299}},
        "score_drift": [{"from": "2024-12-31", "to": "2025-03-31", "psi": 0.02, "ks": 0.03, "n_from": 4_000, "n_to": 4_010, **ends("base_rate_change", 0.02, 0.01)}],
        "field_drift": field_drift(),
        "stability": {
            "list_overlap": 0.61, "same_families_overlap": 0.8, "reason_flips": 0.2, "seeds": None,
            "by_fold": [{"from": "2024-12-31", "to": "2025-03-31", "n": 4_010, "list_overlap": 0.61, "same_families_overlap": 0.8, "reason_flips": 0.2}],
        },
        "areas_left_out": {"32.01": {"n": 900, **ends("auc", 0.69, 0.04), **ends("calibration_slope", 0.8)}, "32.02": {"n": 9, "note": "too few"}},
        "leaks": {"strong_auc": 0.85, "telling_auc": 0.7, "features": [{"feature": "income", "rows": 790, "auc": 0.712, "auc_low": 0.69, "auc_unknown": 0.51, "auc_unknown_low": 0.5}]},
        "other_labels": {"graduated_and_stayed_out": {"test_as_of": "2023-12-31", "n": 800, "base_rate": 0.05, "competing": {"moved": 7}, "known_by": "2025-03-31", "champion": figures()}, "given": {"n": 0, "note": "not mature"}},
        "selective_labels": selective_labels(),
        "relapse": {
            "n": 400, "train_rows": 500, "graduates": 1_100, "from": "2023-01-31", "base_rate": 0.2, **ends("auc", 0.62, 0.07), "brier": 0.15, "brier_prior": 0.16,
            "mean_risk": 0.22, "unlike": 0.02, "intervals": {"nominal": 0.9, "shown": True, "bins": bins},
        },
        "tuning": {
            "trials": 20, "trials_asked": 20, "seconds": 61.0, "window": {"known_by": "2019-03-31", "rows": 900, "households": 300},
            "chosen": {"C": 0.03, "trees": 100, "leaves": 5}, "best": {"C": 0.1, "trees": 300, "leaves": 8},
            "log_loss_chosen": 0.341, "log_loss_best": 0.340, "log_loss_default": 0.342, "standard_error": 0.002,
            "gain_later": {"log_loss": {"difference": 0.001, "low": -0.001, "high": 0.003, "verdict": "indistinguishable"}, "test_as_of": "2019-03-31", "n": 400},
        },
        "incumbent": {"version": "7", "note": "the version in service learned from no label of this fold", "comparison": [{"against": "version 7", "metric": "auc", "difference": 0.01, "low": -0.01, "high": 0.03, "verdict": "indistinguishable"}]},
        **insight(),
        "notes": [note("no_events")],
    }  # fmt: skip


def bare(*notes: Note) -> dict[str, Any]:
    """The same run where nothing optional was estimated, on a panel without mentors, areas or groups."""
    evaluation = (
        copy.deepcopy(whole())
        | dict.fromkeys(NULLABLE)
        | {"groups": {}, "primary_metric": "precision_at_10pct", "notes": list(notes)}
    )
    for judged in evaluation["folds"]:
        for candidate in judged["candidates"].values():
            candidate.update({key: None for key in candidate if "quota" in key or key.startswith("listed")})
        judged["candidates"]["baseline:prior"] |= dict.fromkeys(("calibration_slope", "calibration_intercept"))
    evaluation["comparison"] = [row for row in evaluation["comparison"] if row["metric"] == "auc"]
    return evaluation
