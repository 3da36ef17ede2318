"""LightGBM's text model, read without LightGBM.

Only what small trees need is read: splits, leaf values and counts. On a damaged file LightGBM's own parser can crash or
hang the process; parsing text in Python cannot. Serving need not install LightGBM either.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graduasi.errors import BundleError

MAX_LEAVES = 8
"""Above this the outcome tables of `shapley` grow too large, and on panels of this kind larger trees only overfitted:
docs/decisions/0001-small-trees.md.
"""

# LightGBM's `decision_type` of a split: two flags, and from bit 2 on how missing values are treated (0: none in training).
CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT = 1, 2, 2
MISSING_ZERO, MISSING_NAN = 1, 2


@dataclass(frozen=True)
class Split:
    """A numeric split sends a row left if `value <= threshold`; a categorical one if the code is in `categories`."""

    feature: int
    threshold: float
    """NaN for a categorical split."""
    categories: frozenset[int] | None
    """None for a numeric split."""
    nan_left: bool
    """Whether a row with NaN goes left, as LightGBM would send it."""
    left: int
    """The next split; below zero a leaf: -1 is leaf 0, -2 leaf 1, and so on. `right` likewise."""
    right: int
    count: float
    """Training rows that came to this split."""


@dataclass(frozen=True)
class Tree:
    """Split 0 is the root. A tree without splits is a constant: its one leaf."""

    splits: tuple[Split, ...]
    leaf_values: npt.NDArray[np.float64]
    """In log-odds."""
    leaf_counts: npt.NDArray[np.float64]
    """Training rows that came to each leaf."""


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
    decision_types, features, thresholds = (
        _ints(keys["decision_type"]),
        _ints(keys["split_feature"]),
        _floats(keys["threshold"]),
    )
    left, right, counts = _ints(keys["left_child"]), _ints(keys["right_child"]), _floats(keys["internal_count"])
    categories = _category_sets(keys) if int(keys["num_cat"]) else []
    splits = tuple(
        _split(decision_types[i], features[i], thresholds[i], categories, left=left[i], right=right[i], count=counts[i])
        for i in range(leaves - 1)
    )
    tree = Tree(splits, values, _floats(keys["leaf_count"]))
    _check_shape(tree)
    return tree


def _split(
    decision_type: int,
    feature: int,
    threshold: float,
    categories: list[frozenset[int]],
    *,
    left: int,
    right: int,
    count: float,
) -> Split:
    """One split from its entries in the text. The threshold of a categorical split is an index into `categories`."""
    if decision_type & CATEGORICAL:
        return Split(feature, np.nan, categories[int(threshold)], False, left, right, count)
    missing = (decision_type >> MISSING_SHIFT) & 3
    if missing == MISSING_ZERO:
        raise BundleError("trees that take zero for missing are not supported")
    # LightGBM reads NaN as 0 in a column in which nothing was missing in training.
    nan_left = bool(decision_type & DEFAULT_LEFT) if missing == MISSING_NAN else threshold >= 0.0
    return Split(feature, threshold, None, nan_left, left, right, count)


def _category_sets(keys: dict[str, str]) -> list[frozenset[int]]:
    """The codes of each categorical split that go left.

    LightGBM packs a set of codes into 32-bit words; the boundaries say which words belong to which set.
    """
    boundaries, words = _ints(keys["cat_boundaries"]), _ints(keys["cat_threshold"])
    sets = []
    for first, last in pairwise(boundaries):
        sets.append(
            frozenset(32 * i + bit for i, word in enumerate(words[first:last]) for bit in range(32) if word >> bit & 1)
        )
    return sets


def _check_shape(tree: Tree) -> None:
    """Raise BundleError unless every split and leaf is reached exactly once from the root; in a loop scoring would never end."""
    reached: list[int] = []
    to_visit = [0]
    while to_visit and len(reached) <= 2 * len(tree.splits):
        node = to_visit.pop()
        reached.append(node)
        if node >= 0:
            to_visit += [tree.splits[node].left, tree.splits[node].right]
    nodes = {*range(len(tree.splits)), *(~leaf for leaf in range(len(tree.leaf_values)))}
    if set(reached) != nodes or len(reached) != len(nodes):
        raise BundleError("a tree is not a tree")


def _ints(text: str) -> list[int]:
    return [int(part) for part in text.split()]


def _floats(text: str) -> npt.NDArray[np.float64]:
    return np.array([float(part) for part in text.split()])
