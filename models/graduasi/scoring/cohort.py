"""Who is in the cohort on a day: by the programme's rules, and by what events have ended."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graduasi.declarations.conditions import MET, all_of
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme
from graduasi.panel.events import Events
from graduasi.panel.record import Panel


def cohort_of(panel: Panel, rows: npt.NDArray[np.intp], declarations: Declarations) -> npt.NDArray[np.intp]:
    """Those of `rows` whose snapshot meets every cohort rule; unknown is not in the cohort."""
    return rows[all_of(declarations.programme.cohort, panel.values[rows], declarations.dictionary) == MET]


def cohort_on(panel: Panel, day: int, declarations: Declarations, *, out: frozenset[str]) -> npt.NDArray[np.intp]:
    """The row of the latest snapshot known on `day`, for every household that is in the cohort then.

    `out` are the households that an event has ended, as `households_out` finds them for the same day.
    """
    rows = cohort_of(panel, panel.latest_known(day), declarations)
    return rows[_are_not(out, panel.household_id.take(pa.array(rows)))]


def households_out(events: Events, programme: Programme, *, day: int) -> frozenset[str]:
    """The households that have ended, as known on `day`, and have not returned since."""
    header = programme.programme
    known = events.known_by(day).named(*header.ends, *header.returns)
    last = dict(zip(known.household_id, known.event, strict=True))  # the events are in order, so the last one stays
    return frozenset(household for household, event in last.items() if event in header.ends)


def _are_not(out: frozenset[str], household_id: pa.Array) -> npt.NDArray[np.bool_]:
    if not out:
        return np.ones(len(household_id), dtype=bool)
    found = pc.is_in(household_id, pa.array(sorted(out), pa.string()))
    return ~np.asarray(found.to_numpy(zero_copy_only=False))
