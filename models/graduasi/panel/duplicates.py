"""Households that stand in a panel twice, under two identifiers: every value of every visit is that of another household.

Learned from twice, they make intervals too narrow and choices too sure, and one copy may be learned from while the other is
judged. Two families with few coarse fields can be alike by chance, so only histories that tell families apart count.
"""

import numpy as np
import numpy.typing as npt

from graduasi.panel.record import Panel

MIN_VISITS = 2
"""One visit alone is often entered in haste from the one before it, or is of a day when little was asked."""
MANY = 0.01
"""The share of households, of those with histories that could tell, from which on copies are told: a few do no harm."""
RARE = 0.01
"""A value that at most this share of visits have in its field tells families apart."""
TELLING_VALUES = 8
"""A history with so many rare values is shared by chance once in ten million pairs or less, even if every second one follows
from another, as income a head does from income."""
SAMPLE = 100_000
"""Visits from which it is learned how rare a value is."""

Hashes = npt.NDArray[np.uint64]
ODD = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(29)


def repeated_households(panel: Panel) -> int:
    """How many households repeat the whole history of another one; 0 where they are too few to matter, or alike by chance.

    Mentor and area are not compared: copies may have been given to two mentors.
    """
    starts = panel.starts()
    if not len(starts):
        return 0
    visits = np.diff(np.append(starts, len(panel)))
    history = np.add.reduceat(_visit_hashes(panel), starts)
    enough = np.flatnonzero(visits >= MIN_VISITS)
    _, index, copies = np.unique(history[enough], return_inverse=True, return_counts=True)
    repeated = enough[copies[index] > 1]
    if len(repeated) <= MANY * len(enough):
        return 0
    telling = repeated[_rare_values(panel, repeated) >= TELLING_VALUES]
    count = len(telling) - len(np.unique(history[telling]))
    return count if count > MANY * len(enough) else 0


def _visit_hashes(panel: Panel) -> Hashes:
    """A number for each visit, equal for visits of the same day whose values are all equal."""
    hashes = _mixed(panel.as_of.astype(np.uint64))
    for column in panel.values.T:
        known = np.where(np.isnan(column), np.inf, column + 0.0)  # one NaN is like another, and -0 like 0
        hashes = _mixed(hashes ^ known.view(np.uint64))
    return hashes


def _mixed(numbers: Hashes) -> Hashes:
    """Numbers spread over all bits, so that the sum of a household's visits is equal for equal visits only."""
    spread = numbers * ODD
    spread = (spread ^ (spread >> SHIFT)) * ODD
    return np.asarray(spread ^ (spread >> SHIFT))


def _rare_values(panel: Panel, households: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """For each household how many of its values are rare; a value that stays the same from visit to visit counts once."""
    rows = np.flatnonzero(np.isin(panel.household, panel.household[panel.starts()[households]]))
    sample = np.arange(0, len(panel), max(1, len(panel) // SAMPLE))
    same_household = np.append(False, np.diff(panel.household[rows]) == 0)
    rare = np.zeros(len(rows), dtype=np.intp)
    for column in panel.values.T:
        values, counts = np.unique(column[sample], return_counts=True)
        place = np.minimum(np.searchsorted(values, column[rows]), len(values) - 1)
        found = np.where(values[place] == column[rows], counts[place], 0)
        is_new = ~(same_household & (column[rows] == np.append(np.nan, column[rows][:-1])))
        rare += ~np.isnan(column[rows]) & (found <= RARE * len(sample)) & is_new
    return np.add.reduceat(rare, np.flatnonzero(~same_household))
