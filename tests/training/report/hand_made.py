"""An evaluation with every part filled in by hand, and one with every part left null."""

import copy
from typing import Any

CANDIDATES = ("logistic", "lightgbm", "blend", "champion", "baseline:prior", "baseline:income_only")
NULLABLE = (
    "list_curve", "calibration", "intervals", "conformal", "score_drift", "stability", "areas_left_out", "other_labels",
    "selective_labels", "relapse", "tuning", "incumbent",
)  # fmt: skip


def figures(auc: float = 0.7) -> dict[str, Any]:
    listed = {
        "precision": 0.5,
        "precision_low": 0.4,
        "precision_high": 0.6,
        "recall": 0.3,
        "harm": 0.1,
        "harm_low": 0.05,
        "harm_high": 0.2,
    }
    return {
        "auc": auc, "auc_low": auc - 0.03, "auc_high": auc + 0.03, "average_precision": 0.3, "precision_at_10pct": 0.4,
        "precision_at_10pct_low": 0.3, "precision_at_10pct_high": 0.5, "precision_at_quota": 0.5, "precision_at_quota_low": 0.4,
        "precision_at_quota_high": 0.6, "harm_at_quota": 0.1, "listed": 300, "listed_labelled": 250, "precision_at_quota_bounds": [0.4, 0.6],
        "brier": 0.1, "log_loss": 0.34, "ece": 0.02, "calibration_slope": 0.9, "calibration_intercept": -0.1, "recall_at_quota": 0.3,
        "precision_at_quota_macro": {"value": 0.48, "low": 0.4, "high": 0.55, "mentors": 40},
        "at_quota_share": {part: {**listed, "listed": 3 * int(part), "labelled": 2 * int(part), "bounds": [0.4, 0.6]} for part in ("50", "100", "150")},
    }  # fmt: skip


def fold(day: str) -> dict[str, Any]:
    return {
        "test_as_of": day, "train_rows": 10_000, "test_rows": 4_000, "labelled_rows": 3_500, "competing_rows": 20, "base_rate": 0.13, "chosen": "blend",
        "selection": {name: {"log_loss": 0.34 + 0.01 * n, "excess": [0.01 * n, 0.002]} for n, name in enumerate(CANDIDATES[:3])},
        "candidates": {name: figures(0.7 - 0.02 * n) for n, name in enumerate(CANDIDATES)},
    }  # fmt: skip


def whole() -> dict[str, Any]:
    gain = {"metric": "auc", "difference": 0.1, "low": 0.05, "high": 0.15, "verdict": "better"}
    bins = [
        {"n": 350, "score": 0.04 * n, "observed": 0.04 * n, "low": 0.04 * n - 0.02, "high": 0.04 * n + 0.02}
        for n in range(1, 11)
    ]
    curve = [
        {"per_mentor": k, "listed": 40 * k, "labelled": 35 * k, "precision": 0.6 - 0.01 * k, "low": 0.5 - 0.01 * k, "high": 0.7 - 0.01 * k, "harm": 0.1,
         "harm_low": 0.05, "harm_high": 0.15} for k in range(1, 21)
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
            {**gain, "against": "baseline:prior", "metric": "precision_at_quota"},
        ],
        "groups": {"head_is_female": {
            "true": {"n": 900, "base_rate": 0.1, "precision_at_quota": 0.5, "precision_at_quota_low": 0.4, "precision_at_quota_high": 0.6, "recall_at_quota": 0.3,
                     "recall_at_quota_low": 0.2, "recall_at_quota_high": 0.4, "calibration_slope": 0.9, "ece": 0.02},
            "false": {"n": 12, "note": "too few"}}},
        "list_curve": curve,
        "calibration": {"bins": bins, "areas": {"32.01": {"n": 900, "base_rate": 0.1, "calibration_slope": 0.9, "low": 0.7, "high": 1.2, "ece": 0.02}, "32.02": {"n": 9, "note": "too few"}}},
        "intervals": {"nominal": 0.9, "next_period": {"n": 3_500, "bins": bins}, "areas": {"32.01": {"n": 900, "observed": 0.1, "low": 0.08, "high": 0.15}}},
        "conformal": {"nominal": 0.9, "both": 0.8, "neither": 0.0, "coverage": {"ready": 0.91, "not_ready": 0.89}},
        "score_drift": [{"from": "2024-12-31", "to": "2025-03-31", "psi": 0.02, "ks": 0.03, "n_from": 4_000, "n_to": 4_010}],
        "stability": {"list_overlap": 0.61, "reason_flips": 0.2, "seeds": None},
        "areas_left_out": {"32.01": {"n": 900, "auc": 0.69, "auc_low": 0.65, "auc_high": 0.73, "calibration_slope": 0.8}, "32.02": {"n": 9, "note": "too few"}},
        "other_labels": {"graduated_and_stayed_out": {"n": 800, "base_rate": 0.05, "competing": {"moved": 7}, "known_by": "2025-03-31", "champion": figures()}, "given": {"n": 0, "note": "not mature"}},
        "selective_labels": {"label": "graduated_and_stayed_out", "metric": "precision_at_quota", "naive": 0.7, "weighted": 0.6, "bounds": [0.4, 0.8], "truth": 0.58, "by_label": {}},
        "relapse": {"n": 400, "base_rate": 0.2, "auc": 0.62, "auc_low": 0.55, "auc_high": 0.69, "brier": 0.15, "brier_prior": 0.16},
        "tuning": {
            "trials": 20, "trials_asked": 20, "seconds": 61.0, "window": {"known_by": "2019-03-31", "rows": 900, "households": 300},
            "chosen": {"C": 0.03, "trees": 100, "leaves": 5}, "best": {"C": 0.1, "trees": 300, "leaves": 8},
            "log_loss_chosen": 0.341, "log_loss_best": 0.340, "log_loss_default": 0.342, "standard_error": 0.002,
            "gain_later": {"log_loss": {"difference": 0.001, "low": -0.001, "high": 0.003, "verdict": "indistinguishable"}, "test_as_of": "2019-03-31", "n": 400},
        },
        "incumbent": {"comparison": [{"metric": "auc", "difference": 0.01, "low": -0.01, "high": 0.03, "verdict": "indistinguishable"}]},
        "notes": ["There are no events, so competing exits cannot be told apart from missing labels."],
    }  # fmt: skip


def bare(*notes: str) -> dict[str, Any]:
    """The same run where nothing optional was estimated, on a panel without mentors, areas or groups."""
    found = (
        copy.deepcopy(whole())
        | dict.fromkeys(NULLABLE)
        | {"groups": {}, "primary_metric": "precision_at_10pct", "notes": list(notes)}
    )
    for one in found["folds"]:
        for candidate in one["candidates"].values():
            candidate.update({key: None for key in candidate if "quota" in key or key.startswith("listed")})
    found["comparison"] = [row for row in found["comparison"] if row["metric"] == "auc"]
    return found
