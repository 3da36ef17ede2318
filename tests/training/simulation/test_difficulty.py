"""The simulation is no easier than life: what a simple model learns on it stays within what real panels show."""

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

AFTER, HOLD = 4, 4


@dataclass(frozen=True)
class Judged:
    """A later period: the label, each score, and income in poverty lines on the day."""

    label: pd.Series
    blend: pd.Series
    consumption: pd.Series
    income: pd.Series
    mentor: pd.Series


def sustained(panel: pd.DataFrame) -> pd.Series:
    """The target label, in the household's own rows; NaN where it cannot be told."""
    ratio = panel["income_excl_aid_pc_idr"] / panel["poverty_line_idr"]
    above = (ratio >= 1.2).astype(float).where(ratio.notna())
    ahead = [above.groupby(panel["household_id"]).shift(-step) for step in range(AFTER, AFTER + HOLD)]
    return pd.concat(ahead, axis=1).min(axis=1, skipna=False)


def features(simulated: Simulated) -> pd.DataFrame:
    columns = {}
    for field in simulated.dictionary.features:
        values = simulated.panel[field.name]
        coded = values.map({code: place for place, code in enumerate(field.categories)}) if field.categories else values
        columns[field.name] = coded.astype(float) / (simulated.panel[field.per] if field.per else 1.0)
    table = pd.DataFrame(columns)
    return table.clip(table.quantile(0.01), table.quantile(0.99), axis=1)


@pytest.fixture(scope="module")
def judged(simulated: Simulated) -> Judged:
    table, label = features(simulated), sustained(simulated.panel)
    dates = sorted(simulated.panel["as_of"].unique())
    tested = dates[-AFTER - HOLD]
    train = simulated.panel["as_of"].le(dates[-2 * (AFTER + HOLD)]) & label.notna()
    test = simulated.panel["as_of"] == tested
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
    chances = [model.fit(table[train], label[train]).predict_proba(table[test])[:, 1] for model in (linear, trees)]
    blend = np.mean([np.log(chance / (1 - chance)) for chance in chances], axis=0)
    now = table[test]
    return Judged(
        label[test],
        pd.Series(blend, now.index),
        now["consumption_pc_idr"],
        now["income_excl_aid_pc_idr"],
        simulated.panel.loc[test, "mentor_id"],
    )


def auc(judged: Judged, scores: pd.Series, among: pd.Series) -> float:
    chosen = among & judged.label.notna() & scores.notna()
    return float(roc_auc_score(judged.label[chosen], scores[chosen]))


def test_a_model_learns_something_but_not_too_much(judged: Judged) -> None:
    assert 0.12 <= judged.label.mean() <= 0.20
    assert 0.65 <= auc(judged, judged.blend, judged.income.notna()) <= 0.78


def test_among_those_below_the_target_now_it_is_harder(judged: Judged) -> None:
    assert 0.58 <= auc(judged, judged.blend, judged.income < 1.2) <= 0.75


def test_the_model_beats_consumption_and_consumption_beats_chance(judged: Judged) -> None:
    known = judged.consumption.notna()
    assert auc(judged, judged.blend, known) > auc(judged, judged.consumption, known) + 0.02 > 0.57


def test_the_ten_first_of_each_mentor_are_better_chosen_by_the_model(judged: Judged) -> None:
    def first_ten(scores: pd.Series) -> float:
        ranked = scores.sort_values(ascending=False).index
        listed = judged.mentor.loc[ranked].groupby(judged.mentor.loc[ranked]).head(10).index
        return float(judged.label[listed].mean())

    assert first_ten(judged.blend) > first_ten(judged.consumption) > judged.label.mean()


def test_mentors_have_some_ten_to_twenty_families_worth_a_visit(judged: Judged) -> None:
    ready = (judged.blend > np.log(0.4 / 0.6)).groupby(judged.mentor).sum()
    assert 8 <= ready.median() <= 25
