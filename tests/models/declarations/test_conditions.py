"""Three-valued logic: unknown is neither met nor unmet."""

import itertools
import math

import numpy as np
import pytest

from graduasi.declarations.conditions import MET, UNKNOWN, UNMET, Condition, all_of, both, either
from tests.made_up.small_programme import SMALL

TRUTHS = [MET, UNMET, UNKNOWN]
AND = {
    (MET, MET): MET, (MET, UNMET): UNMET, (MET, UNKNOWN): UNKNOWN, (UNMET, UNMET): UNMET, (UNMET, UNKNOWN): UNMET,
    (UNKNOWN, UNKNOWN): UNKNOWN,
}  # fmt: skip
OR = {
    (MET, MET): MET, (MET, UNMET): MET, (MET, UNKNOWN): MET, (UNMET, UNMET): UNMET, (UNMET, UNKNOWN): UNKNOWN,
    (UNKNOWN, UNKNOWN): UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize(("first", "second"), list(itertools.product(TRUTHS, TRUTHS)))
@pytest.mark.parametrize(("operation", "table"), [(both, AND), (either, OR)], ids=["and", "or"])
def test_and_and_or_follow_kleene_s_tables(operation, table, first, second):
    expected = table.get((first, second), table.get((second, first)))
    assert operation(np.array([first]), np.array([second]))[0] == expected


def _row(**known):
    row = np.full((1, len(SMALL.fields)), np.nan)
    for name, value in known.items():
        row[0, SMALL.column(name)] = value if isinstance(value, float) else SMALL.fields[name].encode(value)
    return row


def _truth(field, op, value=None, **known):
    return Condition(field=field, op=op, value=value).evaluate(_row(**known), SMALL)[0]


@pytest.mark.parametrize(
    ("op", "value", "members", "expected"),
    [
        ("==", 4, 4, MET), ("==", 4, 5, UNMET), ("!=", 4, 4, UNMET), ("!=", 4, 5, MET), ("<", 4, 4, UNMET), ("<", 4, 3, MET),
        ("<=", 4, 4, MET), ("<=", 4, 5, UNMET), (">", 4, 4, UNMET), (">", 4, 5, MET), (">=", 4, 4, MET), (">=", 4, 3, UNMET),
        ("in", (3, 4), 4, MET), ("in", (3, 4), 5, UNMET), ("not_in", (3, 4), 4, UNMET), ("not_in", (3, 4), 5, MET),
    ],
)  # fmt: skip
def test_each_comparison_on_a_known_value_and_unknown_on_an_unknown_one(op, value, members, expected):
    assert _truth("members", op, value, members=members) == expected
    assert _truth("members", op, value) == UNKNOWN


@pytest.mark.parametrize(("op", "known", "unknown"), [("known", MET, UNMET), ("unknown", UNMET, MET)])
def test_known_and_unknown_are_never_unknown(op, known, unknown):
    assert _truth("members", op, members=3) == known
    assert _truth("members", op) == unknown


@pytest.mark.parametrize(
    ("field", "op", "value", "is_", "expected"),
    [
        ("floor", "in", ("earth", "bamboo"), "bamboo", MET), ("floor", "not_in", ("earth", "bamboo"), "tile", MET),
        ("work", ">=", "casual", "regular", MET), ("work", ">=", "casual", "none", UNMET), ("missed_meals", "==", False, False, MET),
        ("joined", "<", "2020-01-01", "2019-12-31", MET), ("joined", "<", "2020-01-01", "2020-01-01", UNMET),
    ],
)  # fmt: skip
def test_categories_booleans_and_dates_compare_as_declared(field, op, value, is_, expected):
    assert _truth(field, op, value, **{field: is_}) == expected


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
    ("known", "expected"),
    [
        ({"members": 2, "missed_meals": False}, MET), ({"members": 9, "missed_meals": False}, UNMET), ({"members": 2}, UNKNOWN),
        ({"members": 9}, UNMET), ({}, UNKNOWN),
    ],
)  # fmt: skip
def test_one_unmet_condition_decides_even_beside_an_unknown_one(known, expected):
    rules = [Condition(field="members", op="<", value=5), Condition(field="missed_meals", op="==", value=False)]
    assert all_of(rules, _row(**known), SMALL)[0] == expected


def test_no_condition_at_all_is_met():
    assert all_of([], _row(), SMALL).tolist() == [MET]
