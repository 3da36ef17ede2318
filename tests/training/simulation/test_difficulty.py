"""The simulation is not easier than life: a simple model does about as well on it as on real panels, and no better."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.training.simulation.factory import Simulated

START, END, TOLERANCE = 4, 7, 1
"""The window of the target in quarters from the as-of date, and how far a visit may be from its ends."""
KNOWN = END + TOLERANCE + 1
"""Quarters until the label is known: the visits of the window's last quarter are reported in the next one."""
NOBODY, UNKNOWN, BELOW = -2, -1, 0
"""What may stand for a quarter instead of a visit with enough income, which is 1."""


@dataclass(frozen=True)
class LaterDate:
    """The households of a later date: label, the two scores to compare, and income in poverty lines."""

    label: pd.Series
    blend: pd.Series
    consumption: pd.Series
    income: pd.Series
    mentor: pd.Series


def sustained(panel: pd.DataFrame) -> pd.Series:
    """The target label from the household's later visits; NaN where nobody came near an end, or an income is unknown."""
    dates = pd.Index(sorted(panel["as_of"].unique()))
    ratio = panel["income_excl_aid_pc_idr"] / panel["poverty_line_idr"]
    quarter, (household, _) = dates.get_indexer(panel["as_of"]), pd.factorize(panel["household_id"])
    visits = np.full((household.max() + 1, len(dates) + KNOWN), NOBODY)
    visits[household, quarter] = np.where(ratio.isna(), UNKNOWN, ratio >= 1.2)
    days = np.array([day.toordinal() for day in dates])
    label = np.full(len(panel), np.nan)
    for row, (own, now) in enumerate(zip(household, quarter, strict=True)):
        if now + END + TOLERANCE < len(dates):
            first, last = (nearest(visits[own], now + ahead, days) for ahead in (START, END))
            if first is not None and last is not None:
                seen = visits[own, first : last + 1]
                label[row] = np.nan if (seen == UNKNOWN).any() else (seen != BELOW).all()
    return pd.Series(label, panel.index)


def nearest(visits: np.ndarray, quarter: int, days: np.ndarray) -> int | None:
    """The quarter of the visit nearest to a quarter's end, the earlier of two as near; None where nobody came."""
    near = [quarter + step for step in range(-TOLERANCE, TOLERANCE + 1) if visits[quarter + step] != NOBODY]
    return min(near, key=lambda other: (abs(days[other] - days[quarter]), other), default=None)


def features(simulated: Simulated) -> pd.DataFrame:
    columns = {}
    for field in simulated.dictionary.features:
        values = simulated.panel[field.name]
        coded = values.map({code: index for index, code in enumerate(field.categories)}) if field.categories else values
        columns[field.name] = coded.astype(float) / (simulated.panel[field.per] if field.per else 1.0)
    table = pd.DataFrame(columns)
    return table.clip(table.quantile(0.01), table.quantile(0.99), axis=1)


@pytest.fixture(scope="module")
def later(simulated: Simulated) -> LaterDate:
    table, label = features(simulated), sustained(simulated.panel)
    dates = sorted(simulated.panel["as_of"].unique())
    train = simulated.panel["as_of"].le(dates[-2 * KNOWN]) & label.notna()
    test = simulated.panel["as_of"] == dates[-KNOWN]
    linear = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=0.03, max_iter=500))
    trees = lgb.LGBMClassifier(
        n_estimators=150,
        num_leaves=7,
        learning_rate=0.05,
        min_child_samples=40,
        colsample_bytree=0.5,
        reg_lambda=5,
        n_jobs=1,
        random_state=0,
        verbose=-1,
    )
    probabilities = [
        model.fit(table[train], label[train]).predict_proba(table[test])[:, 1] for model in (linear, trees)
    ]
    blend = np.mean([np.log(probability / (1 - probability)) for probability in probabilities], axis=0)
    now = table[test]
    return LaterDate(
        label[test],
        pd.Series(blend, now.index),
        now["consumption_pc_idr"],
        now["income_excl_aid_pc_idr"],
        simulated.panel.loc[test, "mentor_id"],
    )


def auc(later: LaterDate, scores: pd.Series, among: pd.Series) -> float:
    chosen = among & later.label.notna() & scores.notna()
    return float(roc_auc_score(later.label[chosen], scores[chosen]))


def test_a_model_learns_something_but_not_too_much(later: LaterDate) -> None:
    assert 0.12 <= later.label.mean() <= 0.20
    assert 0.65 <= auc(later, later.blend, later.income.notna()) <= 0.78


def test_among_those_below_the_target_now_it_is_harder(later: LaterDate) -> None:
    assert 0.58 <= auc(later, later.blend, later.income < 1.2) <= 0.75


def test_the_model_beats_consumption_and_consumption_beats_chance(later: LaterDate) -> None:
    known = later.consumption.notna()
    assert auc(later, later.blend, known) > auc(later, later.consumption, known) + 0.02 > 0.57


def test_the_ten_first_of_each_mentor_are_better_chosen_by_the_model(later: LaterDate) -> None:
    def first_ten(scores: pd.Series) -> float:
        ranked = scores.sort_values(ascending=False).index
        listed = later.mentor.loc[ranked].groupby(later.mentor.loc[ranked]).head(10).index
        return float(later.label[listed].mean())

    assert first_ten(later.blend) > first_ten(later.consumption) > later.label.mean()


def test_mentors_have_some_ten_to_twenty_families_worth_a_visit(later: LaterDate) -> None:
    ready = (later.blend > np.log(0.4 / 0.6)).groupby(later.mentor).sum()
    assert 8 <= ready.median() <= 25
