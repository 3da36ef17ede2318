"""Choosing between the candidates, which rows each fit learns from, and fits that once went wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduasi.readiness.features import Feature
from graduasi.readiness.preparation import fit_preparation
from graduasi_training.fitting import selection
from graduasi_training.fitting.design import fit_standardisation
from graduasi_training.fitting.linear_and_trees import tree_parameters
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression
from graduasi_training.fitting.selection import fit_and_choose, sample_households
from graduasi_training.judging.clusters import mean_by_household
from graduasi_training.study.rows import TrainingRows
from tests.made_up.learned_model import FEATURES, QUICK, fit_small, training_rows
from tests.made_up.small_programme import SMALL


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


@pytest.mark.parametrize(("seed", "chosen"), [(4, "logistic"), (5, "logistic"), (8, "additive"), (16, "additive")])
def test_the_simplest_candidate_that_is_not_worse_than_the_best_beyond_doubt_is_chosen(seed, chosen):
    fitted = fit_small(seed)
    assert min(fitted.log_loss, key=fitted.log_loss.get) == "blend"
    close = [name for name, (above, error) in fitted.excess.items() if above <= selection.DOUBT * error]
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


LAND = SMALL.fields["land_ha"]
FREE = (
    Feature("land_ha", LAND, "value"),
    *(Feature(f"land_ha__{name}", LAND, name) for name in ("previous", "mean", "slope")),
)
"""Four numbers that may move readiness either way."""


def moving_rows(rng, level, *, households=3000, columns=4):
    """Yearly rows whose log-odds are those of a straight line and the level of their date, and labels known a year later."""
    date = np.repeat(np.arange(len(level)), households)
    values = rng.normal(size=(len(date), columns))
    margin = values @ np.array([0.9, -0.6, 0.3, 0.0]) - 0.5 + np.asarray(level)[date]
    y = (rng.random(len(date)) < expit(margin)).astype(float)
    day = (date * 365).astype(np.int32)
    household = np.tile(np.arange(households, dtype=np.int32), len(level))
    return TrainingRows(values, y, household, day, day + 365)


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "blend"])
def test_a_base_rate_that_moved_before_the_forecast_is_counted_once(name):
    """Inner models know only earlier dates: what they lacked of a later level was once added to parts that had learned it."""
    rng = np.random.default_rng(5)
    fitted = fit_and_choose(moving_rows(rng, [0, 0, 0, 0, 0, 1, 1, 1]), FREE, settings=QUICK)
    later = moving_rows(rng, [1], households=20_000)
    truth = later.values @ np.array([0.9, -0.6, 0.3, 0.0]) + 0.5
    forecast = fitted.candidates[name].explain(later.values).margin
    assert forecast.mean() == pytest.approx(truth.mean(), abs=0.05)


def test_a_field_typed_in_another_unit_in_later_years_decides_no_score():
    """A land area in square metres instead of hectares once gave margins in the hundreds."""
    rng = np.random.default_rng(6)
    model = fit_and_choose(moving_rows(rng, [0] * 5), FREE, settings=QUICK).candidates["logistic"]
    later = moving_rows(rng, [0]).values
    usual = model.explain(later).margin
    later[::3, 0] *= 30_000
    assert np.abs(model.explain(later).margin - usual).max() < 2 * 3 * 0.9  # from one end of the range to the other


def test_a_field_that_hardly_any_row_of_training_lacked_moves_nobody_when_a_quarter_lack_it():
    rng = np.random.default_rng(7)
    rows = moving_rows(rng, [0] * 4)
    few = rng.permutation(len(rows.y))[:8]  # 0.07 % of the rows, and all of them ready
    values, y = rows.values.copy(), rows.y.copy()
    values[few, 3], y[few] = np.nan, 1.0
    fitted = fit_and_choose(replace(rows, values=values, y=y), FREE, settings=QUICK)
    later = moving_rows(rng, [0]).values
    known, later[::4, 3] = later.copy(), np.nan
    for model in fitted.candidates.values():
        assert (model.explain(later).margin - model.explain(known).margin)[::4].mean() == pytest.approx(0.0, abs=0.1)


def test_a_rare_category_carries_no_large_weight():
    rng = np.random.default_rng(8)
    flags = np.zeros((10_000, 2))
    flags[:20, 0] = flags[:40, 1] = 1.0  # too few rows to be used, and few
    y = (rng.random(10_000) < 0.3).astype(float)
    y[:40] = 1.0
    standardisation = fit_standardisation(flags)
    weight = SignedLogisticRegression(C=0.03).fit(standardisation.apply(flags), y).coef_ / standardisation.spread
    assert weight[0] == 0.0
    unscaled = SignedLogisticRegression(C=0.03).fit((flags - flags.mean(axis=0)) / flags.std(axis=0), y)
    assert 0 < weight[1] < 0.75 * (unscaled.coef_ / flags.std(axis=0))[1]
