"""The strongest reasons behind a score, as data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.readiness.features import features_of
from graduasi.scoring.reasons import further_reasons, give_reasons, strongest
from tests.made_up.small_programme import SMALL

FEATURES = features_of(SMALL)
NAMES = [feature.name for feature in FEATURES]


def _reasons(contributions, shown=None, count=5):
    """One household's reasons and the sum of all other contributions; contributions and values are by feature name."""
    row = np.array([[contributions.get(name, 0.0) for name in NAMES]])
    values = np.array([[(shown or {}).get(name, np.nan) for name in NAMES]])
    reasons = give_reasons(row, values, FEATURES, count=count)
    return reasons.table.to_pylist()[0], reasons.other[0]


def test_reasons_come_strongest_first_whatever_their_direction():
    reasons, other = _reasons({"income_idr": 0.2, "debt_idr": -0.7, "members": 0.3}, count=2)
    assert [(reason["feature"], reason["direction"]) for reason in reasons] == [
        ("debt_idr", "hinders"),
        ("members", "helps"),
    ]
    assert other == pytest.approx(0.2)


def test_a_feature_that_contributes_nothing_is_no_reason():
    assert _reasons({"income_idr": 0.2})[0] == [
        {"feature": "income_idr", "kind": "lever", "direction": "helps", "contribution": 0.2, "value": None}
    ]


@pytest.mark.parametrize(
    ("feature", "value", "text"),
    [
        ("missed_meals", 1.0, "true"),
        ("missed_meals__previous", 0.0, "false"),
        ("work", 2.0, "regular"),
        ("floor", 0.0, "earth"),
        ("members", 4.0, "4"),
        ("income_idr", 3_000_000.0, "3000000"),
        ("land_ha", 0.123456, "0.1235"),
        ("debt_idr__mean", 1234.5, "1234.5"),
        ("land_ha", np.nan, None),
    ],
)
def test_a_value_is_given_as_text_and_unknown_as_null(feature, value, text):
    ((reason,), _) = _reasons({feature: 1.0}, {feature: value})
    assert reason["value"] == text


@given(st.integers(0, 10_000), st.integers(1, 30))
def test_reasons_and_the_rest_add_up_whatever_their_number(seed, count):
    rng = np.random.default_rng(seed)
    contributions = rng.normal(size=(20, len(FEATURES))) * (rng.random((20, len(FEATURES))) < 0.7)
    all_reasons = give_reasons(contributions, np.full(contributions.shape, np.nan), FEATURES, count=count)
    for row, (reasons, other) in enumerate(zip(all_reasons.table.to_pylist(), all_reasons.other, strict=True)):
        assert sum(reason["contribution"] for reason in reasons) + other == pytest.approx(
            contributions[row].sum(), abs=1e-12
        )
        sizes = [abs(reason["contribution"]) for reason in reasons]
        assert sizes == sorted(sizes, reverse=True)
        assert len(reasons) == min(count, np.count_nonzero(contributions[row]))


def test_of_equal_contributions_the_first_feature_comes_first():
    assert strongest(np.array([[0.5, -0.5, 0.5]]), 2).tolist() == [[0, 1]]


@given(st.integers(0, 10_000), st.integers(0, 6))
def test_with_further_reasons_there_are_two_each_way_as_far_as_there_are_any(seed, count):
    rng = np.random.default_rng(seed)
    contributions = rng.normal(size=(4, len(NAMES))) * (rng.random((4, len(NAMES))) < 0.4)
    values, wanted = np.zeros_like(contributions), np.array([True, True, True, False])
    strongest_ones = give_reasons(contributions.copy(), values, FEATURES, count=count).table.to_pylist()
    further = further_reasons(contributions.copy(), values, FEATURES, given=count, wanted=wanted).to_pylist()
    assert further[3] == []
    for row, reasons, more in zip(contributions[:3], strongest_ones, further, strict=False):
        for direction, sign in (("helps", 1), ("hinders", -1)):
            sizes = sorted((sign * value for value in row if sign * value > 0), reverse=True)
            told = [sign * one["contribution"] for one in (*reasons, *more) if one["direction"] == direction]
            assert told[:2] == sizes[:2]
            assert len(told) == max(sum(one["direction"] == direction for one in reasons), len(sizes[:2]))
