"""Choosing between the candidates, which rows each fit learns from, and fits that once went wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduasi.readiness.preparation import fit_preparation
from graduasi_training.fitting import selection
from graduasi_training.fitting.linear_and_trees import tree_parameters
from graduasi_training.fitting.selection import fit_and_choose, sample_households
from graduasi_training.judging.resampling import mean_by_household
from tests.made_up.learned_model import FEATURES, QUICK, fit_small, training_rows


@pytest.mark.parametrize("constant", [0.1, 0.3, 1 / 3, 1e6 + 0.1])
def test_a_feature_that_never_varied_moves_no_score(constant):
    """The spread of equal values is a rounding error, not zero; dividing by it gave margins of millions."""
    rows = training_rows()
    index = [feature.name for feature in FEATURES].index("land_ha")
    values = rows.values.copy()
    values[:, index] = constant
    model = fit_and_choose(replace(rows, values=values), FEATURES, settings=QUICK).candidates["logistic"]
    other = values.copy()
    other[:, index] = constant * 2
    np.testing.assert_allclose(model.explain(other).margin, model.explain(values).margin, atol=1e-6)


@pytest.mark.parametrize(("seed", "chosen"), [(1, "lightgbm"), (4, "logistic")])
def test_the_simplest_candidate_within_one_standard_error_of_the_best_is_chosen(seed, chosen):
    fitted = fit_small(seed)
    assert min(fitted.log_loss, key=fitted.log_loss.get) == "blend"
    close = [name for name, (above, error) in fitted.excess.items() if above <= error]
    assert fitted.chosen == chosen
    assert chosen in close
    assert ("logistic" in close) == (chosen == "logistic")


def test_the_standard_error_of_a_mean_counts_households_and_not_rows():
    mean, error = mean_by_household(np.array([8.0, 1.0]), np.array([2, 1]))  # two rows of one household, one of another
    assert mean == 3.0
    assert error == pytest.approx(np.sqrt((8 - 2 * 3) ** 2 + (1 - 3) ** 2) / 3)


def test_a_loss_above_the_best_has_a_standard_error_that_counts_households_and_not_rows():
    losses = {"best": np.zeros(20), "other": np.tile([0.2, -0.1], 10)}
    once = selection._excess(losses, np.arange(20))
    twice = selection._excess({name: np.tile(loss, 2) for name, loss in losses.items()}, np.tile(np.arange(20), 2))
    assert twice["other"] == pytest.approx(once["other"])
    assert once["best"] == (0.0, 0.0)


def test_in_the_trees_being_unknown_may_not_raise_the_score_of_a_feature_with_a_declared_effect():
    preparation = fit_preparation(training_rows().values, FEATURES)
    monotone = tree_parameters(FEATURES, preparation, settings=QUICK)["monotone_constraints"]
    indicators = monotone[len(FEATURES) :]
    assert indicators == [-1 if FEATURES[index].effect != "any" else 0 for index in preparation.indicators()]
    assert set(indicators) == {-1, 0}


def test_of_very_many_rows_whole_households_are_drawn(monkeypatch):
    rows = training_rows()
    monkeypatch.setattr(selection, "MAX_INNER_ROWS", len(rows.y) // 2)
    sample = sample_households(rows, np.random.default_rng(0))
    assert len(sample.y) == pytest.approx(len(rows.y) / 2, rel=0.1)
    assert len(sample.y) == np.isin(rows.household, sample.household).sum()
    assert np.ptp(sample.household) > 0.9 * np.ptp(rows.household)  # from everywhere


def test_of_very_many_rows_a_sample_chooses_and_calibrates_and_all_of_them_are_fitted(monkeypatch):
    rows, rows_fitted, fit = training_rows(), [], selection.fit_parts
    monkeypatch.setattr(selection, "MAX_INNER_ROWS", len(rows.y) // 2)
    monkeypatch.setattr(
        selection,
        "fit_parts",
        lambda values, *rest, **options: rows_fitted.append(len(values)) or fit(values, *rest, **options),
    )
    fitted = fit_and_choose(rows, FEATURES, settings=QUICK)
    sample = sample_households(rows, np.random.default_rng(QUICK.seed))
    *inner, last = rows_fitted
    assert last == len(rows.y)
    assert max(inner) < len(sample.y)
    assert set(rows.household[fitted.held_out]) <= set(sample.household)
    assert expit(fitted.margin).mean() == pytest.approx(
        rows.y[fitted.held_out].mean(), abs=1e-3
    )  # they were calibrated on these
