"""The linear part of the model in closed form: a logistic regression's contributions, feature by feature.

A contribution is measured from the training mean: `weight × (value − mean)`. Indicators and the columns of a nominal
feature add to the feature they belong to.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.preparation import Preparation


@dataclass(frozen=True)
class LinearPart:
    """Weights in log-odds per unit of each feature; a nominal feature has one value per category (the last: unknown).

    `indicator_weight` and `indicator_mean` have one entry for each indicated feature.
    """

    base: float
    weight: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    indicator_weight: npt.NDArray[np.float64]
    indicator_mean: npt.NDArray[np.float64]
    nominal: dict[int, npt.NDArray[np.float64]]

    def contributions(self, values: Matrix, preparation: Preparation) -> Matrix:
        """Rows × features, in log-odds."""
        # An unknown nominal has no fill; its weight is zero, so any finite number will do here.
        found = (np.nan_to_num(preparation.filled(values), nan=0.0) - self.mean) * self.weight
        for place, table in self.nominal.items():
            codes = np.nan_to_num(values[:, place], nan=len(table) - 1).astype(np.intp)
            found[:, place] = table[codes]
        indicated = preparation.indicators()
        found[:, indicated] += (np.isnan(values[:, indicated]) - self.indicator_mean) * self.indicator_weight
        return found

    def to_json(self) -> dict[str, Any]:
        """A form that a bundle can carry."""
        return {
            "base": self.base,
            "weight": self.weight.tolist(),
            "mean": self.mean.tolist(),
            "indicator_weight": self.indicator_weight.tolist(),
            "indicator_mean": self.indicator_mean.tolist(),
            "nominal": {str(place): table.tolist() for place, table in self.nominal.items()},
        }

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "LinearPart":
        """The inverse of `to_json`."""
        arrays = {
            key: np.array(tables[key], dtype=float) for key in ("weight", "mean", "indicator_weight", "indicator_mean")
        }
        nominal = {int(place): np.array(table, dtype=float) for place, table in tables["nominal"].items()}
        return cls(base=float(tables["base"]), nominal=nominal, **arrays)
