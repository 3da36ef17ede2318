"""A programme's rules compiled for one household: each rule answers MET, UNMET or UNKNOWN as a plain whole number."""

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
    """`conditions.all_of` for one household: met where every condition is, unmet where one is unmet, else unknown."""
    tests = tuple(_test(condition, dictionary) for condition in rule)
    if len(tests) == 1:
        return tests[0]

    def answer(values: Values) -> int:
        found = MET
        for test in tests:
            truth = test(values)
            if truth == UNMET:
                return UNMET
            if truth == UNKNOWN:
                found = UNKNOWN
        return found

    return answer


def _test(condition: Condition, dictionary: Dictionary) -> Rule:
    place = dictionary.column(condition.field)
    if condition.op in ("known", "unknown"):
        return _knowledge(place, wants_unknown=condition.op == "unknown")
    encode = dictionary.fields[condition.field].encode
    if condition.op in ("in", "not_in"):
        options = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        return _membership(place, frozenset(encode(value) for value in options), wants_in=condition.op == "in")
    compare = _COMPARE[condition.op]
    if condition.value_field is not None:
        return _between(place, dictionary.column(condition.value_field), condition.factor, compare)
    return _against(place, encode(condition.value), compare)


def _knowledge(place: int, *, wants_unknown: bool) -> Rule:
    def test(values: Values) -> int:
        return MET if (values[place] != values[place]) == wants_unknown else UNMET

    return test


def _membership(place: int, allowed: frozenset[float], *, wants_in: bool) -> Rule:
    def test(values: Values) -> int:
        value = values[place]
        if value != value:
            return UNKNOWN
        return MET if (value in allowed) == wants_in else UNMET

    return test


def _between(place: int, other: int, factor: float, compare: Callable[[float, float], bool]) -> Rule:
    def test(values: Values) -> int:
        left, right = values[place], values[other] * factor
        if left != left or right != right:
            return UNKNOWN
        return MET if compare(left, right) else UNMET

    return test


def _against(place: int, constant: float, compare: Callable[[float, float], bool]) -> Rule:
    def test(values: Values) -> int:
        value = values[place]
        if value != value:
            return UNKNOWN
        return MET if compare(value, constant) else UNMET

    return test
