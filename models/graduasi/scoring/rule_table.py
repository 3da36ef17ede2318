"""Many rules at once: all their conditions compared in a few array operations, then joined rule by rule.

`conditions.all_of` says the same one condition at a time, and is the oracle in tests.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from graduasi.declarations.conditions import COMPARE, MET, UNKNOWN, UNMET, Condition, Truth
from graduasi.declarations.dictionary import Dictionary

# With 0 for no, ordered so that the minimum over a rule's conditions is their three-valued 'and'.
PERHAPS, YES = 1, 2
AS_TRUTH = np.array([UNMET, UNKNOWN, MET], dtype=np.int8)


class RuleTable:
    """Rules of one or more conditions each, made ready for a dictionary."""

    def __init__(self, rules: Sequence[Sequence[Condition]], dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        conditions = [condition for rule in rules for condition in rule]
        sizes = [len(rule) for rule in rules]
        self._filled = [place for place, size in enumerate(sizes) if size]
        self._starts = np.concatenate([[0], np.cumsum(sizes)])[:-1][self._filled].astype(np.intp)
        self._rules, self._conditions = len(rules), conditions
        compared = [place for place, condition in enumerate(conditions) if condition.op in COMPARE]
        self._others = [place for place in range(len(conditions)) if place not in compared]
        self._left = np.array([dictionary.column(condition.field) for condition in conditions], dtype=np.intp)
        self._right = np.array([self._constant(condition) for condition in conditions])
        between = [place for place in compared if conditions[place].value_field is not None]
        self._between = np.array(between, dtype=np.intp)
        self._fields = np.array(
            [dictionary.column(conditions[place].value_field or "") for place in between], dtype=np.intp
        )
        self._factors = np.array([conditions[place].factor for place in between])
        operations = {op: [place for place in compared if conditions[place].op == op] for op in COMPARE}
        self._operations = [(COMPARE[op], np.array(places)) for op, places in operations.items() if places]

    def _constant(self, condition: Condition) -> float:
        if condition.op not in COMPARE or condition.value_field is not None:
            return 0.0
        return self._dictionary.fields[condition.field].encode(condition.value)

    def truth(self, values: npt.NDArray[np.float64]) -> Truth:
        """Rows × rules: met, unmet or unknown. A rule without conditions is met."""
        found = np.full((len(values), self._rules), MET, dtype=np.int8)
        if self._conditions:
            joined = np.minimum.reduceat(self._answers(values), self._starts, axis=1)
            found[:, self._filled] = AS_TRUTH[joined]
        return found

    def _answers(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
        left = values[:, self._left]
        right = np.broadcast_to(self._right, left.shape)
        if len(self._between):
            right = right.copy()
            right[:, self._between] = values[:, self._fields] * self._factors
        answers = np.empty(left.shape, dtype=np.int8)
        for compare, places in self._operations:
            answers[:, places] = compare(left[:, places], right[:, places]) * YES
        answers[np.isnan(left) | np.isnan(right)] = PERHAPS
        for place in self._others:
            truth = self._conditions[place].evaluate(values, self._dictionary)
            answers[:, place] = np.where(truth == UNKNOWN, PERHAPS, truth * YES)
        return answers
