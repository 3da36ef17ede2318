"""What stands for unknown features, and that leaving out a value never flatters."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.readiness.features import features_of
from graduasi.readiness.preparation import Preparation, Ranges, fit_preparation
from tests.made_up.learned_model import CANDIDATES, FEATURES, candidate, training_rows
from tests.made_up.small_programme import SMALL

NAN = np.nan
DIRECTED = [index for index, feature in enumerate(FEATURES) if feature.effect != "any"]
SIGN = {"increasing": 1.0, "decreasing": -1.0}
NAMES = [feature.name for feature in FEATURES]
SPREAD = np.nanstd(training_rows().values, axis=0)


def _fitted_to(name, values):
    """The preparation fitted to rows in which only the feature called `name` varies, and the index of that feature."""
    index = NAMES.index(name)
    rows = np.ones((len(values), len(FEATURES)))
    rows[:, index] = values
    return fit_preparation(rows, FEATURES), index


@pytest.mark.parametrize(
    ("name", "values", "fill"),
    [
        ("income_idr", [1, 2, 3, 4, 5], 2),
        ("income_idr", [1, 2, 3, 4, NAN], 1),
        ("debt_idr", [1, 2, 3, 4, 5], 4),
        ("debt_idr", [1, 2, 3, 4, NAN], 4),
        ("missed_meals", [0, 0, 0, 1], 1),
        ("work", [0, 1, 2, 2], 0),
        ("income_idr__change", [0.5, 1, 2, NAN], 0),
        ("income_idr__slope", [0.5, 1, 2, NAN], 0),
        ("land_ha", [1, 2, 3, 4, 9], 3),
        ("land_ha", [NAN, NAN, NAN], 0),
        ("income_idr", [NAN, NAN, NAN], 0),
        ("floor", [0, 1, 2], NAN),
    ],
)
def test_unknown_takes_the_nearest_value_on_the_unfavourable_side_of_the_quartile(name, values, fill):
    preparation, index = _fitted_to(name, values)
    np.testing.assert_equal(preparation.fill[index], float(fill))


@pytest.mark.parametrize(
    ("name", "values", "keeps_nan", "indicated"),
    [
        ("income_idr", [1, 2, NAN], False, True),
        ("income_idr", [1, 2, 3], False, False),
        ("land_ha", [1, 2, NAN], True, True),
        ("land_ha", [1, 2, 3], False, False),
        ("land_ha", [NAN, NAN, NAN], False, False),
        ("floor", [0, 1, 2], True, False),
        ("floor", [0, 1, NAN], True, True),
    ],
)
def test_trees_keep_nan_only_where_training_saw_it_and_nothing_is_declared(name, values, keeps_nan, indicated):
    preparation, index = _fitted_to(name, values * 30)
    assert (preparation.keeps_nan[index], preparation.indicated[index]) == (keeps_nan, indicated)


def test_trees_get_the_features_and_then_one_indicator_for_each_indicated_feature():
    preparation = Preparation(
        np.array([5.0, 6.0]), np.array([False, True]), np.array([True, False]), Ranges.without_limits(2)
    )
    rows = preparation.for_trees(np.array([[NAN, NAN], [1.0, 2.0]]))
    np.testing.assert_array_equal(rows, [[5.0, NAN, 1.0], [1.0, 2.0, 0.0]])
    np.testing.assert_array_equal(preparation.filled(np.array([[NAN, NAN]])), [[5.0, 6.0]])


@pytest.mark.parametrize(
    ("known", "unknown", "teaches"),
    [(971, 29, False), (970, 30, True), (29, 971, False), (9900, 99, False), (9900, 101, True)],
)
def test_being_unknown_teaches_only_where_enough_rows_are_and_are_not(known, unknown, teaches):
    preparation, index = _fitted_to("land_ha", [1.0, 2.0] * (known // 2) + [1.0] * (known % 2) + [NAN] * unknown)
    assert (preparation.keeps_nan[index], preparation.indicated[index]) == (teaches, teaches)


def test_the_linear_part_reads_numbers_within_nearly_all_of_training_s_and_trees_read_them_as_they_are():
    preparation, index = _fitted_to("land_ha", list(range(1001)))
    row = np.ones((3, len(FEATURES)))
    row[:, index] = [-5.0, 500.0, 30_000.0]
    np.testing.assert_allclose(preparation.filled(row)[:, index], [10.0, 500.0, 990.0])
    np.testing.assert_array_equal(preparation.for_trees(row)[:, index], row[:, index])


def test_a_number_is_far_beyond_the_width_of_the_range_and_a_mistake_in_training_moves_no_limit():
    preparation, index = _fitted_to("land_ha", [*range(10_001), 1e12])
    rows = np.ones((5, len(FEATURES)))
    rows[:, index] = [-9000.0, -10_000.0, 19_700.0, 19_900.0, NAN]
    assert preparation.is_far(rows)[:, index].tolist() == [False, True, False, True, False]


def test_a_boolean_has_no_range():
    index = NAMES.index("missed_meals")
    preparation, _ = _fitted_to("missed_meals", [0.0] * 996 + [1.0] * 4)
    assert (preparation.ranges.low[index], preparation.ranges.high[index]) == (-np.inf, np.inf)


def test_preparation_survives_json():
    fitted = fit_preparation(training_rows().values, FEATURES)
    read_back = Preparation.from_json(fitted.to_json())
    for name, array in vars(fitted.ranges).items():
        np.testing.assert_array_equal(getattr(read_back.ranges, name), array)
    read_back, fitted = (replace(preparation, ranges=Ranges.without_limits(1)) for preparation in (read_back, fitted))
    for name, array in vars(fitted).items():
        np.testing.assert_array_equal(getattr(read_back, name), array)


@pytest.mark.parametrize("name", CANDIDATES)
@pytest.mark.parametrize("unknown", [0.15, 0.0], ids=["unknowns in training", "none in training"])
@given(seed=st.integers(0, 10_000), feature=st.sampled_from(DIRECTED))
def test_leaving_out_a_value_better_than_the_unfavourable_quartile_never_raises_the_score(name, unknown, seed, feature):
    model = candidate(name, unknown=unknown)
    rows = _some_rows(seed, unknown=unknown)
    fill, sign = model.preparation.fill[feature], SIGN[FEATURES[feature].effect]
    better = rows[sign * rows[:, feature] >= sign * fill]
    left_out = better.copy()
    left_out[:, feature] = NAN
    assert (model.explain(left_out).margin <= model.explain(better).margin + 1e-9).all()


@pytest.mark.parametrize("name", CANDIDATES)
@given(seed=st.integers(0, 10_000), feature=st.sampled_from(DIRECTED), step=st.floats(0.01, 10))
def test_a_change_in_the_declared_direction_never_lowers_the_score(name, seed, feature, step):
    model, rows = candidate(name), _some_rows(seed)
    improved = rows.copy()
    improved[:, feature] += SIGN[FEATURES[feature].effect] * step * SPREAD[feature]
    assert (model.explain(improved).margin >= model.explain(rows).margin - 1e-9).all()


def test_every_directed_field_can_raise_the_score_of_some_household():
    """Otherwise a test that some field never raises the score would hold whatever the code did."""
    rows = _some_rows(1, count=300)
    for feature in DIRECTED:
        improved = rows.copy()
        improved[:, feature] += SIGN[FEATURES[feature].effect] * 3 * SPREAD[feature]
        gains = [
            (candidate(name).explain(improved).margin - candidate(name).explain(rows).margin).max()
            for name in CANDIDATES
        ]
        assert FEATURES[feature].derivation != "value" or max(gains) > 1e-3, NAMES[feature]


def test_the_small_dictionary_has_directed_features_to_try():
    assert {feature.field.name for feature in features_of(SMALL) if feature.effect != "any"} >= {
        "income_idr",
        "debt_idr",
        "work",
        "missed_meals",
    }


def _some_rows(seed, *, count=30, unknown=0.15):
    values = training_rows(unknown=unknown).values
    return values[np.random.default_rng(seed).integers(0, len(values), count)]
