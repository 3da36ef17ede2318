"""What stands for unknown features, and that leaving out a value never flatters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.readiness.features import features_of
from graduasi.readiness.preparation import Preparation, fit_preparation
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
    preparation, index = _fitted_to(name, values)
    assert (preparation.keeps_nan[index], preparation.indicated[index]) == (keeps_nan, indicated)


def test_trees_get_the_features_and_then_one_indicator_for_each_indicated_feature():
    preparation = Preparation(np.array([5.0, 6.0]), np.array([False, True]), np.array([True, False]))
    rows = preparation.for_trees(np.array([[NAN, NAN], [1.0, 2.0]]))
    np.testing.assert_array_equal(rows, [[5.0, NAN, 1.0], [1.0, 2.0, 0.0]])
    np.testing.assert_array_equal(preparation.filled(np.array([[NAN, NAN]])), [[5.0, 6.0]])


def test_preparation_survives_json():
    fitted = fit_preparation(training_rows().values, FEATURES)
    read_back = Preparation.from_json(fitted.to_json())
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
