"""A panel in memory: snapshots of households, as numbers, ordered by household and as-of date.

Everything that works on many households (rules, features, labels, scores) reads this one record. `table_contract` makes
it from files; `row_contract` makes the same numbers from requests, with the same dictionary.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.dates import Days


@dataclass(frozen=True)
class Panel:
    """`values` is snapshots × fields of the dictionary, NaN for unknown; every other array has one entry a snapshot.

    `household` is the rank of the snapshot's `household_id` among all identifiers, from 0.
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
        """The snapshots at `rows` (indices, or a mask), in that order. Households keep their number."""
        indices = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        if len(indices) == len(self) and bool((indices == np.arange(len(self))).all()):
            return self
        arrow_indices = pa.array(indices, pa.int64())
        return Panel(
            household_id=self.household_id.take(arrow_indices),
            household=self.household[indices],
            as_of=self.as_of[indices],
            known_on=self.known_on[indices],
            mentor_id=self.mentor_id.take(arrow_indices),
            area_code=self.area_code.take(arrow_indices),
            values=self.values[indices],
        )

    def starts(self) -> npt.NDArray[np.intp]:
        """The row of each household's first snapshot."""
        return np.flatnonzero(np.diff(self.household, prepend=-1))

    def latest_known(self, day: int) -> npt.NDArray[np.intp]:
        """For each household, the row of its latest snapshot that was known by `day`; none if it was not known by then."""
        known = np.flatnonzero((self.known_on <= day) & (self.as_of <= day))
        is_last = np.diff(self.household[known], append=np.iinfo(np.int32).max) != 0
        return known[is_last]


def number_mentors(mentor_id: pa.Array) -> npt.NDArray[np.intp]:
    """For each row a number for its mentor, from 0; −1 for none."""
    codes = mentor_id.dictionary_encode().indices.fill_null(-1)
    return np.asarray(codes.to_numpy(zero_copy_only=False)).astype(np.intp)


def number_households(household_id: pa.Array) -> npt.NDArray[np.int32]:
    """For each row, the rank of its identifier among all different identifiers, from 0."""
    encoded = household_id.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank_of_code = np.empty(len(order), dtype=np.int32)
    rank_of_code[order] = np.arange(len(order), dtype=np.int32)
    return rank_of_code[encoded.indices.to_numpy(zero_copy_only=False)]


def ordered(panel: Panel) -> Panel:
    """The panel with its households numbered, by household and then by as-of date. Copies nothing if it is in order already."""
    household = number_households(panel.household_id)
    numbered = replace(panel, household=household)
    next_household, same_household = np.diff(household) > 0, np.diff(household) == 0
    if bool(np.all(next_household | (same_household & (np.diff(panel.as_of) >= 0)))):
        return numbered
    return numbered.take(np.lexsort((panel.as_of, household)))
