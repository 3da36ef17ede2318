"""Graduates: the rows that the relapse model learns from, each with whether the family needed aid again.

The programme's first event label with `undone_by` says what counts as graduating and what as needing aid again. Features
are those known on the day of graduating. A graduate counts only once its whole window afterwards is known.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days, add_months
from graduasi.declarations.programme import EventLabel
from graduasi.panel.record import number_mentors
from graduasi.readiness.features import build_features
from graduasi_training.judging.clusters import Clusters, clusters_of_rows
from graduasi_training.study.labels import NEVER, all_known_on, first_event_within, last_known_on, reporting_days
from graduasi_training.study.study import Study

MIN_GRADUATES, MIN_GRADUATES_PER_OUTCOME = 150, 20
"""Fewer graduates, or fewer of either outcome, teach a model of a hundred features nothing."""


@dataclass(frozen=True)
class Graduates:
    """One entry a graduation whose window is known.

    `values` are the features on the day of graduating (`day`), `stayed_out` is 1.0 if no aid was needed again and 0.0 if
    it was, `known_on` the day that this was known. `area` is None where it is unknown, and `mentor` a
    number (−1: none).
    """

    values: Matrix
    stayed_out: Array
    household: npt.NDArray[np.int32]
    day: Days
    known_on: Days
    area: npt.NDArray[np.object_]
    mentor: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: npt.NDArray[np.bool_]) -> "Graduates":
        """Some of the graduations."""
        return Graduates(
            self.values[rows],
            self.stayed_out[rows],
            self.household[rows],
            self.day[rows],
            self.known_on[rows],
            self.area[rows],
            self.mentor[rows],
        )

    @property
    def clusters(self) -> Clusters:
        """The independent units: mentors, or households where there are not several mentors."""
        return clusters_of_rows(self.mentor, self.household)

    @property
    def enough_to_learn(self) -> bool:
        """Whether there are enough graduations, and enough of either outcome, to learn from."""
        rarer = min(float(self.stayed_out.sum()), float((1 - self.stayed_out).sum()))
        return len(self) >= MIN_GRADUATES and rarer >= MIN_GRADUATES_PER_OUTCOME


def find_graduates(study: Study, label: EventLabel) -> Graduates:
    """Every graduation with a known snapshot before it, whose window is known and was not cut short.

    A competing event cuts a window short, unless the family had already needed aid again within the window.
    """
    panel, events = study.panel, study.events
    graduated = events.named(label.event)
    households, day = graduated.household_id.tolist(), graduated.event_date
    end = add_months(day, label.undone_within_months)
    undoing, competing = events.named(*label.undone_by), events.named(*label.competing)
    returned, returned_known = first_event_within(households, day, end, undoing)
    ended, ended_known = first_event_within(households, day, end, competing)
    window_end = end + reporting_days(graduated, undoing, competing)
    known_on = all_known_on(window_end, graduated.known_on, returned_known, ended_known)
    snapshot = _snapshots_before(study, households, day)
    kept = (snapshot >= 0) & (known_on <= last_known_on(panel, events)) & ((returned != NEVER) | (ended == NEVER))
    snapshot, day = snapshot[kept], day[kept]
    features = build_features(panel, snapshot, as_of=day, declarations=study.declarations)
    area = np.array(panel.area_code.take(snapshot).to_pylist(), dtype=object)
    stayed_out = (returned[kept] == NEVER).astype(float)
    mentor = number_mentors(panel.mentor_id)[snapshot]
    return Graduates(features.values, stayed_out, panel.household[snapshot], day, known_on[kept], area, mentor)


def _snapshots_before(study: Study, households: list[str], days: Days) -> npt.NDArray[np.intp]:
    """The row of each household's latest snapshot that was known on the day; -1 where there is none."""
    panel = study.panel
    starts = panel.starts()
    row_ranges = dict(zip(panel.household_id.take(starts).to_pylist(), pairwise([*starts, len(panel)]), strict=True))
    latest = np.full(len(days), -1, dtype=np.intp)
    for number, (household, day) in enumerate(zip(households, days.tolist(), strict=True)):
        start, stop = row_ranges.get(household, (0, 0))
        known = np.flatnonzero((panel.as_of[start:stop] <= day) & (panel.known_on[start:stop] <= day))
        if known.size:
            latest[number] = start + known[-1]
    return latest
