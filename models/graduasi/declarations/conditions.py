"""Conditions on a household's fields, in three-valued logic: met, not met, or unknown.

Unknown stays unknown: `income >= line` is neither met nor unmet when the income is not known. The caller decides what
unknown means; for floor and protection rules it never counts in favour of pushing a family out.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.declarations.toml import Declared

Op = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not_in", "known", "unknown"]
Value = bool | int | float | str | date
Truth = npt.NDArray[np.int8]
"""MET, UNMET or UNKNOWN for each entry."""

MET, UNMET, UNKNOWN = np.int8(1), np.int8(0), np.int8(-1)

COMPARE: dict[str, Any] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
ORDER_OPS = ("<", "<=", ">", ">=")
"""Operators that mean nothing for values without an order."""


class Condition(Declared):
    """`field op value`, or `field op factor × value_field`."""

    field: str
    op: Op
    value: Value | tuple[Value, ...] | None = None
    value_field: str | None = None
    factor: float = 1.0

    def evaluate(self, values: npt.NDArray[np.float64], dictionary: Dictionary) -> Truth:
        """Met, unmet or unknown for each row of `values` (rows × all fields of the dictionary)."""
        left = values[:, dictionary.column(self.field)]
        unknown = np.isnan(left)
        if self.op in ("known", "unknown"):
            return (unknown == (self.op == "unknown")).astype(np.int8)
        if self.op in ("in", "not_in"):
            options = [dictionary.fields[self.field].encode(value) for value in self._options()]
            truth = (left[:, None] == np.array(options)).any(axis=1) == (self.op == "in")
        elif self.value_field is not None:
            right = values[:, dictionary.column(self.value_field)] * self.factor
            unknown = unknown | np.isnan(right)
            truth = COMPARE[self.op](left, right)
        else:
            truth = COMPARE[self.op](left, dictionary.fields[self.field].encode(self.value))
        return np.where(unknown, UNKNOWN, truth.astype(np.int8))

    def describe(self) -> str:
        """The condition as people read it: `income >= 1.2 × line`."""
        if self.op in ("known", "unknown"):
            return f"{self.field} is {self.op}"
        factor = "" if self.factor == 1 else f"{self.factor:g} × "
        options = (str(value).lower() if isinstance(value, bool) else str(value) for value in self._options())
        right = f"{factor}{self.value_field}" if self.value_field else ", ".join(options)
        return f"{self.field} {self.op.replace('_', ' ')} {right}"

    def _options(self) -> Sequence[object]:
        """The declared values that the field is compared with: one, or several for `in` and `not_in`."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def faults(self, dictionary: Dictionary) -> list[str]:
        """Whatever in the condition contradicts itself or the dictionary, each as 'key: sentence'."""
        field = dictionary.fields.get(self.field)
        if field is None:
            return [f"field: {self.field} is not in the dictionary"]
        if self.op in ("known", "unknown"):
            return [] if self.value is None and self.value_field is None else [f"op: {self.op} takes no value"]
        if (self.value is None) == (self.value_field is None):
            return ["value: give either value or value_field"]
        if self.op in ORDER_OPS and field.is_nominal:
            return [f"op: {self.field} has no order, so {self.op} means nothing; use ==, in, or declare ordered = true"]
        if not math.isfinite(self.factor):
            return ["factor: a finite number"]
        if self.value_field is not None:
            return self._comparison_faults(field, dictionary.fields.get(self.value_field))
        if (self.op in ("in", "not_in")) != isinstance(self.value, tuple):
            return [f"value: {self.op} takes {'a list' if self.op in ('in', 'not_in') else 'one value'}"]
        faults = (_encoding_fault(field, value) for value in self._options())
        return [f"value: {fault}" for fault in faults if fault is not None]

    def _comparison_faults(self, field: Field, other: Field | None) -> list[str]:
        """Faults of a comparison with another field; `other` is None where the dictionary lacks it."""
        if other is None:
            return [f"value_field: {self.value_field} is not in the dictionary"]
        numeric = ("number", "integer")
        if self.op in ("in", "not_in") or field.type not in numeric or other.type not in numeric:
            return ["value_field: compare two numbers with ==, !=, <, <=, > or >="]
        return []


def _encoding_fault(field: Field, value: object) -> str | None:
    """Why `value` is no known value of the field, or None where it is one."""
    try:
        encoded = field.encode(value)
    except ValueError as error:
        return str(error)
    return None if math.isfinite(encoded) else "a finite number; unknown is asked for with op known or unknown"


def all_of(conditions: Iterable[Condition], values: npt.NDArray[np.float64], dictionary: Dictionary) -> Truth:
    """For each row: met if every condition is met, unmet if one is unmet, else unknown. Without any condition, met."""
    truth = np.full(len(values), MET, dtype=np.int8)
    for condition in conditions:
        truth = both(truth, condition.evaluate(values, dictionary))
    return truth


def both(first: Truth, second: Truth) -> Truth:
    """Three-valued 'and', entry by entry: unmet if one is unmet, else unknown if one is unknown, else met."""
    return np.where((first == UNMET) | (second == UNMET), UNMET, np.minimum(first, second)).astype(np.int8)
