"""All trees of a model side by side for one household: compare, pack the outcomes into a number, look up, add."""

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.preparation import Preparation
from graduasi.readiness.shapley import TreeTable, category_sizes, tabulate
from graduasi.readiness.trees import Split, parse_trees
from graduasi.single.readings import Readings, Row, as_it_is, together

PATTERN_BITS = 8
"""Outcomes of a tree are packed into one byte; a tree of a bundle has at most seven splits."""


class SingleTrees:
    """`TreeExplainer` on prepared rows, for one household, each contribution times `weight`.

    The trees read three `readings`: the features with NaN going right, with NaN going left, and with every unknown as
    NaN, which is how an indicator is split.
    """

    def __init__(self, text: str, preparation: Preparation, *, weight: float) -> None:
        self._width = len(preparation.fill)
        self._owner = np.concatenate([np.arange(self._width), preparation.indicators()])
        fill = np.where(preparation.keeps_nan, np.nan, preparation.fill)
        to_the_left = np.where(np.isnan(fill), -np.inf, fill)
        self.readings: Readings = together([as_it_is(each) for each in (fill, to_the_left, np.full_like(fill, np.nan))])
        trees = parse_trees(text)
        sizes = category_sizes(trees)
        self._stack([tabulate(tree, sizes) for tree in trees if tree.splits], weight)

    def _stack(self, tables: list[TreeTable], weight: float) -> None:
        """The tables in arrays of one shape: trees × splits, and (trees × patterns) × splits for the values."""
        width = max((len(table.splits) for table in tables), default=1)
        self._read = np.zeros((len(tables), PATTERN_BITS), dtype=np.intp)
        self._threshold = np.full(self._read.shape, np.nan)  # padding goes right, and so sets no bit
        targets = np.zeros((len(tables), width), dtype=np.intp)
        values = np.zeros((len(tables), 1 << width, width))
        by_category: dict[int, list[tuple[int, npt.NDArray[np.bool_]]]] = {}
        for tree, table in enumerate(tables):
            for place, (split, members) in enumerate(zip(table.splits, table.members, strict=True)):
                self._read[tree, place], self._threshold[tree, place] = self._place(split)
                if members is not None:
                    by_category.setdefault(split.feature, []).append((tree * PATTERN_BITS + place, members))
            targets[tree, : len(table.features)] = self._owner[list(table.features)]
            values[tree, : table.values.shape[1], : len(table.features)] = table.values.T * weight
        self._values = values.reshape(-1, width)
        self._targets = targets.ravel()
        self._first = np.arange(len(tables)) << width
        # Of each nominal column its splits, and for each code (the last: any other) which of them go left.
        self._nominal = [
            (feature, np.array([at for at, _ in splits]), np.array([members for _, members in splits]).T)
            for feature, splits in by_category.items()
        ]

    def _place(self, split: Split) -> tuple[int, float]:
        """Where in the flattened readings a split looks, and up to what it goes left."""
        if split.feature < self._width:
            return split.feature + self._width * split.nan_left, split.threshold
        return int(self._owner[split.feature]) + 2 * self._width, np.inf  # an indicator is 0, left, of what is known

    def contributions(self, read: Matrix, values: Row) -> Row:
        """One for each feature. `read` is what `readings` make of `values`."""
        left = read.take(self._read) <= self._threshold
        for feature, places, members in self._nominal:
            left.put(places, members[_code(values[feature], len(members) - 1)])
        patterns = np.packbits(left, bitorder="little")
        taken = self._values.take(self._first + patterns, axis=0)
        return np.bincount(self._targets, taken.ravel(), self._width).astype(np.float64, copy=False)


def _code(value: float, size: int) -> int:
    """`shapley.as_codes` for one value."""
    return int(value) if -1 < value < size else size
