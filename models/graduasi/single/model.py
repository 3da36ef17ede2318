"""The readiness model for one household: blend, calibration and indicators folded into a few arrays beforehand."""

import numpy as np
import numpy.typing as npt

from graduasi.readiness import ReadinessModel
from graduasi.shapley import TreeExplainer
from graduasi.trees import parse_trees

Row = npt.NDArray[np.float64]


class SingleModel:
    """`ReadinessModel.explain` for one row."""

    def __init__(self, model: ReadinessModel) -> None:
        self.base = float(model.explain(np.empty((0, len(model.features)))).base)
        preparation = model.preparation
        self._indicated = preparation.indicators()
        self._width = len(model.features)
        self._fold_linear(model)
        self._tree_fill = np.where(preparation.keeps_nan, np.nan, preparation.fill)
        self._tree_weight = model.slope * (1 - model.linear_share)
        self._trees: TreeExplainer | None = None
        if model.trees is not None and model.linear_share < 1:
            self._trees = TreeExplainer(parse_trees(model.trees), columns=self._width + len(self._indicated))

    def _fold_linear(self, model: ReadinessModel) -> None:
        """`weight` and `shift` for a known value, `unknown` for NaN, one table of answers for each nominal feature."""
        self._weight, self._shift, self._unknown = (np.zeros(self._width) for _ in range(3))
        self._nominal: list[tuple[int, list[float]]] = []
        linear = model.linear
        if linear is None or model.linear_share == 0:
            return
        share = model.slope * model.linear_share
        fill = np.nan_to_num(model.preparation.fill, nan=0.0)
        known, unknown = np.zeros(self._width), np.zeros(self._width)
        known[self._indicated] = -linear.indicator_mean * linear.indicator_weight
        unknown[self._indicated] = (1 - linear.indicator_mean) * linear.indicator_weight
        self._weight = share * linear.weight
        self._shift = share * (known - linear.mean * linear.weight)
        self._unknown = share * (unknown + (fill - linear.mean) * linear.weight)
        for place, table in linear.nominal.items():
            indicator = np.append(np.full(len(table) - 1, known[place]), unknown[place])
            self._nominal.append((place, (share * (table + indicator)).tolist()))

    def contributions(self, values: Row) -> Row:
        """What each feature (NaN: unknown) adds to `base` to reach the margin."""
        is_unknown = np.isnan(values)
        found = np.where(is_unknown, self._unknown, values * self._weight + self._shift)
        for place, table in self._nominal:
            value = values[place]
            found[place] = table[int(value) if value == value else -1]
        if self._trees is not None:
            row = np.concatenate((np.where(is_unknown, self._tree_fill, values), is_unknown[self._indicated]))
            added = self._tree_weight * self._trees.one(row)
            found += added[: self._width]
            found[self._indicated] += added[self._width :]
        return found
