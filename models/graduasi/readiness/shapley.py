"""Exact path-dependent Shapley values of small trees, by tables of outcomes.

A tree with s splits answers at most 2**s ways, whatever the household. So its Shapley values are computed once for
every pattern of outcomes (a table: patterns × features of the tree), and explaining a household is: compare, pack the
outcomes into a number, look up, add. The work goes tree by tree over blocks of rows, and gives LightGBM's own
`pred_contrib`, to rounding. `graduasi.single.trees` looks up in the same tables for one household.
"""

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.trees import Split, Tree

BLOCK_ROWS = 4096
"""Rows handled together: few enough that a block's columns stay in the processor's cache."""


@dataclass(frozen=True)
class TreeTable:
    """One tree: its splits, the features they use, and per feature the Shapley value of each outcome pattern.

    `members` says for a categorical split which codes go left; the last entry stands for every other code.
    """

    splits: tuple[Split, ...]
    members: tuple[npt.NDArray[np.bool_] | None, ...]
    features: tuple[int, ...]
    values: npt.NDArray[np.float64]


class TreeExplainer:
    """The margin of an ensemble of small trees, split into `base` and one contribution per column."""

    def __init__(self, trees: tuple[Tree, ...], *, columns: int) -> None:
        self.columns = columns
        self.base = float(sum(_expected(tree) for tree in trees))
        self._sizes = category_sizes(trees)
        self._tables = tuple(tabulate(tree, self._sizes) for tree in trees if tree.splits)

    def contributions(self, values: Matrix) -> Matrix:
        """Rows × columns. `values` are the columns the trees were trained on, in their order."""
        found = np.empty((len(values), self.columns))
        for start in range(0, len(values), BLOCK_ROWS):
            block = np.ascontiguousarray(values[start : start + BLOCK_ROWS].T)
            found[start : start + BLOCK_ROWS] = self._block(block).T
        return found

    def _block(self, columns: Matrix) -> Matrix:
        total = np.zeros((self.columns, columns.shape[1]))
        taken = np.empty(columns.shape[1])
        codes = {column: as_codes(columns[column], size) for column, size in self._sizes.items()}
        for table in self._tables:
            pattern = _pattern(table, columns, codes)
            for feature, values in zip(table.features, table.values, strict=True):
                np.take(values, pattern, out=taken, mode="clip")
                total[feature] += taken
        return total


def _pattern(table: TreeTable, columns: Matrix, codes: dict[int, npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    """The outcomes of all splits as one number a row: bit i is set where split i sends the row left."""
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
    """Category codes as LightGBM reads them: the fraction cut off; NaN, negative and unknown codes become `size`."""
    return np.where((column > -1) & (column < size), column, size).astype(np.intp)


def _members(split: Split, size: int) -> npt.NDArray[np.bool_] | None:
    if split.categories is None:
        return None
    found = np.zeros(size + 1, dtype=bool)
    found[list(split.categories)] = True
    return found


def category_sizes(trees: tuple[Tree, ...]) -> dict[int, int]:
    """For each column that is split by category, one more than the largest code any split names."""
    sizes: dict[int, int] = {}
    for split in (split for tree in trees for split in tree.splits if split.categories is not None):
        sizes[split.feature] = max(sizes.get(split.feature, 0), max(split.categories or {0}) + 1)
    return sizes


def _expected(tree: Tree) -> float:
    return float(np.average(tree.leaf_values, weights=tree.leaf_counts))


def tabulate(tree: Tree, sizes: dict[int, int]) -> TreeTable:
    """The Shapley value of each feature of the tree for each of the 2**splits outcome patterns."""
    features = tuple(sorted({split.feature for split in tree.splits}))
    games = _games(tree, features)
    values = np.zeros((len(features), games.shape[1]))
    for place in range(len(features)):
        for subset, weight in _coalitions(len(features), place):
            values[place] += weight * (games[subset | 1 << place] - games[subset])
    members = tuple(_members(split, sizes.get(split.feature, 0)) for split in tree.splits)
    return TreeTable(tree.splits, members, features, values)


def _games(tree: Tree, features: tuple[int, ...]) -> Matrix:
    """Coalitions × patterns: what the tree answers when only a coalition's features follow the household.

    A split whose feature is not in the coalition sends the household both ways, in proportion to the training rows.
    """
    patterns = np.arange(1 << len(tree.splits))
    coalitions = np.arange(1 << len(features))[:, None]

    def answer(node: int) -> Matrix:
        if node < 0:
            return np.full((len(coalitions), len(patterns)), tree.leaf_values[~node])
        split = tree.splits[node]
        follows = (coalitions >> features.index(split.feature) & 1).astype(bool)
        left_share = _count(tree, split.left) / split.count
        goes = np.where(follows, (patterns >> node & 1).astype(float), left_share)
        return goes * answer(split.left) + (1.0 - goes) * answer(split.right)

    return answer(0)


def _count(tree: Tree, node: int) -> float:
    return tree.splits[node].count if node >= 0 else float(tree.leaf_counts[~node])


def _coalitions(players: int, left_out: int) -> list[tuple[int, float]]:
    """The coalitions without a player, as bit sets, with their weight in the Shapley value."""
    others = [player for player in range(players) if player != left_out]
    found = []
    for size in range(players):
        weight = factorial(size) * factorial(players - size - 1) / factorial(players)
        found += [(sum(1 << player for player in chosen), weight) for chosen in combinations(others, size)]
    return found
