"""Many rules at once: all conditions are evaluated in a few array operations, then combined rule by rule.

`conditions.all_of` gives the same results one condition at a time; tests compare the two.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from graduasi.declarations.conditions import COMPARE, MET, UNKNOWN, UNMET, Condition, Truth
from graduasi.declarations.dictionary import Dictionary

# Unmet, unknown and met, in an order in which the minimum over a rule's conditions is their three-valued 'and'.
NO, PERHAPS, YES = 0, 1, 2
AS_TRUTH = np.array([UNMET, UNKNOWN, MET], dtype=np.int8)
"""Indexed by NO, PERHAPS or YES."""


class RuleTable:
    """Rules, each of any number of conditions, prepared for snapshots of one dictionary."""

    def __init__(self, rules: Sequence[Sequence[Condition]], dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        conditions = [condition for rule in rules for condition in rule]
        sizes = [len(rule) for rule in rules]
        self._rule_count, self._conditions = len(rules), conditions
        self._nonempty_rules = [rule for rule, size in enumerate(sizes) if size]
        # Where the conditions of each nonempty rule start among all conditions.
        self._starts = np.concatenate([[0], np.cumsum(sizes)])[:-1][self._nonempty_rules].astype(np.intp)
        comparisons = [index for index, condition in enumerate(conditions) if condition.op in COMPARE]
        self._not_comparisons = [index for index in range(len(conditions)) if index not in comparisons]
        # What each condition compares: its field's column, with a constant or with another field times a factor.
        self._left_columns = np.array([dictionary.column(condition.field) for condition in conditions], dtype=np.intp)
        self._constants = np.array([self._constant(condition) for condition in conditions])
        with_field = [index for index in comparisons if conditions[index].value_field is not None]
        self._with_field = np.array(with_field, dtype=np.intp)
        self._right_columns = np.array(
            [dictionary.column(conditions[index].value_field or "") for index in with_field], dtype=np.intp
        )
        self._factors = np.array([conditions[index].factor for index in with_field])
        by_op = {op: [index for index in comparisons if conditions[index].op == op] for op in COMPARE}
        self._operations = [(COMPARE[op], np.array(indices)) for op, indices in by_op.items() if indices]

    def _constant(self, condition: Condition) -> float:
        """The number that the condition compares its field with; 0 for one that compares with none."""
        if condition.op not in COMPARE or condition.value_field is not None:
            return 0.0
        return self._dictionary.fields[condition.field].encode(condition.value)

    def truth(self, values: npt.NDArray[np.float64]) -> Truth:
        """Rows × rules: met, unmet or unknown, for `values` of rows × all fields. A rule without conditions is met."""
        truths = np.full((len(values), self._rule_count), MET, dtype=np.int8)
        if self._conditions:
            combined = np.minimum.reduceat(self._evaluate(values), self._starts, axis=1)
            truths[:, self._nonempty_rules] = AS_TRUTH[combined]
        return truths

    def _evaluate(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
        """Rows × conditions: NO, PERHAPS or YES."""
        left = values[:, self._left_columns]
        right = np.broadcast_to(self._constants, left.shape)
        if len(self._with_field):
            right = right.copy()
            right[:, self._with_field] = values[:, self._right_columns] * self._factors
        results = np.empty(left.shape, dtype=np.int8)
        for compare, indices in self._operations:
            results[:, indices] = compare(left[:, indices], right[:, indices]) * YES  # NO or YES
        results[np.isnan(left) | np.isnan(right)] = PERHAPS
        for index in self._not_comparisons:
            truth = self._conditions[index].evaluate(values, self._dictionary)
            results[:, index] = np.where(truth == UNKNOWN, PERHAPS, truth * YES)
        return results
