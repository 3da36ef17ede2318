"""A panel in memory: snapshots of households, as numbers, ordered by household and as-of date.

Everything downstream (rules, features, labels, scores) reads this one record. It is made by `frames` from files and
by `rows` from requests, both from the same dictionary.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.dates import Days


@dataclass(frozen=True)
class Panel:
    """`values` is snapshots × fields of the dictionary, NaN for unknown; the rest has one entry a snapshot.

    `household` numbers the households in order of their identifier, so equal numbers stand together.
    """

    household_id: pa.Array
    household: npt.NDArray[np.int32]
    as_of: Days
    known_on: Days
    mentor_id: pa.Array
    area_code: pa.Array
    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.as_of)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Panel":
        """The given rows, in the order given (a mask keeps the panel's own order)."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        if len(places) == len(self) and bool((places == np.arange(len(self))).all()):
            return self
        chosen = pa.array(places, pa.int64())
        return Panel(
            household_id=self.household_id.take(chosen),
            household=self.household[places],
            as_of=self.as_of[places],
            known_on=self.known_on[places],
            mentor_id=self.mentor_id.take(chosen),
            area_code=self.area_code.take(chosen),
            values=self.values[places],
        )

    def starts(self) -> npt.NDArray[np.intp]:
        """The place of each household's first snapshot."""
        return np.flatnonzero(np.diff(self.household, prepend=-1))

    def latest_known(self, day: int) -> npt.NDArray[np.intp]:
        """Per household, the place of its latest snapshot that was known by `day`; households unknown by then are absent."""
        known = np.flatnonzero((self.known_on <= day) & (self.as_of <= day))
        last = np.diff(self.household[known], append=np.iinfo(np.int32).max) != 0
        return known[last]


def number_households(household_id: pa.Array) -> npt.NDArray[np.int32]:
    """For each row the rank of its identifier among all identifiers."""
    encoded = household_id.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[encoded.indices.to_numpy(zero_copy_only=False)]


def ordered(panel: Panel) -> Panel:
    """The panel in the order everything relies on. Costs nothing when it is so already."""
    household = number_households(panel.household_id)
    same = np.diff(household) == 0
    if bool(np.all((np.diff(household) > 0) | (same & (np.diff(panel.as_of) >= 0)))):
        return replace(panel, household=household)
    return replace(panel, household=household).take(np.lexsort((panel.as_of, household)))
