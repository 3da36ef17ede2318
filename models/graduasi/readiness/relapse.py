"""A second score: how likely a family is to need aid again soon after graduating, learned from graduates alone.

It is told only of families that are like some graduate; of others nobody has seen what happens, and nothing is said.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel, logistic

FARTHEST = 10.0  # standard deviations: one odd field alone does not make a family unlike all graduates


class Risk(NamedTuple):
    """Per household the probability and its interval; NaN where the family is unlike any graduate, the ends also where
    the interval was not tested.
    """

    risk: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class RelapseModel:
    """`stays_out` forecasts that a graduate needs no aid again; the risk is what is left to 1.

    A family's distance from the graduates is the mean square of its features, each measured in the graduates' standard
    deviations (`spread`) from their mean (`centre`); beyond `limit` it is unlike any graduate.
    """

    stays_out: ReadinessModel
    centre: Array
    spread: Array
    limit: float

    def risk(self, values: Matrix, area_code: pa.Array, carried: npt.NDArray[np.bool_]) -> Risk:
        """The risk for feature rows as `build_features` makes them; `carried` as in `ReadinessModel.ends`."""
        margin = self.stays_out.explain(values).margin
        ends = self.stays_out.ends(margin, area_code, values, carried)
        nothing = np.full(len(margin), np.nan)
        low, high = (nothing, nothing) if ends is None else (logistic(-ends.high), logistic(-ends.low))
        unlike = self.distance(values) > self.limit
        return Risk(*(np.where(unlike, np.nan, each) for each in (logistic(-margin), low, high)))

    def distance(self, values: Matrix) -> Array:
        """How far each household lies from the graduates; what is unknown does not count."""
        away = np.nan_to_num((values - self.centre) / self.spread, nan=0.0)
        known = np.maximum((~np.isnan(values)).sum(axis=1), 1)
        return np.asarray(np.square(np.clip(away, -FARTHEST, FARTHEST)).sum(axis=1) / known)

    def to_json(self) -> dict[str, Any]:
        """A form that a bundle can carry."""
        return {
            "stays_out": self.stays_out.to_json(),
            "centre": self.centre.tolist(),
            "spread": self.spread.tolist(),
            "limit": self.limit,
        }

    @classmethod
    def from_json(cls, tables: dict[str, Any], *, features: tuple[Feature, ...]) -> "RelapseModel":
        """The inverse of `to_json`."""
        stays_out = ReadinessModel.from_json(tables["stays_out"], features=features, trees=None)
        arrays = {name: np.array(tables[name], dtype=float) for name in ("centre", "spread")}
        return cls(stays_out, limit=float(tables["limit"]), **arrays)
