"""Every notebook runs from top to bottom, and what it tells is so."""

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


def claims_no_more_than_its_intervals(comparison: pd.DataFrame) -> None:
    """A verdict other than indistinguishable only where zero lies outside."""
    assert ((comparison["low"] > 0) == (comparison["verdict"] == "better")).all()
    assert ((comparison["high"] < 0) == (comparison["verdict"] == "worse")).all()


def test_look_at_a_panel() -> None:
    names = run("01_look_at_a_panel")
    claims_no_more_than_its_intervals(names["comparison"])
    assert names["fitted"].chosen not in set(names["comparison"]["against"])
    assert names["figures"].loc["baseline:prior", "auc"] == 0.5
    assert np.isclose(names["explained"].score[0], max(names["forecasts"][names["fitted"].chosen]))
    assert len(names["reasons"]) == 5
    assert names["by_date"]["labelled"].iloc[-1] == 0  # what the last date led to is not known yet


def test_train_and_compare_beats_chance_and_claims_no_more_than_its_intervals() -> None:
    names = run("02_train_and_compare")
    comparison = names["comparison"].set_index(["metric", "against"])
    assert comparison.loc[("auc", "baseline:prior"), "verdict"] == "better"
    claims_no_more_than_its_intervals(names["comparison"])
    assert names["evaluation"]["folds"][-1]["chosen"] not in set(names["comparison"]["against"])
    auc, listed = (comparison.loc[metric, "verdict"] for metric in ("auc", "precision_at_quota"))
    assert (auc == "better").mean() > 0.5 > (listed == "better").mean()  # as the notebook says of 1,500 families
    assert names["folds"]["auc"].between(0.65, 0.80).all()
    assert (names["choice"]["above_best"] <= names["choice"]["standard_error"])[names["chosen"]]


def test_what_is_told_of_a_family_and_of_a_district_adds_up() -> None:
    names = run("03_explain_a_family_and_a_district")
    score = names["score"]
    assert np.isclose(1 / (1 + np.exp(-names["margin"])), score[names["place"]])
    assert np.isclose(names["starts"][-1] + names["steps"].iloc[-1], names["margin"])
    summary = names["summary"]
    assert abs((summary["families"] * summary["margin_above_everyone"]).sum()) < 1e-6
    assert summary["families"].sum() == len(score)
    assert np.allclose(names["held_back"].sum(), 1)
    told = {
        language: sum(len(names["spoken"][language, way]) for way in ("helps", "hinders")) for language in ("id", "en")
    }
    assert told["id"] == told["en"] > 0


def test_the_audit_lists_nobody_who_is_not_eligible_and_judges_no_small_group() -> None:
    names = run("04_audit_groups_and_harm")
    curve, unguarded, groups = names["curve"], names["unguarded"], names["groups"]
    assert (curve["not_eligible"] == 0).all()
    assert unguarded["not_eligible"].iloc[-1] > 0
    assert curve["listed"].is_monotonic_increasing
    assert curve["precision"].iloc[0] > names["test"].y[names["known"]].mean()
    assert groups.loc[groups["ready"] < 30, "recall"].isna().all()
    assert groups["recall"].notna().any()
    assert (groups["low"].dropna() <= groups["high"].dropna()).all()


def test_weighting_brings_the_graduates_nearer_to_the_truth_but_not_to_it() -> None:
    names = run("05_selective_labels_against_the_truth")
    estimates, by_mentor = names["estimates"], names["by_mentor"]
    assert (estimates["naive"] > estimates["truth"] + 0.05).all()
    assert ((estimates["weighted"] - estimates["truth"]).abs() < (estimates["naive"] - estimates["truth"]).abs()).all()
    assert (estimates["weighted"] > estimates["truth"]).all()
    assert estimates["truth"].between(estimates["low"], estimates["high"]).all()
    assert by_mentor.loc["lenient", "graduated_per_1000"] > by_mentor.loc["strict", "graduated_per_1000"]
    assert by_mentor["truth_among_all"].max() - by_mentor["truth_among_all"].min() < 0.1
