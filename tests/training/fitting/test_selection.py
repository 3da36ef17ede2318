"""Each candidate is the best where the truth has its form, and the procedure then takes it or one as good."""

import tomllib

import numpy as np
import pytest
from scipy.special import expit

from graduasi.declarations.dictionary import parse_dictionary
from graduasi.readiness.features import features_of
from graduasi.readiness.trees import parse_trees
from graduasi_training.fitting.linear_and_trees import Settings, TreeSettings
from graduasi_training.fitting.selection import Fitted, fit_and_choose
from graduasi_training.study.rows import TrainingRows
from tests.made_up.learned_model import fit_small

DICTIONARY = """
[dictionary]
name = "numbers"
version = "1"
languages = ["en"]
""" + "".join(
    f"""
[fields.number_{index}]
type = "number"
kind = "context"
label.en = "Number {index}"
source = "test"
"""
    for index in range(5)
)
FREE = features_of(parse_dictionary(DICTIONARY, tomllib.loads(DICTIONARY), file="numbers.toml"))
TRUTHS = {
    "linear": lambda x: x[:, 0] + 0.6 * x[:, 1] - 0.5 * x[:, 2],
    "curves": lambda x: 1.5 * np.sin(2.0 * x[:, 0]) + x[:, 1] ** 2 + np.abs(x[:, 2]) - 1.8,
    "interaction": lambda x: 1.6 * x[:, 0] * np.sign(x[:, 1]),
}
SIMPLE_ENOUGH = {"linear": {"logistic"}, "curves": {"additive", "blend"}, "interaction": {"lightgbm", "blend"}}


def _drawn(seed: int, truth: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 5))
    return values, (rng.random(rows) < expit(TRUTHS[truth](values))).astype(float)


def _fitted(truth: str, *, rows: int = 3000) -> Fitted:
    values, y = _drawn(1, truth, rows)
    day = np.zeros(rows, dtype=np.int32)
    training = TrainingRows(values, y, np.arange(rows, dtype=np.int32), day, day)
    settings = Settings(trees=TreeSettings(trees=100))
    return fit_and_choose(training, FREE, settings=settings)


@pytest.mark.parametrize("truth", TRUTHS)
def test_the_candidate_of_the_truth_s_form_is_best_and_the_one_chosen_is_as_good(truth):
    fitted, (values, y) = _fitted(truth), _drawn(2, truth, 20_000)
    assert fitted.chosen in SIMPLE_ENOUGH[truth]
    losses = {}
    for name, model in fitted.candidates.items():
        margin = model.explain(values).margin
        losses[name] = np.logaddexp(0, margin) - y * margin
    best = min(losses, key=lambda name: losses[name].mean())
    gap = losses[fitted.chosen] - losses[best]
    assert gap.mean() <= 0.002 + 1.96 * gap.std() / np.sqrt(len(y))
    assert (losses["additive"].mean() < losses["lightgbm"].mean()) == (truth != "interaction")


def test_the_trees_of_the_additive_candidate_have_one_split_each_and_others_more():
    fitted = fit_small()
    splits = {
        name: {len(tree.splits) for tree in parse_trees(fitted.candidates[name].trees)}
        for name in ("additive", "lightgbm")
    }
    assert max(splits["additive"]) == 1
    assert max(splits["lightgbm"]) > 1


def test_an_additive_model_gives_a_feature_the_same_effect_whatever_the_others_are():
    fitted = _fitted("interaction", rows=1000)
    low, high = np.zeros((2, 5)), np.zeros((2, 5))
    low[:, 0], high[:, 0] = -1.0, 1.0
    low[:, 1] = high[:, 1] = np.array([-1.0, 1.0])
    for name, is_same in (("additive", True), ("lightgbm", False)):
        model = fitted.candidates[name]
        effects = model.explain(high).margin - model.explain(low).margin
        assert (abs(effects[0] - effects[1]) < 1e-9) == is_same


@pytest.mark.parametrize("base", [-6.5, -1.0])
def test_forecasts_come_true_on_average_and_at_the_top_where_few_are_ready_and_where_many_are(base):
    rng = np.random.default_rng(5)
    values = rng.normal(size=(26_000, 5))
    rate = expit(2.0 * values[:, 0] + base)
    y, household = (rng.random(26_000) < rate).astype(float), np.arange(26_000, dtype=np.int32)
    day = np.zeros(6000, dtype=np.int32)
    settings = Settings(trees=TreeSettings(trees=20, learning_rate=0.2))
    fitted = fit_and_choose(TrainingRows(values[:6000], y[:6000], household[:6000], day, day), FREE, settings=settings)
    forecast = fitted.candidates["logistic"].explain(values[6000:]).score
    top = np.argsort(-forecast)[:1000]
    assert forecast.mean() == pytest.approx(rate[6000:].mean(), rel=0.2)
    assert forecast[top].mean() == pytest.approx(rate[6000:][top].mean(), rel=0.2)


def test_a_visit_that_stands_for_several_dates_counts_on_each_in_the_level_of_the_forecast():
    rng = np.random.default_rng(6)
    values = rng.normal(size=(6000, 5))
    y = (rng.random(6000) < 0.4).astype(float)  # nothing in the values tells who is ready
    dates = np.where(y == 1, rng.choice([1, 5], 6000), 1)  # and ready families are visited less often
    day = np.zeros(6000, dtype=np.int32)
    rows = TrainingRows(values, y, np.arange(6000, dtype=np.int32), day, day, dates=dates)
    fitted = fit_and_choose(rows, FREE, settings=Settings(trees=TreeSettings(trees=20, learning_rate=0.2)))
    forecast = fitted.champion.explain(rng.normal(size=(6000, 5))).score
    assert forecast.mean() == pytest.approx(np.average(y, weights=dates), abs=0.03)
    assert forecast.mean() > y.mean() + 0.1
