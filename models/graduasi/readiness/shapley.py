"""Exact path-dependent Shapley values of small trees, by tables of outcomes.

At each split of a tree a household goes left or right, so a tree with s splits has 2**s patterns of outcomes. Its
Shapley values are computed once for every pattern (a table: features of the tree × patterns). To explain a household is
then to compare its values with the splits, pack the outcomes into a number, look up, and add. The work goes tree by
tree over blocks of rows and gives LightGBM's own `pred_contrib`, to rounding. `graduasi.single.trees` looks up in the
same tables for one household.
"""

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.trees import Split, Tree

BLOCK_ROWS = 4096
"""How many rows are explained together: few enough that a block's columns stay in the processor's cache."""


@dataclass(frozen=True)
class TreeTable:
    """The Shapley values of one tree."""

    splits: tuple[Split, ...]
    members: tuple[npt.NDArray[np.bool_] | None, ...]
    """For each categorical split, whether each code goes left; the last entry is for every other code."""
    features: tuple[int, ...]
    """The columns that the splits compare."""
    values: Matrix
    """`features` × patterns: the Shapley value of each feature."""


class TreeExplainer:
    """Splits the margin of an ensemble of small trees into `base` and one contribution for each of `columns` columns."""

    def __init__(self, trees: tuple[Tree, ...], *, columns: int) -> None:
        self.columns = columns
        self.base = float(sum(_mean_leaf(tree) for tree in trees))
        self._sizes = category_sizes(trees)
        self._tables = tuple(tabulate(tree, self._sizes) for tree in trees if tree.splits)

    def contributions(self, values: Matrix) -> Matrix:
        """Rows × columns. `values` are the columns that the trees were trained on, in their order."""
        contributions = np.empty((len(values), self.columns))
        for start in range(0, len(values), BLOCK_ROWS):
            block = np.ascontiguousarray(values[start : start + BLOCK_ROWS].T)
            contributions[start : start + BLOCK_ROWS] = self._block_contributions(block).T
        return contributions

    def _block_contributions(self, columns: Matrix) -> Matrix:
        """Columns × rows, for a block of `columns` × rows."""
        total = np.zeros((self.columns, columns.shape[1]))
        looked_up = np.empty(columns.shape[1])
        codes = {column: as_codes(columns[column], size) for column, size in self._sizes.items()}
        for table in self._tables:
            pattern = _pattern(table, columns, codes)
            for feature, values in zip(table.features, table.values, strict=True):
                np.take(values, pattern, out=looked_up, mode="clip")
                total[feature] += looked_up
        return total


def _pattern(table: TreeTable, columns: Matrix, codes: dict[int, npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    """For each row the outcomes of all splits as one number: bit i is set if split i sends the row left."""
    packed = np.zeros(columns.shape[1], dtype=np.uint8)
    for bit, (split, members) in enumerate(zip(table.splits, table.members, strict=True)):
        if members is not None:
            left = members.take(codes[split.feature])
        elif split.nan_left:
            left = ~(columns[split.feature] > split.threshold)
        else:
            left = columns[split.feature] <= split.threshold
        packed |= left.view(np.uint8) << np.uint8(bit)
    return packed.astype(np.intp)


def as_codes(column: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.intp]:
    """Category codes as LightGBM reads them: without their fraction, so that -0.5 is code 0.

    NaN, -1 or less, and codes that no split names become `size`.
    """
    return np.where((column > -1) & (column < size), column, size).astype(np.intp)


def _members(split: Split, size: int) -> npt.NDArray[np.bool_] | None:
    """For a categorical split, whether each code up to `size` goes left; None for a numeric one."""
    if split.categories is None:
        return None
    goes_left = np.zeros(size + 1, dtype=bool)
    goes_left[list(split.categories)] = True
    return goes_left


def category_sizes(trees: tuple[Tree, ...]) -> dict[int, int]:
    """For each column that is split by category, one more than the largest code that any split names."""
    sizes: dict[int, int] = {}
    for split in (split for tree in trees for split in tree.splits if split.categories is not None):
        sizes[split.feature] = max(sizes.get(split.feature, 0), max(split.categories or {0}) + 1)
    return sizes


def _mean_leaf(tree: Tree) -> float:
    """What the tree answers on average over the training rows."""
    return float(np.average(tree.leaf_values, weights=tree.leaf_counts))


def tabulate(tree: Tree, sizes: dict[int, int]) -> TreeTable:
    """The Shapley values of a tree for each of its 2**splits patterns; `sizes` are those of `category_sizes`."""
    features = tuple(sorted({split.feature for split in tree.splits}))
    answers = _answers_by_coalition(tree, features)
    values = np.zeros((len(features), answers.shape[1]))
    for feature in range(len(features)):
        for coalition, weight in _coalitions_without(feature, len(features)):
            values[feature] += weight * (answers[coalition | 1 << feature] - answers[coalition])
    members = tuple(_members(split, sizes.get(split.feature, 0)) for split in tree.splits)
    return TreeTable(tree.splits, members, features, values)


def _answers_by_coalition(tree: Tree, features: tuple[int, ...]) -> Matrix:
    """Coalitions × patterns: what the tree answers if it knows only the features of a coalition.

    A coalition is a set of features, as bits. At a split on any other feature a household goes both ways, in proportion
    to the training rows.
    """
    patterns = np.arange(1 << len(tree.splits))
    coalitions = np.arange(1 << len(features))[:, None]

    def answer(node: int) -> Matrix:
        if node < 0:
            return np.full((len(coalitions), len(patterns)), tree.leaf_values[~node])
        split = tree.splits[node]
        is_known = (coalitions >> features.index(split.feature) & 1).astype(bool)
        left_share = _count(tree, split.left) / split.count
        goes_left = np.where(is_known, (patterns >> node & 1).astype(float), left_share)
        return goes_left * answer(split.left) + (1.0 - goes_left) * answer(split.right)

    return answer(0)


def _count(tree: Tree, node: int) -> float:
    """How many training rows came to the split or leaf."""
    return tree.splits[node].count if node >= 0 else float(tree.leaf_counts[~node])


def _coalitions_without(feature: int, count: int) -> list[tuple[int, float]]:
    """The coalitions of `count` features that lack one of them, as bits, with their weights in its Shapley value."""
    others = [other for other in range(count) if other != feature]
    coalitions = []
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        coalitions += [(sum(1 << other for other in members), weight) for members in combinations(others, size)]
    return coalitions
