"""A programme's rules compiled for one household: each answers MET, UNMET or UNKNOWN as a plain whole number.

NaN stands for unknown. It alone does not equal itself, so `value != value` reads: the value is unknown.
"""

import operator
from collections.abc import Callable, Iterable, Sequence

from graduasi.declarations import conditions
from graduasi.declarations.conditions import Condition
from graduasi.declarations.dictionary import Dictionary

MET, UNMET, UNKNOWN = int(conditions.MET), int(conditions.UNMET), int(conditions.UNKNOWN)

Values = Sequence[float]
"""A snapshot in the dictionary's order, NaN for unknown."""
Rule = Callable[[Values], int]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compiled(rule: Iterable[Condition], dictionary: Dictionary) -> Rule:
    """`conditions.all_of` for one household: MET if every condition is, UNMET if one is unmet, else UNKNOWN."""
    tests = tuple(_compiled(condition, dictionary) for condition in rule)
    if len(tests) == 1:
        return tests[0]

    def all_of(values: Values) -> int:
        all_truth = MET
        for test in tests:
            truth = test(values)
            if truth == UNMET:
                return UNMET
            if truth == UNKNOWN:
                all_truth = UNKNOWN
        return all_truth

    return all_of


def _compiled(condition: Condition, dictionary: Dictionary) -> Rule:
    column = dictionary.column(condition.field)
    if condition.op in ("known", "unknown"):
        return _is_known(column, wants_unknown=condition.op == "unknown")
    encode = dictionary.fields[condition.field].encode
    if condition.op in ("in", "not_in"):
        options = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        return _is_one_of(column, frozenset(encode(value) for value in options), wants_in=condition.op == "in")
    compare = _COMPARE[condition.op]
    if condition.value_field is not None:
        return _compares_fields(column, dictionary.column(condition.value_field), condition.factor, compare)
    return _compares_constant(column, encode(condition.value), compare)


def _is_known(column: int, *, wants_unknown: bool) -> Rule:
    def test(values: Values) -> int:
        return MET if (values[column] != values[column]) == wants_unknown else UNMET

    return test


def _is_one_of(column: int, options: frozenset[float], *, wants_in: bool) -> Rule:
    def test(values: Values) -> int:
        value = values[column]
        if value != value:
            return UNKNOWN
        return MET if (value in options) == wants_in else UNMET

    return test


def _compares_fields(column: int, other_column: int, factor: float, compare: Callable[[float, float], bool]) -> Rule:
    """Compares a field with `factor` times another one."""

    def test(values: Values) -> int:
        left, right = values[column], values[other_column] * factor
        if left != left or right != right:
            return UNKNOWN
        return MET if compare(left, right) else UNMET

    return test


def _compares_constant(column: int, constant: float, compare: Callable[[float, float], bool]) -> Rule:
    def test(values: Values) -> int:
        value = values[column]
        if value != value:
            return UNKNOWN
        return MET if compare(value, constant) else UNMET

    return test
