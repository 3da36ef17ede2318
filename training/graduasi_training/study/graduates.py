"""Those who graduated, as they were known on that day, and whether they needed aid again.

What counts as graduating, and as needing aid again, is what the programme's first event label with `undone_by` says.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from graduasi.arrays import Array, Matrix
from graduasi.dates import Days, add_months
from graduasi.declarations.programme import EventLabel
from graduasi.readiness.features import build_features
from graduasi_training.study.labels import NEVER, all_known, first_within, last_known
from graduasi_training.study.study import Study

MIN_GRADUATES, MIN_OUTCOMES = 150, 20
"""Fewer graduates, or fewer of either outcome, teach a model of a hundred features nothing."""


@dataclass(frozen=True)
class Graduates:
    """One row a graduation whose year after is known: features that day, whether no aid was needed again, when that was known."""

    values: Matrix
    stayed_out: Array
    household: npt.NDArray[np.int32]
    day: Days
    known_on: Days
    area: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, kept: npt.NDArray[np.bool_]) -> "Graduates":
        """Some of them."""
        values, stayed_out, household = self.values[kept], self.stayed_out[kept], self.household[kept]
        return Graduates(values, stayed_out, household, self.day[kept], self.known_on[kept], self.area[kept])

    @property
    def teach(self) -> bool:
        """Whether there are enough of either outcome to learn from."""
        outcomes = min(float(self.stayed_out.sum()), float((1 - self.stayed_out).sum()))
        return len(self) >= MIN_GRADUATES and outcomes >= MIN_OUTCOMES


def find_graduates(study: Study, label: EventLabel) -> Graduates:
    """Every graduation that a snapshot precedes and whose window after it is known and was not cut short."""
    panel, events = study.panel, study.events
    graduated = events.named(label.event)
    names, day = graduated.household_id.tolist(), graduated.event_date
    end = add_months(day, label.undone_within_months)
    returned, returned_known = first_within(names, day, end, events.named(*label.undone_by))
    cut, cut_known = first_within(names, day, end, events.named(*label.competing))
    known_on = all_known(end, graduated.known_on, returned_known, cut_known)
    snapshot = _snapshots_before(study, names, day)
    kept = (snapshot >= 0) & (known_on <= last_known(panel, events)) & ((returned != NEVER) | (cut == NEVER))
    snapshot, day = snapshot[kept], day[kept]
    features = build_features(panel, snapshot, as_of=day, declarations=study.declarations)
    area = np.array(panel.area_code.take(snapshot).to_pylist(), dtype=object)
    stayed_out = (returned[kept] == NEVER).astype(float)
    return Graduates(features.values, stayed_out, panel.household[snapshot], day, known_on[kept], area)


def _snapshots_before(study: Study, names: list[str], days: Days) -> npt.NDArray[np.intp]:
    """The place of each household's latest snapshot known on the day it graduated; -1 for none."""
    panel = study.panel
    starts = panel.starts()
    places = dict(zip(panel.household_id.take(starts).to_pylist(), pairwise([*starts, len(panel)]), strict=True))
    found = np.full(len(days), -1, dtype=np.intp)
    for row, (name, day) in enumerate(zip(names, days.tolist(), strict=True)):
        start, stop = places.get(name, (0, 0))
        known = np.flatnonzero((panel.as_of[start:stop] <= day) & (panel.known_on[start:stop] <= day))
        if known.size:
            found[row] = start + known[-1]
    return found
