"""Which households are in the cohort on a day: those that meet the programme's rules and that no event has ended."""

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
    """The `rows` whose snapshot meets every cohort rule; an unknown rule is not met."""
    return rows[all_of(declarations.programme.cohort, panel.values[rows], declarations.dictionary) == MET]


def cohort_on(panel: Panel, day: int, declarations: Declarations, *, out: frozenset[str]) -> npt.NDArray[np.intp]:
    """For each household in the cohort on `day`, the row of its latest snapshot known by then.

    `out` are the households that have ended, as `households_out` finds them for the same day.
    """
    rows = cohort_of(panel, panel.latest_known(day), declarations)
    return rows[_is_not_in(out, panel.household_id.take(pa.array(rows)))]


def households_out(events: Events, programme: Programme, *, day: int) -> frozenset[str]:
    """The households that have ended and not returned since, as far as is known on `day`."""
    header = programme.programme
    known = events.known_by(day).named(*header.ends, *header.returns)
    last_event = dict(zip(known.household_id, known.event, strict=True))  # events are in order: the last one stays
    return frozenset(household for household, event in last_event.items() if event in header.ends)


def _is_not_in(out: frozenset[str], household_id: pa.Array) -> npt.NDArray[np.bool_]:
    if not out:
        return np.ones(len(household_id), dtype=bool)
    is_out = pc.is_in(household_id, pa.array(sorted(out), pa.string()))
    return ~np.asarray(is_out.to_numpy(zero_copy_only=False))
