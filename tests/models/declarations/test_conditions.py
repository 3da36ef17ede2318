"""Three-valued logic: unknown is neither met nor unmet."""

import itertools
import math

import numpy as np
import pytest

from graduasi.declarations.conditions import MET, UNKNOWN, UNMET, Condition, all_of, both
from tests.made_up.small_programme import SMALL

TRUTHS = [MET, UNMET, UNKNOWN]
AND = {
    (MET, MET): MET, (MET, UNMET): UNMET, (MET, UNKNOWN): UNKNOWN, (UNMET, UNMET): UNMET, (UNMET, UNKNOWN): UNMET,
    (UNKNOWN, UNKNOWN): UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), list(itertools.product(TRUTHS, TRUTHS)))
def test_and_follows_kleene_s_table(first, second):
    expected = AND.get((first, second), AND.get((second, first)))
    assert both(np.array([first]), np.array([second]))[0] == expected


def _row(**fields):
    """One row of a panel's values; every field that is not given is unknown."""
    row = np.full((1, len(SMALL.fields)), np.nan)
    for name, value in fields.items():
        row[0, SMALL.column(name)] = value if isinstance(value, float) else SMALL.fields[name].encode(value)
    return row


def _truth(field, op, value=None, **fields):
    """The condition `field op value` on a household with these `fields`."""
    return Condition(field=field, op=op, value=value).evaluate(_row(**fields), SMALL)[0]


@pytest.mark.parametrize(
    ("op", "value", "members", "expected"),
    [
        ("==", 4, 4, MET), ("==", 4, 5, UNMET), ("!=", 4, 4, UNMET), ("!=", 4, 5, MET), ("<", 4, 4, UNMET), ("<", 4, 3, MET),
        ("<=", 4, 4, MET), ("<=", 4, 5, UNMET), (">", 4, 4, UNMET), (">", 4, 5, MET), (">=", 4, 4, MET), (">=", 4, 3, UNMET),
        ("in", (3, 4), 4, MET), ("in", (3, 4), 5, UNMET), ("not_in", (3, 4), 4, UNMET), ("not_in", (3, 4), 5, MET),
    ],
)  # fmt: skip
def test_a_comparison_is_met_or_unmet_on_a_known_value_and_unknown_on_an_unknown_one(op, value, members, expected):
    assert _truth("members", op, value, members=members) == expected
    assert _truth("members", op, value) == UNKNOWN


@pytest.mark.parametrize(("op", "on_known", "on_unknown"), [("known", MET, UNMET), ("unknown", UNMET, MET)])
def test_known_and_unknown_are_never_unknown(op, on_known, on_unknown):
    assert _truth("members", op, members=3) == on_known
    assert _truth("members", op) == on_unknown


@pytest.mark.parametrize(
    ("field", "op", "value", "actual", "expected"),
    [
        ("floor", "in", ("earth", "bamboo"), "bamboo", MET), ("floor", "not_in", ("earth", "bamboo"), "tile", MET),
        ("work", ">=", "casual", "regular", MET), ("work", ">=", "casual", "none", UNMET), ("missed_meals", "==", False, False, MET),
        ("joined", "<", "2020-01-01", "2019-12-31", MET), ("joined", "<", "2020-01-01", "2020-01-01", UNMET),
    ],
)  # fmt: skip
def test_categories_booleans_and_dates_compare_as_declared(field, op, value, actual, expected):
    assert _truth(field, op, value, **{field: actual}) == expected


@pytest.mark.parametrize(
    ("income", "line", "expected"),
    [
        (2_400_000.0, 2_000_000.0, MET),
        (2_399_999.0, 2_000_000.0, UNMET),
        (9e6, math.nan, UNKNOWN),
        (math.nan, 2e6, UNKNOWN),
    ],
)
def test_a_field_compares_with_a_factor_of_another_and_both_must_be_known(income, line, expected):
    condition = Condition(field="income_idr", op=">=", value_field="line_idr", factor=1.2)
    assert condition.evaluate(_row(income_idr=income, line_idr=line), SMALL)[0] == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"members": 2, "missed_meals": False}, MET), ({"members": 9, "missed_meals": False}, UNMET), ({"members": 2}, UNKNOWN),
        ({"members": 9}, UNMET), ({}, UNKNOWN),
    ],
)  # fmt: skip
def test_one_unmet_condition_decides_even_beside_an_unknown_one(fields, expected):
    conditions = [Condition(field="members", op="<", value=5), Condition(field="missed_meals", op="==", value=False)]
    assert all_of(conditions, _row(**fields), SMALL)[0] == expected


@pytest.mark.parametrize(
    ("condition", "description"),
    [
        ({"op": ">=", "value": 3}, "members >= 3"),
        ({"op": "not_in", "value": (3, 4)}, "members not in 3, 4"),
        ({"op": "==", "value": True}, "members == true"),
        ({"op": "unknown"}, "members is unknown"),
        ({"op": "<", "value_field": "land_ha"}, "members < land_ha"),
        ({"op": "<", "value_field": "land_ha", "factor": 1.2}, "members < 1.2 × land_ha"),
    ],
)
def test_a_condition_is_described_as_people_read_it(condition, description):
    assert Condition(field="members", **condition).describe() == description


def test_no_condition_at_all_is_met():
    assert all_of([], _row(), SMALL).tolist() == [MET]
