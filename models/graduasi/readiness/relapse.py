"""A second score: how likely a family is to need aid again soon after graduating, learned from graduates alone.

Only a family that is like some graduate gets it. What happens to others after graduating, nobody has seen.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array, Matrix
from graduasi.readiness.features import Feature
from graduasi.readiness.model import ReadinessModel, logistic

MAX_DEVIATION = 10.0
"""In standard deviations: more counts as this much, so that one odd field alone makes no family unlike all graduates."""


class Risk(NamedTuple):
    """For each household the probability of a relapse and the ends of its interval.

    All are NaN for a family unlike any graduate; the ends are NaN as well if the interval was not tested.
    """

    risk: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class RelapseModel:
    """What was learned from graduates: who stays out of aid, and what graduates are like."""

    stays_out: ReadinessModel
    """Forecasts that a graduate needs no aid again; the risk is 1 minus its score."""
    centre: Array
    """For each feature, the graduates' mean."""
    spread: Array
    """For each feature, the graduates' standard deviation."""
    limit: float
    """A family whose distance is above this is unlike any graduate."""

    def risk(self, values: Matrix, area_code: pa.Array, carried: npt.NDArray[np.bool_]) -> Risk:
        """The risk for feature rows as `build_features` makes them; `carried` as in `ReadinessModel.ends`."""
        margin = self.stays_out.explain(values).margin
        ends = self.stays_out.ends(margin, area_code, values, carried)
        untested = np.full(len(margin), np.nan)
        low, high = (untested, untested) if ends is None else (logistic(-ends.high), logistic(-ends.low))
        is_unlike = self.distance(values) > self.limit
        return Risk(*(np.where(is_unlike, np.nan, column) for column in (logistic(-margin), low, high)))

    def distance(self, values: Matrix) -> Array:
        """How far each household lies from the graduates: the mean square of its deviations from `centre`.

        A deviation is measured in `spread`, cut off at MAX_DEVIATION, and counts only if the feature is known.
        """
        deviations = np.nan_to_num((values - self.centre) / self.spread, nan=0.0)
        known = np.maximum((~np.isnan(values)).sum(axis=1), 1)
        return np.asarray(np.square(np.clip(deviations, -MAX_DEVIATION, MAX_DEVIATION)).sum(axis=1) / known)

    def to_json(self) -> dict[str, Any]:
        """As relapse.json holds it."""
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
