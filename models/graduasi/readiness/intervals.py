"""How far a score can be trusted: the interval in which the rate among families like this one lies.

    low  = margin + area − z × spread − what is unknown could cost
    high = margin + area + z × spread + what is unknown could add          (all in log-odds)

`spread` is how far whole dates, areas and bins of score came out beside the forecast. The interval always holds the score.
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
    """How an area differs from the forecast, and what is left of uncertainty when that is known."""

    offset: float
    spread: float


@dataclass(frozen=True)
class Intervals:
    """What training found out about its own errors, in log-odds.

    `elsewhere` is for an area of which too little is known; `costs` and `gains` are per feature, for when it is unknown.
    A value carried forward from an earlier visit counts as much in either direction as the larger of the two.
    """

    coverage: float
    z: float
    areas: Mapping[str, Area]
    elsewhere: Area
    costs: Array
    gains: Array

    def around(self, margin: Array, area_code: pa.Array, unknown: Mask, carried: Mask) -> Ends:
        """The ends in log-odds for `margin` (one a household), its area (null: unknown), and (rows × features) which
        features are unknown and which were carried forward.
        """
        places = pc.index_in(area_code, self._names).fill_null(len(self.areas))
        which = np.asarray(places.to_numpy(zero_copy_only=False))
        offset, reach = self._offsets[which], self.z * self._spreads[which]
        aged = carried @ np.square(self.aged)
        down, up = (np.sqrt(unknown @ np.square(each) + aged) for each in (self.costs, self.gains))
        low, high = margin + offset - reach - down, margin + offset + reach + up
        return Ends(np.minimum(low, margin), np.maximum(high, margin))

    @property
    def aged(self) -> Array:
        """Per feature, how far a carried value may be off: as far as an unknown one."""
        return np.maximum(self.costs, self.gains)

    @cached_property
    def _names(self) -> pa.Array:
        return pa.array(list(self.areas), pa.string())

    @cached_property
    def _offsets(self) -> Array:
        return np.array([area.offset for area in (*self.areas.values(), self.elsewhere)])

    @cached_property
    def _spreads(self) -> Array:
        return np.array([area.spread for area in (*self.areas.values(), self.elsewhere)])

    def to_json(self) -> dict[str, Any]:
        """A form that a bundle can carry."""
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
