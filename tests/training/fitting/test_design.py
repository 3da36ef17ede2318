"""The design matrix of a linear fit: its columns, how numbers are clipped, and how columns are standardised."""

import numpy as np
import pytest

from graduasi.readiness.preparation import fit_preparation
from graduasi_training.fitting.design import (
    by_kind,
    clipped,
    columns_of,
    design_matrix,
    fit_standardisation,
)
from graduasi_training.fitting.linear_and_trees import fit_linear
from graduasi_training.fitting.logistic_regression import SignedLogisticRegression
from tests.made_up.learned_model import FEATURES, training_rows

INDEX = {feature.name: index for index, feature in enumerate(FEATURES)}
THREE = tuple(FEATURES[INDEX[name]] for name in ("income_idr", "floor", "debt_idr"))
"""A number of which more is better, a category (earth, bamboo, tile, cement), and a number of which less is better."""
VALUES = np.array([[1.5, 0.0, 0.0], [np.nan, 2.0, 5.0], [0.5, np.nan, np.nan]])
NUMBERS = np.array([[1.5, 0.0, 0.0], [0.1, 2.0, 5.0], [0.5, np.nan, 9.0]])


def test_a_number_is_one_column_a_category_one_for_each_of_its_values_and_unknown_one_more_where_asked_for():
    columns = columns_of(THREE, indicated=[1, 2])
    assert [(column.feature, column.kind, column.category) for column in columns] == [
        (0, "number", -1),
        (1, "category", 0),
        (1, "category", 1),
        (1, "category", 2),
        (1, "category", 3),
        (1, "unknown", -1),
        (2, "number", -1),
        (2, "unknown", -1),
    ]
    np.testing.assert_array_equal(
        design_matrix(columns, VALUES, NUMBERS),
        [[1.5, 1, 0, 0, 0, 0, 0.0, 0], [0.1, 0, 0, 1, 0, 0, 5.0, 0], [0.5, 0, 0, 0, 0, 1, 9.0, 1]],
    )


def test_a_weight_may_have_the_declared_sign_only_and_being_unknown_may_not_raise_the_score():
    signs = {(column.feature, column.kind): column.sign for column in columns_of(THREE, indicated=[0, 1, 2])}
    assert signs == {
        (0, "number"): 1,
        (0, "unknown"): -1,
        (1, "category"): 0,
        (1, "unknown"): 0,
        (2, "number"): -1,
        (2, "unknown"): -1,
    }


def test_by_kind_numbers_come_first_then_categories_then_indicators():
    kinds = [(column.kind, column.feature) for column in by_kind(columns_of(THREE, indicated=[0, 1, 2]))]
    assert kinds[:2] == [("number", 0), ("number", 2)]
    assert kinds[2:6] == [("category", 1)] * 4
    assert kinds[6:] == [("unknown", 0), ("unknown", 1), ("unknown", 2)]


@pytest.mark.parametrize("layout", ["C", "F"])
def test_the_layout_in_memory_changes_no_value(layout):
    columns = columns_of(THREE, indicated=[2])
    np.testing.assert_array_equal(
        design_matrix(columns, VALUES, NUMBERS, layout=layout), design_matrix(columns, VALUES, NUMBERS)
    )


def test_numbers_far_out_are_moved_to_the_quantiles_and_categories_and_unknowns_stay():
    values = np.column_stack([np.arange(1001.0), np.arange(1001) % 4, np.full(1001, np.nan)])
    values[0, 0] = np.nan
    moved = clipped(values, THREE)
    assert np.isnan(moved[0, 0])
    assert (moved[1, 0], moved[500, 0], moved[-1, 0]) == pytest.approx((10.99, 500.0, 990.01))
    np.testing.assert_array_equal(moved[:, 1], values[:, 1])
    assert np.isnan(moved[:, 2]).all()


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6 + 0.1])
def test_standardised_columns_have_mean_zero_and_spread_one_and_constant_ones_are_zero_in_any_row(constant):
    design = np.column_stack([np.arange(30.0), np.full(30, constant)])
    standardisation = fit_standardisation(design)
    standardised = standardisation.apply(design)
    assert standardised[:, 0].mean() == pytest.approx(0.0)
    assert standardised[:, 0].std() == pytest.approx(1.0)
    np.testing.assert_array_equal(standardisation.apply(np.array([[1.0, 7.0]]))[:, 1], 0.0)


def test_weights_in_the_features_own_units_give_the_margin_of_the_standardised_columns():
    rows = training_rows()
    preparation = fit_preparation(rows.values, FEATURES)
    columns = by_kind(columns_of(FEATURES, indicated=preparation.indicators()))
    design = design_matrix(columns, rows.values, preparation.filled(rows.values))
    design = fit_standardisation(design).apply(design)
    regression = SignedLogisticRegression(C=0.3, signs=[column.sign for column in columns]).fit(design, rows.y)
    part = fit_linear(rows.values, rows.y, FEATURES, preparation, C=0.3)
    margin = part.base + part.contributions(rows.values, preparation).sum(axis=1)
    np.testing.assert_allclose(margin, regression.decision_function(design), atol=1e-9)
