"""The readiness model for one household: blend, calibration and indicators folded into a few arrays beforehand."""

import numpy as np

from graduasi.arrays import Matrix
from graduasi.readiness.model import ReadinessModel
from graduasi.single.readings import Readings, Row, stacked
from graduasi.single.trees import SingleTrees


class SingleModel:
    """`ReadinessModel.explain` for one household.

    The first of its `readings` gives the contributions of the linear part; the others, if any, are what the trees read.
    """

    def __init__(self, model: ReadinessModel) -> None:
        self.base = float(model.explain(np.empty((0, len(model.features)))).base)
        self._nominal: list[tuple[int, list[float]]] = []
        ranges = model.preparation.ranges
        self._least, self._most = ranges.least, ranges.most
        self._trees: SingleTrees | None = None
        self.readings = self._linear(model)
        if model.trees is not None and model.linear_share < 1:
            weight = model.slope * (1 - model.linear_share)
            self._trees = SingleTrees(model.trees, model.preparation, weight=weight)
            self.readings = stacked([self.readings, self._trees.readings])

    def _linear(self, model: ReadinessModel) -> Readings:
        """The reading that gives contributions; fills `_nominal` with the contribution of each category (last: unknown).

        A nominal feature has no weight, so its column of the reading is overwritten from `_nominal`.
        """
        width, indicated = len(model.features), model.preparation.indicators()
        linear = model.linear
        if linear is None or model.linear_share == 0:
            return Readings(*np.zeros((5, 1, width)))
        share = model.slope * model.linear_share
        fill = np.nan_to_num(model.preparation.fill, nan=0.0)
        indicator_known, indicator_unknown = np.zeros(width), np.zeros(width)
        indicator_known[indicated] = -linear.indicator_mean * linear.indicator_weight
        indicator_unknown[indicated] = (1 - linear.indicator_mean) * linear.indicator_weight
        for feature, table in linear.nominal.items():
            indicator = np.append(np.full(len(table) - 1, indicator_known[feature]), indicator_unknown[feature])
            self._nominal.append((feature, (share * (table + indicator)).tolist()))
        weight = share * linear.weight
        shift = share * (indicator_known - linear.mean * linear.weight)
        unknown = share * (indicator_unknown + (fill - linear.mean) * linear.weight)
        ends = [
            _times(weight, limit) + shift for limit in (model.preparation.ranges.low, model.preparation.ranges.high)
        ]
        rows = weight, shift, unknown, np.minimum(*ends), np.maximum(*ends)
        return Readings(*(row[np.newaxis] for row in rows))

    def far(self, values: Row) -> list[int]:
        """The indices of the features whose number is far from anything that training saw."""
        return [*np.flatnonzero((values < self._least) | (values > self._most)).tolist()]

    def contributions(self, readings: Matrix, values: Row) -> Row:
        """What each feature adds to `base` to reach the margin; `readings` are those of `values`."""
        contributions = readings[0]
        for feature, table in self._nominal:
            value = values[feature]
            contributions[feature] = table[int(value) if value == value else -1]
        return contributions if self._trees is None else contributions + self._trees.contributions(readings[1:], values)


def _times(weight: Row, limit: Row) -> Row:
    """The product, and 0 where the weight is 0: such a feature has no limit to reach, be it infinite."""
    return np.multiply(weight, limit, out=np.zeros(len(weight)), where=weight != 0)
