"""Observations: the households in the cohort at each as-of date of a grid, with what was known of them then."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.dates import Days, add_months, from_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme
from graduasi.errors import TrainingError
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi.scoring.cohort import cohort_on, households_out

MAX_AS_OF_DATES = 60


@dataclass(frozen=True)
class Observations:
    """One entry a household and as-of date, ordered by date.

    `snapshot` is the row of the household's latest known snapshot in the panel, `day` the as-of date. `is_first` is true
    on the first date of the grid at which that snapshot was the latest; training uses a snapshot on that date only.
    """

    snapshot: npt.NDArray[np.intp]
    day: Days
    is_first: npt.NDArray[np.bool_]

    @property
    def dates(self) -> npt.NDArray[np.intp]:
        """For each entry, on how many dates of the grid its snapshot is the household's latest."""
        return np.bincount(self.snapshot)[self.snapshot]

    def __len__(self) -> int:
        return len(self.snapshot)


def as_of_grid(panel: Panel, programme: Programme) -> Days:
    """The as-of dates of training and evaluation, ascending.

    With `every_months`, dates are counted back from the panel's last as-of date; without it, they are the panel's own.
    Raises TrainingError with a suggestion when there are more than MAX_AS_OF_DATES.
    """
    months = programme.evaluation.every_months
    dates = np.unique(panel.as_of)
    if months is None:
        if len(dates) > MAX_AS_OF_DATES:
            raise TrainingError(
                f"the panel has {len(dates)} different as_of dates from {from_day(dates[0])} to {from_day(dates[-1])}; "
                f"set every_months in [evaluation] (3 for quarters, 12 for years), so that a model is judged on at most {MAX_AS_OF_DATES}"
            )
        return dates
    counted_back = [int(dates[-1])]
    while counted_back[-1] > dates[0]:
        counted_back.append(int(add_months(dates[-1:], -months * len(counted_back))[0]))
    grid = np.array(sorted(day for day in counted_back if day >= dates[0]), dtype=np.int32)
    if len(grid) > MAX_AS_OF_DATES:
        raise TrainingError(
            f"every_months = {months} gives {len(grid)} as-of dates; choose more months, for at most {MAX_AS_OF_DATES}"
        )
    return grid


def observe(panel: Panel, events: Events, grid: Days, declarations: Declarations) -> Observations:
    """Every household of the cohort at every date of the grid, as far as it was seen within `max_data_age_days`.

    A family not seen for longer is not scored as ready or not, but visited first; counted here, those who left without any
    event would stay in every cohort for ever, and never become ready. Raises TrainingError when there is nobody at all.
    """
    snapshots, days = [], []
    for day in grid:
        rows = cohort_on(
            panel, int(day), declarations, out=households_out(events, declarations.programme, day=int(day))
        )
        rows = rows[day - panel.as_of[rows] <= declarations.max_data_age_days]
        snapshots.append(rows)
        days.append(np.full(len(rows), day, dtype=np.int32))
    snapshot, observed_on = np.concatenate(snapshots), np.concatenate(days)
    if not len(snapshot):
        raise TrainingError(
            "the cohort has nobody at any as-of date; check the rules under [[cohort]] against the panel, and whether visits are "
            "known within max_data_age_days"
        )
    _, first = np.unique(snapshot, return_index=True)  # days ascend, so the first entry is the earliest day
    is_first = np.zeros(len(snapshot), dtype=bool)
    is_first[first] = True
    return Observations(snapshot, observed_on, is_first)
