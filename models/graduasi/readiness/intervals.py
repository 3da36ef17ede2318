"""How far a score can be trusted: the range in which the rate among families like this one should lie.

    low  = margin + area − z × spread − what unknown features could cost
    high = margin + area + z × spread + what unknown features could add          (all in log-odds)

`spread` is how far outcomes of whole dates, areas and bins of the score differed from the forecast. The score always
lies within its interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.arrays import Array, Mask


class Ends(NamedTuple):
    """The lower and upper end of each household's interval, as probabilities or as log-odds."""

    low: Array
    high: Array


class Area(NamedTuple):
    """How far an area's outcomes lie from the forecast, and the spread that remains around that; both in log-odds."""

    offset: float
    spread: float


@dataclass(frozen=True)
class Intervals:
    """What training learned of the model's errors, in log-odds."""

    coverage: float
    """How often the interval should hold, as a share."""
    z: float
    """How many spreads the interval reaches to either side."""
    areas: Mapping[str, Area]
    """By area code."""
    elsewhere: Area
    """For every area of which too little is known."""
    costs: Array
    """For each feature, how far the margin may fall when the feature becomes known."""
    gains: Array
    """For each feature, how far the margin may rise when the feature becomes known."""

    def around(self, margin: Array, area_code: pa.Array, unknown: Mask, carried: Mask) -> Ends:
        """The interval around each household's `margin`, in log-odds.

        `area_code` is null for a household whose area is unknown. `unknown` and `carried` (rows × features) are the
        features that are unknown and those that were carried forward. Their errors add up as independent ones do.
        """
        area_index = np.asarray(
            pc.index_in(area_code, self._area_codes).fill_null(len(self.areas)).to_numpy(zero_copy_only=False)
        )
        offset, reach = self._offsets[area_index], self.z * self._spreads[area_index]
        squared_carried = carried @ np.square(self.carried_error)
        cost = np.sqrt(unknown @ np.square(self.costs) + squared_carried)
        gain = np.sqrt(unknown @ np.square(self.gains) + squared_carried)
        low, high = margin + offset - reach - cost, margin + offset + reach + gain
        return Ends(np.minimum(low, margin), np.maximum(high, margin))

    @property
    def carried_error(self) -> Array:
        """For each feature, how far off the margin may be in either direction when the value was carried forward.

        As far as if the feature were unknown.
        """
        return np.maximum(self.costs, self.gains)

    @cached_property
    def _area_codes(self) -> pa.Array:
        return pa.array(list(self.areas), pa.string())

    @cached_property
    def _offsets(self) -> Array:
        """One for each of `_area_codes`, then that of `elsewhere`; `_spreads` likewise."""
        return np.array([area.offset for area in (*self.areas.values(), self.elsewhere)])

    @cached_property
    def _spreads(self) -> Array:
        return np.array([area.spread for area in (*self.areas.values(), self.elsewhere)])

    def to_json(self) -> dict[str, Any]:
        """As model.json and relapse.json hold it."""
        return {
            "coverage": self.coverage,
            "z": self.z,
            "areas": {code: list(area) for code, area in self.areas.items()},
            "elsewhere": list(self.elsewhere),
            "costs": self.costs.tolist(),
            "gains": self.gains.tolist(),
        }

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "Intervals":
        """The inverse of `to_json`."""
        costs, gains = (np.array(tables[name], dtype=float) for name in ("costs", "gains"))
        areas = {str(code): Area(*map(float, area)) for code, area in tables["areas"].items()}
        elsewhere = Area(*map(float, tables["elsewhere"]))
        return cls(float(tables["coverage"]), float(tables["z"]), areas, elsewhere, costs, gains)
