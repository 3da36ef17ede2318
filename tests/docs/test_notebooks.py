"""Every notebook runs from top to bottom, and its results are what its text says."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture
def no_windows() -> Iterator[None]:
    before = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


pytestmark = pytest.mark.usefixtures("no_windows")


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(NOTEBOOKS / f"{name}.py"))


def test_every_notebook_has_a_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'run("{path.stem}")' in text for path in NOTEBOOKS.glob("*.py"))


def assert_verdicts_follow_the_intervals(comparison: pd.DataFrame) -> None:
    """Better or worse only where the interval does not contain zero."""
    assert ((comparison["low"] > 0) == (comparison["verdict"] == "better")).all()
    assert ((comparison["high"] < 0) == (comparison["verdict"] == "worse")).all()


def test_the_panel_notebook_compares_candidates_and_explains_the_highest_score() -> None:
    names = run("01_look_at_a_panel")
    assert_verdicts_follow_the_intervals(names["comparison"])
    assert names["fitted"].chosen not in set(names["comparison"]["against"])
    assert names["figures"].loc["baseline:prior", "auc"] == 0.5
    assert np.isclose(names["explained"].score[0], max(names["forecasts"][names["fitted"].chosen]))
    assert len(names["reasons"]) == 5
    assert names["by_date"]["labelled"].iloc[-1] == 0  # what became of families after the last date is not known yet


def test_the_trained_model_beats_chance_and_verdicts_follow_the_intervals() -> None:
    names = run("02_train_and_compare")
    comparison = names["comparison"].set_index(["metric", "against"])
    assert comparison.loc[("auc", "baseline:prior"), "verdict"] == "better"
    assert_verdicts_follow_the_intervals(names["comparison"])
    assert names["evaluation"]["folds"][-1]["chosen"] not in set(names["comparison"]["against"])
    by_auc, by_precision = (comparison.loc[metric, "verdict"] for metric in ("auc", "precision_at_quota"))
    assert (by_auc == "better").mean() >= (by_precision == "better").mean()
    assert names["folds"]["auc"].between(0.65, 0.80).all()
    assert (names["choice"]["above_best"] <= 1.96 * names["choice"]["standard_error"])[names["chosen"]]


def test_the_explanations_of_a_family_and_of_a_district_add_up() -> None:
    names = run("03_explain_a_family_and_a_district")
    score = names["score"]
    assert np.isclose(1 / (1 + np.exp(-names["margin"])), score[names["family"]])
    assert np.isclose(names["starts"][-1] + names["steps"].iloc[-1], names["margin"])
    summary = names["summary"]
    assert abs((summary["families"] * summary["margin_above_everyone"]).sum()) < 1e-6
    assert summary["families"].sum() == len(score)
    assert np.allclose(names["held_back"].sum(), 1)
    counts = {
        language: sum(len(names["sentences"][language, direction]) for direction in ("helps", "hinders"))
        for language in ("id", "en")
    }
    assert counts["id"] == counts["en"] > 0


def test_the_audit_lists_only_eligible_families_and_judges_no_small_group() -> None:
    names = run("04_audit_groups_and_harm")
    curve, unguarded, groups = names["curve"], names["unguarded"], names["groups"]
    assert (curve["not_eligible"] == 0).all()
    assert unguarded["not_eligible"].iloc[-1] > 0
    assert curve["listed"].is_monotonic_increasing
    assert curve["precision"].iloc[0] > names["test"].y[names["known"]].mean()
    assert groups.loc[groups["ready"] < 30, "recall"].isna().all()
    assert groups["recall"].notna().any()
    assert (groups["low"].dropna() <= groups["high"].dropna()).all()


def test_the_weighted_estimate_is_nearer_to_the_truth_than_the_naive_one_but_still_too_high() -> None:
    names = run("05_selective_labels_against_the_truth")
    estimates, by_mentor = names["estimates"], names["by_mentor"]
    assert (estimates["naive"] > estimates["truth"] + 0.05).all()
    assert ((estimates["weighted"] - estimates["truth"]).abs() < (estimates["naive"] - estimates["truth"]).abs()).all()
    assert (estimates["weighted"] > estimates["truth"]).all()
    assert estimates["truth"].between(estimates["low"], estimates["high"]).all()
    assert by_mentor.loc["lenient", "graduated_per_1000"] > by_mentor.loc["strict", "graduated_per_1000"]
    assert by_mentor["truth_among_all"].max() - by_mentor["truth_among_all"].min() < 0.1
