"""The visits that a snapshots label looks at: counted from the household's own visit, or found around a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Mask
from graduasi.dates import Days, add_months
from graduasi.declarations.programme import PeriodLabel, SnapshotsLabel
from graduasi.panel.record import Panel
from graduasi_training.study.observations import Observations
from graduasi_training.study.reporting import usual_reporting_days

RowIndex = npt.NDArray[np.intp]
NOBODY_CAME = -1
REPORTED_SHARE = 0.9
"""A window by time is over once this share of its last visits is usually reported. With none of them, the youngest labels would lack
whoever was found late, and late is when ready families are found. All visits would wait for the slowest form. The tenth that is
missing matters less than a tenth of the events does: most families are found earlier in the window as well."""


@dataclass(frozen=True)
class Windows:
    """For each observation the panel rows of the first and the last visit of its window, and when the window is over.

    `first` and `last` are NOBODY_CAME where the panel lacks a visit that the label asks for. The label is known only
    once all rows from `since` to `last` are. `over_on` is the day from which no visit is expected to be added to the window.
    """

    first: RowIndex
    last: RowIndex
    since: RowIndex
    over_on: Days

    @property
    def are_complete(self) -> Mask:
        """Whether the panel has every visit that the label asks for."""
        return (self.first != NOBODY_CAME) & (self.last != NOBODY_CAME)

    def any_visit(self, flags: Mask) -> Mask:
        """For each observation whether a visit of its window is flagged (`flags`: one entry a panel row); never where it is incomplete."""
        counts = np.concatenate([[0], np.cumsum(flags)])
        complete = self.are_complete
        flagged = counts[np.where(complete, self.last, 0) + 1] > counts[np.where(complete, self.first, 0)]
        return np.asarray(complete & flagged)

    def latest(self, days: Days) -> Days:
        """For each observation the latest of `days` (one entry a panel row) from `since` to `last`; 0 where it is incomplete."""
        complete = self.are_complete
        latest = np.zeros(len(complete), dtype=np.int32)
        ends = np.column_stack([self.since[complete], self.last[complete] + 1]).ravel()
        if len(ends):
            # Every second result is a window, the others the gaps between; one entry more, so that an end may be the last row.
            latest[complete] = np.maximum.reduceat(np.append(days, days.min()), ends)[::2]
        return latest


def find_windows(observations: Observations, label: SnapshotsLabel | PeriodLabel, panel: Panel) -> Windows:
    """The window of each observation."""
    if isinstance(label, PeriodLabel):
        return _around_a_time(observations, label, panel)
    return _counted(observations, label, panel)


def _counted(observations: Observations, label: SnapshotsLabel, panel: Panel) -> Windows:
    """The window begins `after` rows below the observation's own and has `hold` rows, all of its household."""
    rows = observations.snapshot
    first, last = rows + label.after, rows + label.after + label.hold - 1
    complete = last < len(panel)
    complete[complete] = panel.household[last[complete]] == panel.household[rows[complete]]
    if label.within_months is not None:
        limit = add_months(observations.day, label.within_months)
        complete[complete] = panel.as_of[last[complete]] <= limit[complete]
    over_on = np.zeros(len(rows), dtype=np.int32)
    over_on[complete] = panel.as_of[last[complete]]
    first, last = np.where(complete, first, NOBODY_CAME), np.where(complete, last, NOBODY_CAME)
    return Windows(first, last, rows + 1, over_on)


def _around_a_time(observations: Observations, label: PeriodLabel, panel: Panel) -> Windows:
    """From the visit nearest to `after_months` after the as-of date to the one nearest to `hold_months` later.

    It is over when its last visits are reported, for all families alike: otherwise young dates would have labels of those only who
    were visited early enough to be reported, and who was found at a late visit would be missing.
    """
    household = panel.household[observations.snapshot]
    start = _months_from(observations.day, label.after_months)
    end = _months_from(start, label.hold_months)
    first = _nearest_visits(panel, household, start, within_months=label.tolerance_months)
    last = _nearest_visits(panel, household, end, within_months=label.tolerance_months)
    over_on = _months_from(end, label.tolerance_months) + _usual_delay_days(observations, panel)
    complete = (first != NOBODY_CAME) & (last != NOBODY_CAME) & (over_on <= panel.known_on.max())
    first, last = np.where(complete, first, NOBODY_CAME), np.where(complete, last, NOBODY_CAME)
    return Windows(first, last, first, over_on)


def _usual_delay_days(observations: Observations, panel: Panel) -> int:
    """Days until REPORTED_SHARE of the visits is known; of those since the first observation, as earlier ones may have been entered later."""
    is_since = panel.as_of >= observations.day.min(initial=np.iinfo(np.int32).max)
    delays = (panel.known_on - panel.as_of)[is_since]
    return usual_reporting_days(delays, REPORTED_SHARE)


def _months_from(day: Days, months: int) -> Days:
    """Each day moved by months, where the last day of a month stays one.

    Panels are often dated by the ends of quarters, and 31 December has to be three months after 30 September.
    """
    next_day = day + np.int32(1)
    ends_month = next_day == _first_of_month(next_day)
    return np.where(ends_month, add_months(next_day, months) - 1, add_months(day, months)).astype(np.int32)


def _first_of_month(day: Days) -> Days:
    months = np.asarray(day, dtype="int64").astype("datetime64[D]").astype("datetime64[M]")
    return months.astype("datetime64[D]").astype("int64").astype("int32")


def _nearest_visits(panel: Panel, household: npt.NDArray[np.int32], day: Days, *, within_months: int) -> RowIndex:
    """The household's visit nearest to the day and at most so many months from it, the earlier of two as near."""
    # One number for household and day, so that one search finds the place of a day among a household's visits.
    after = np.searchsorted(_keys(panel.household, panel.as_of), _keys(household, day))
    earliest, latest = _months_from(day, -within_months), _months_from(day, within_months)
    nearest = np.full(len(day), NOBODY_CAME, dtype=np.intp)
    distance = np.full(len(day), np.iinfo(np.int64).max)
    for rows in (after - 1, after):
        inside = (rows >= 0) & (rows < len(panel))
        inside[inside] = panel.household[rows[inside]] == household[inside]
        visited = panel.as_of[np.where(inside, rows, 0)]
        inside &= (visited >= earliest) & (visited <= latest)
        away = np.abs(visited.astype(np.int64) - day)
        nearer = inside & (away < distance)
        nearest[nearer], distance[nearer] = rows[nearer], away[nearer]
    return nearest


def _keys(household: npt.NDArray[np.int32], day: Days) -> npt.NDArray[np.int64]:
    """Numbers in the order of household, then day; days of any panel lie within ±2**20 of 1970."""
    return household.astype(np.int64) * 2**22 + (day.astype(np.int64) + 2**20)
