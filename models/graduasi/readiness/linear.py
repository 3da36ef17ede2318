"""The linear part of the model: a logistic regression, and what each feature contributes to it.

A contribution is measured from the training mean: `weight × (value − mean)`. What an indicator or a column of a nominal
feature contributes is added to the feature that it belongs to.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Matrix
from graduasi.readiness.preparation import Preparation


@dataclass(frozen=True)
class LinearPart:
    """What the regression learned, in log-odds. The margin of a household is `base` and its contributions."""

    base: float
    weight: npt.NDArray[np.float64]
    """For each feature, per unit of the feature; 0 for a nominal feature."""
    mean: npt.NDArray[np.float64]
    """For each feature, over the prepared training rows."""
    indicator_weight: npt.NDArray[np.float64]
    """For each feature that has an indicator."""
    indicator_mean: npt.NDArray[np.float64]
    """For each feature that has an indicator, the share of training rows in which it was unknown."""
    nominal: dict[int, npt.NDArray[np.float64]]
    """For each nominal feature, by index, the contribution of each category; the last is for unknown."""

    def contributions(self, values: Matrix, preparation: Preparation) -> Matrix:
        """What each feature adds to `base`, in log-odds: rows × features. `values` are not prepared yet."""
        # A nominal feature has no fill and a weight of 0, so any finite number will do here.
        contributions = (np.nan_to_num(preparation.filled(values), nan=0.0) - self.mean) * self.weight
        for feature, table in self.nominal.items():
            codes = np.nan_to_num(values[:, feature], nan=len(table) - 1).astype(np.intp)
            contributions[:, feature] = table[codes]
        indicated = preparation.indicators()
        contributions[:, indicated] += (np.isnan(values[:, indicated]) - self.indicator_mean) * self.indicator_weight
        return contributions

    def to_json(self) -> dict[str, Any]:
        """As model.json holds it."""
        return {
            "base": self.base,
            "weight": self.weight.tolist(),
            "mean": self.mean.tolist(),
            "indicator_weight": self.indicator_weight.tolist(),
            "indicator_mean": self.indicator_mean.tolist(),
            "nominal": {str(feature): table.tolist() for feature, table in self.nominal.items()},
        }

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "LinearPart":
        """The inverse of `to_json`."""
        arrays = {
            key: np.array(tables[key], dtype=float) for key in ("weight", "mean", "indicator_weight", "indicator_mean")
        }
        nominal = {int(feature): np.array(table, dtype=float) for feature, table in tables["nominal"].items()}
        return cls(base=float(tables["base"]), nominal=nominal, **arrays)
