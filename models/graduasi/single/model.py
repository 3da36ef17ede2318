"""The readiness model for one household: blend, calibration and indicators folded into a few arrays beforehand."""

import numpy as np

from graduasi.arrays import Matrix
from graduasi.readiness.model import ReadinessModel
from graduasi.single.readings import Readings, Row, together
from graduasi.single.trees import SingleTrees


class SingleModel:
    """`ReadinessModel.explain` for one household.

    Of its `readings` the first gives the linear part's contributions; the others, if any, are what the trees read.
    """

    def __init__(self, model: ReadinessModel) -> None:
        self.base = float(model.explain(np.empty((0, len(model.features)))).base)
        self._nominal: list[tuple[int, list[float]]] = []
        self._trees: SingleTrees | None = None
        self.readings = self._linear(model)
        if model.trees is not None and model.linear_share < 1:
            weight = model.slope * (1 - model.linear_share)
            self._trees = SingleTrees(model.trees, model.preparation, weight=weight)
            self.readings = together([self.readings, self._trees.readings])

    def _linear(self, model: ReadinessModel) -> Readings:
        """One reading; and for each nominal feature, which has no weight, one table of answers."""
        width, indicated = len(model.features), model.preparation.indicators()
        linear = model.linear
        if linear is None or model.linear_share == 0:
            return Readings(*np.zeros((3, 1, width)))
        share = model.slope * model.linear_share
        fill = np.nan_to_num(model.preparation.fill, nan=0.0)
        known, unknown = np.zeros(width), np.zeros(width)
        known[indicated] = -linear.indicator_mean * linear.indicator_weight
        unknown[indicated] = (1 - linear.indicator_mean) * linear.indicator_weight
        for place, table in linear.nominal.items():
            indicator = np.append(np.full(len(table) - 1, known[place]), unknown[place])
            self._nominal.append((place, (share * (table + indicator)).tolist()))
        shift = share * (known - linear.mean * linear.weight)
        return Readings(
            (share * linear.weight)[np.newaxis],
            shift[np.newaxis],
            (share * (unknown + (fill - linear.mean) * linear.weight))[np.newaxis],
        )

    def contributions(self, read: Matrix, values: Row) -> Row:
        """What each feature adds to `base` to reach the margin. `read` is what `readings` make of `values`."""
        found = read[0]
        for place, table in self._nominal:
            value = values[place]
            found[place] = table[int(value) if value == value else -1]
        return found if self._trees is None else found + self._trees.contributions(read[1:], values)
