"""How far a score can be trusted: the interval in which the rate among families like this one lies.

    low  = venn_abers_low(margin)  + area − z × spread − what is unknown could cost
    high = venn_abers_high(margin) + area + z × spread + what is unknown could add          (all in log-odds)

`spread` is how far whole periods, and areas, came out beside the forecast. The interval always holds the score itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Array = npt.NDArray[np.float64]


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
    """What training found out about its own errors. Margins, ends and spreads are log-odds.

    `knots` are margins in order, with the Venn–Abers ends `lower` and `upper` there; between them they are interpolated.
    `elsewhere` is for an area of which too little is known; `costs` and `gains` are per feature, for when it is unknown.
    """

    coverage: float
    z: float
    knots: Array
    lower: Array
    upper: Array
    areas: Mapping[str, Area]
    elsewhere: Area
    costs: Array
    gains: Array

    def around(self, margin: Array, area_code: pa.Array, unknown: npt.NDArray[np.bool_]) -> Ends:
        """The ends in log-odds for `margin` (one a household), its area (null: unknown) and its unknown features."""
        places = pc.index_in(area_code, self._names).fill_null(len(self.areas))
        which = np.asarray(places.to_numpy(zero_copy_only=False))
        offset, reach = self._offsets[which], self.z * self._spreads[which]
        down, up = (np.sqrt(unknown @ np.square(each)) for each in (self.costs, self.gains))
        low = np.interp(margin, self.knots, self.lower) + offset - reach - down
        high = np.interp(margin, self.knots, self.upper) + offset + reach + up
        return Ends(np.minimum(low, margin), np.maximum(high, margin))

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
        arrays = {name: getattr(self, name).tolist() for name in ("knots", "lower", "upper", "costs", "gains")}
        areas = {code: list(area) for code, area in self.areas.items()}
        return {"coverage": self.coverage, "z": self.z, **arrays, "areas": areas, "elsewhere": list(self.elsewhere)}

    @classmethod
    def from_json(cls, tables: dict[str, Any]) -> "Intervals":
        """The inverse of `to_json`."""
        arrays = {name: np.array(tables[name], dtype=float) for name in ("knots", "lower", "upper", "costs", "gains")}
        areas = {str(code): Area(*map(float, area)) for code, area in tables["areas"].items()}
        elsewhere = Area(*map(float, tables["elsewhere"]))
        return cls(coverage=float(tables["coverage"]), z=float(tables["z"]), areas=areas, elsewhere=elsewhere, **arrays)
