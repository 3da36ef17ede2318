"""LightGBM's text model, read without LightGBM.

Only what small trees need is read: splits, leaf values and counts. Parsing text in Python cannot crash or hang the
process, which LightGBM's own parser can on a damaged file, and it spares serving the whole package.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graduasi.errors import BundleError

MAX_LEAVES = 8
"""Above this the outcome tables of `shapley` grow too large; DESIGN decision 4: larger trees only overfit here."""

CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT = 1, 2, 2
MISSING_ZERO, MISSING_NAN = 1, 2  # LightGBM writes 0 where nothing was missing in training


@dataclass(frozen=True)
class Split:
    """A numeric split goes left where `value <= threshold`; a categorical one where the code is in `categories`.

    `nan_left` is where NaN goes, LightGBM's rules for absent missing values included.
    """

    feature: int
    threshold: float
    categories: frozenset[int] | None
    nan_left: bool
    left: int
    right: int
    count: float


@dataclass(frozen=True)
class Tree:
    """Children below zero are leaves: -1 is leaf 0, -2 leaf 1, and so on. A tree without splits is a constant."""

    splits: tuple[Split, ...]
    leaf_values: npt.NDArray[np.float64]
    leaf_counts: npt.NDArray[np.float64]


def parse_trees(text: str) -> tuple[Tree, ...]:
    """The trees of a LightGBM text model. Raises BundleError for anything but small binary trees."""
    blocks = text.split("\nTree=")[1:]
    if not text.startswith("tree\n") or not blocks:
        raise BundleError("the trees are not a LightGBM text model")
    try:
        return tuple(_parse_tree(block.split("\nend of trees")[0]) for block in blocks)
    except (KeyError, ValueError, IndexError) as error:
        raise BundleError(f"the trees cannot be read ({type(error).__name__})") from None


def _parse_tree(block: str) -> Tree:
    keys = dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)
    leaves = int(keys["num_leaves"])
    if not 1 <= leaves <= MAX_LEAVES:
        raise BundleError(f"a tree has {leaves} leaves; at most {MAX_LEAVES} can be explained exactly and fast")
    if keys.get("is_linear", "0") != "0":
        raise BundleError("linear trees are not supported")
    values = _floats(keys["leaf_value"])
    if leaves == 1:
        return Tree((), values, np.ones(1))
    kinds, children = _ints(keys["decision_type"]), (_ints(keys["left_child"]), _ints(keys["right_child"]))
    categories = _category_sets(keys) if int(keys["num_cat"]) else []
    counts, thresholds, features = (
        _floats(keys["internal_count"]),
        _floats(keys["threshold"]),
        _ints(keys["split_feature"]),
    )
    splits = tuple(
        _split(
            kinds[i], features[i], thresholds[i], categories, left=children[0][i], right=children[1][i], count=counts[i]
        )
        for i in range(leaves - 1)
    )
    tree = Tree(splits, values, _floats(keys["leaf_count"]))
    _check_shape(tree)
    return tree


def _split(
    kind: int, feature: int, threshold: float, categories: list[frozenset[int]], *, left: int, right: int, count: float
) -> Split:
    if kind & CATEGORICAL:
        return Split(feature, np.nan, categories[int(threshold)], False, left, right, count)
    missing = (kind >> MISSING_SHIFT) & 3
    if missing == MISSING_ZERO:
        raise BundleError("trees that take zero for missing are not supported")
    nan_left = (
        bool(kind & DEFAULT_LEFT) if missing == MISSING_NAN else threshold >= 0.0
    )  # absent in training: read as 0
    return Split(feature, threshold, None, nan_left, left, right, count)


def _category_sets(keys: dict[str, str]) -> list[frozenset[int]]:
    """LightGBM packs a set of codes into 32-bit words; the boundaries say which words belong to which set."""
    boundaries, words = _ints(keys["cat_boundaries"]), _ints(keys["cat_threshold"])
    sets = []
    for first, last in pairwise(boundaries):
        sets.append(
            frozenset(32 * i + bit for i, word in enumerate(words[first:last]) for bit in range(32) if word >> bit & 1)
        )
    return sets


def _check_shape(tree: Tree) -> None:
    """Every split and leaf is reached exactly once from the root; a loop would never end."""
    seen: list[int] = []
    waiting = [0]
    while waiting and len(seen) <= 2 * len(tree.splits):
        node = waiting.pop()
        seen.append(node)
        if node >= 0:
            waiting += [tree.splits[node].left, tree.splits[node].right]
    expected = {*range(len(tree.splits)), *(~leaf for leaf in range(len(tree.leaf_values)))}
    if set(seen) != expected or len(seen) != len(expected):
        raise BundleError("a tree is not a tree")


def _ints(text: str) -> list[int]:
    return [int(part) for part in text.split()]


def _floats(text: str) -> npt.NDArray[np.float64]:
    return np.array([float(part) for part in text.split()])
