"""The readiness model for one household: blend, calibration and indicators folded into a few numbers a feature beforehand.

Plain floats wherever a feature is one step of a loop: a numpy call on sixty numbers costs more than the sixty steps.
"""

from collections.abc import Sequence

import numpy as np

from graduasi.readiness import ReadinessModel
from graduasi.shapley import TreeExplainer
from graduasi.trees import parse_trees

Row = Sequence[float]
"""A household's features in the model's order, NaN for unknown."""


class SingleModel:
    """`ReadinessModel.explain` for one row."""

    def __init__(self, model: ReadinessModel) -> None:
        self.base = float(model.explain(np.empty((0, len(model.features)))).base)
        preparation = model.preparation
        self._indicated: list[int] = preparation.indicators().tolist()
        self._width = len(model.features)
        self._fold_linear(model)
        self._tree_fill: list[float] = np.where(preparation.keeps_nan, np.nan, preparation.fill).tolist()
        self._tree_weight = model.slope * (1 - model.linear_share)
        self._trees: TreeExplainer | None = None
        if model.trees is not None and model.linear_share < 1:
            self._trees = TreeExplainer(parse_trees(model.trees), columns=self._width + len(self._indicated))

    def _fold_linear(self, model: ReadinessModel) -> None:
        """`weight` and `shift` for a known value, `unknown` for NaN, one table of answers for each nominal feature."""
        weight, shift, missing = (np.zeros(self._width) for _ in range(3))
        self._nominal: list[tuple[int, list[float]]] = []
        linear = model.linear
        if linear is not None and model.linear_share > 0:
            share = model.slope * model.linear_share
            fill = np.nan_to_num(model.preparation.fill, nan=0.0)
            known, unknown = np.zeros(self._width), np.zeros(self._width)
            known[self._indicated] = -linear.indicator_mean * linear.indicator_weight
            unknown[self._indicated] = (1 - linear.indicator_mean) * linear.indicator_weight
            weight = share * linear.weight
            shift = share * (known - linear.mean * linear.weight)
            missing = share * (unknown + (fill - linear.mean) * linear.weight)
            for place, table in linear.nominal.items():
                indicator = np.append(np.full(len(table) - 1, known[place]), unknown[place])
                self._nominal.append((place, (share * (table + indicator)).tolist()))
        self._linear = list(zip(weight.tolist(), shift.tolist(), missing.tolist(), strict=True))

    def contributions(self, values: Row) -> list[float]:
        """What each feature adds to `base` to reach the margin."""
        found = [
            missing if value != value else value * weight + shift
            for value, (weight, shift, missing) in zip(values, self._linear, strict=True)
        ]
        for place, table in self._nominal:
            value = values[place]
            found[place] = table[int(value) if value == value else -1]
        return found if self._trees is None else self._with_trees(self._trees, values, found)

    def _with_trees(self, trees: TreeExplainer, values: Row, found: list[float]) -> list[float]:
        row = [fill if value != value else value for value, fill in zip(values, self._tree_fill, strict=True)]
        row += [values[place] != values[place] for place in self._indicated]
        added: list[float] = trees.one(np.array(row)).tolist()
        weight = self._tree_weight
        both = [linear + weight * tree for linear, tree in zip(found, added[: self._width], strict=True)]
        for place, tree in zip(self._indicated, added[self._width :], strict=True):
            both[place] += weight * tree
        return both
