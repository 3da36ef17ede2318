"""All trees of a model side by side for one household: compare, pack the outcomes into a number, look up, add."""

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.preparation import Preparation
from graduasi.readiness.shapley import TreeTable, category_sizes, tabulate
from graduasi.readiness.trees import Split, parse_trees
from graduasi.single.readings import Readings, Row, stacked, unchanged

PATTERN_BITS = 8
"""The outcomes of a tree are packed into one byte; a tree of a bundle has at most seven splits."""


class SingleTrees:
    """`TreeExplainer` on prepared rows, for one household, each contribution times `weight`.

    The trees read three `readings`: the features with NaN going right, with NaN going left, and with every unknown as
    NaN, which is how an indicator is split.
    """

    def __init__(self, text: str, preparation: Preparation, *, weight: float) -> None:
        self._width = len(preparation.fill)
        # The feature that each column of a prepared row belongs to: its own, or that of an indicator.
        self._feature_of_column = np.concatenate([np.arange(self._width), preparation.indicators()])
        nan_goes_right = np.where(preparation.keeps_nan, np.nan, preparation.fill)
        nan_goes_left = np.where(np.isnan(nan_goes_right), -np.inf, nan_goes_right)
        stays_nan = np.full(self._width, np.nan)
        self.readings: Readings = stacked([unchanged(row) for row in (nan_goes_right, nan_goes_left, stays_nan)])
        trees = parse_trees(text)
        sizes = category_sizes(trees)
        self._stack([tabulate(tree, sizes) for tree in trees if tree.splits], weight)

    def _stack(self, tables: list[TreeTable], weight: float) -> None:
        """Put the tables into arrays of one shape: trees × splits, and (trees × patterns) × features for the values."""
        width = max((len(table.splits) for table in tables), default=1)
        self._reading_index = np.zeros((len(tables), PATTERN_BITS), dtype=np.intp)
        self._threshold = np.full(self._reading_index.shape, np.nan)  # padding goes right, and so sets no bit
        targets = np.zeros((len(tables), width), dtype=np.intp)
        values = np.zeros((len(tables), 1 << width, width))
        by_category: dict[int, list[tuple[int, npt.NDArray[np.bool_]]]] = {}
        for tree, table in enumerate(tables):
            for bit, (split, members) in enumerate(zip(table.splits, table.members, strict=True)):
                self._reading_index[tree, bit], self._threshold[tree, bit] = self._comparison(split)
                if members is not None:
                    by_category.setdefault(split.feature, []).append((tree * PATTERN_BITS + bit, members))
            targets[tree, : len(table.features)] = self._feature_of_column[list(table.features)]
            values[tree, : table.values.shape[1], : len(table.features)] = table.values.T * weight
        self._values = values.reshape(-1, width)
        self._targets = targets.ravel()
        self._first_pattern = np.arange(len(tables)) << width
        # For each nominal column the bits of its splits, and codes (the last: any other) × splits: which go left.
        self._nominal = [
            (feature, np.array([bit for bit, _ in splits]), np.array([members for _, members in splits]).T)
            for feature, splits in by_category.items()
        ]

    def _comparison(self, split: Split) -> tuple[int, float]:
        """The index in the flattened readings that a split compares, and the largest value that goes left."""
        if split.feature < self._width:
            return split.feature + self._width * split.nan_left, split.threshold
        # An indicator is 0, and so goes left, if the feature is known: then its reading is a number, below infinity.
        return int(self._feature_of_column[split.feature]) + 2 * self._width, np.inf

    def contributions(self, readings: Matrix, values: Row) -> Row:
        """One for each feature, times `weight`; `readings` are those of `values`."""
        left = readings.take(self._reading_index) <= self._threshold
        for feature, bits, members in self._nominal:
            left.put(bits, members[_as_code(values[feature], len(members) - 1)])
        patterns = np.packbits(left, bitorder="little")
        looked_up = self._values.take(self._first_pattern + patterns, axis=0)
        return np.bincount(self._targets, looked_up.ravel(), self._width).astype(np.float64, copy=False)


def _as_code(value: float, size: int) -> int:
    """`shapley.as_codes` for one value."""
    return int(value) if -1 < value < size else size
