"""What "ready" turned out to mean for a household seen on a day, and when that became known.

A label is known when its whole window is known, for both outcomes alike: an early failure does not mature early, or
young rows would hold failures only. Competing events (a natural exit, a removal, a move) are never positives; they are
left out of fitting and counted as not ready in evaluation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.dates import Days, add_months
from graduasi.declarations.conditions import UNKNOWN, all_of, both
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import ColumnLabel, EventLabel, Label, SnapshotsLabel
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.study.observations import Observations

NEVER = np.int32(np.iinfo(np.int32).max)
"""The day on which an unlabelled row's label is known."""


@dataclass(frozen=True)
class Labels:
    """Per observation: 1.0 ready, 0.0 not, NaN unlabelled; the day that became known; whether a competing event came first."""

    value: npt.NDArray[np.float64]
    known_on: Days
    competing: npt.NDArray[np.bool_]

    @property
    def is_labelled(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.value)

    def fits(self, day: int) -> npt.NDArray[np.bool_]:
        """Rows a model may learn from on `day`: labelled, known by then, and not ended by something else."""
        return self.is_labelled & (self.known_on <= day) & ~self.competing


def label(observations: Observations, kind: Label, *, panel: Panel, events: Events, dictionary: Dictionary) -> Labels:
    """The label of each observation, as far as the panel and the events tell."""
    match kind:
        case SnapshotsLabel():
            return _by_snapshots(observations, kind, panel, dictionary)
        case EventLabel():
            return _by_events(observations, kind, panel, events)
        case ColumnLabel():
            return _by_column(observations, kind, panel, dictionary)


def _by_snapshots(observations: Observations, kind: SnapshotsLabel, panel: Panel, dictionary: Dictionary) -> Labels:
    holds_at = all_of(kind.rules, panel.values, dictionary)
    rows = observations.snapshot
    inside = whole_window(observations, kind, panel)
    truth = np.full(len(rows), UNKNOWN, dtype=np.int8)
    held = holds_at[rows[inside] + kind.after]
    known_on = panel.known_on[rows[inside] + 1]
    for step in range(1, kind.after + kind.hold):
        known_on = np.maximum(known_on, panel.known_on[rows[inside] + step])
        if step > kind.after:
            held = _strict_both(held, holds_at[rows[inside] + step])
    known_on = known_on + _longest_lag(kind, dictionary)
    truth[inside] = held
    known = np.full(len(rows), NEVER)
    known[inside] = known_on
    value = np.where(truth == UNKNOWN, np.nan, truth.astype(float))
    return Labels(value, np.where(np.isnan(value), NEVER, known), np.zeros(len(rows), dtype=bool))


def whole_window(observations: Observations, kind: SnapshotsLabel, panel: Panel) -> npt.NDArray[np.bool_]:
    """Whether every snapshot that the label asks for is in the panel, the last of them in time."""
    rows = observations.snapshot
    last = rows + kind.after + kind.hold - 1
    inside = last < len(panel)
    inside[inside] = panel.household[last[inside]] == panel.household[rows[inside]]
    if kind.within_months is not None:
        limit = add_months(observations.day, kind.within_months)
        inside[inside] = panel.as_of[last[inside]] <= limit[inside]
    return np.asarray(inside)


def _longest_lag(kind: SnapshotsLabel, dictionary: Dictionary) -> int:
    """Days until everything that the rules read is known."""
    names = {name for rule in kind.rules for name in (rule.field, rule.value_field) if name}
    return max(dictionary.fields[name].lag_days for name in names)


def _strict_both(first: npt.NDArray[np.int8], second: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """'And' in which unknown wins: a window with an unknown snapshot leaves the row unlabelled."""
    return np.where((first == UNKNOWN) | (second == UNKNOWN), UNKNOWN, both(first, second)).astype(np.int8)


def _by_events(observations: Observations, kind: EventLabel, panel: Panel, events: Events) -> Labels:
    households = panel.household_id.take(observations.snapshot).to_pylist()
    start, end = observations.day, add_months(observations.day, kind.within_months)
    graduated, graduated_known = first_within(households, start, end, events.named(kind.event))
    ended, ended_known = first_within(households, start, end, events.named(*kind.competing))
    undone_end = add_months(np.where(graduated == NEVER, 0, graduated), kind.undone_within_months)
    undone, undone_known = first_within(
        households, graduated, np.where(graduated == NEVER, NEVER, undone_end), events.named(*kind.undone_by)
    )
    value = ((graduated != NEVER) & (undone == NEVER)).astype(float)
    competing = (ended < graduated) & (ended != NEVER)
    value[competing] = 0.0
    window = add_months(end, kind.undone_within_months)
    known_on = all_known(window, graduated_known, ended_known, undone_known)
    mature = known_on <= last_known(panel, events)
    return Labels(
        np.where(mature, value, np.nan), np.where(mature, known_on, NEVER).astype(np.int32), competing & mature
    )


def all_known(window: Days, *events: Days) -> Days:
    """The day on which a window is over and every event found in it is known; NEVER stands for no event."""
    return np.maximum.reduce([window, *(np.where(known == NEVER, 0, known) for known in events)]).astype(np.int32)


def last_known(panel: Panel, events: Events) -> int:
    """The last day on which anything became known; what would be known later has not been seen to happen or not."""
    return int(max(panel.known_on.max(), events.known_on.max(initial=0)))


def competing_counts(
    observations: Observations, places: npt.NDArray[np.intp], kind: Label, *, panel: Panel, events: Events
) -> dict[str, int]:
    """At the given observations, how many windows each competing event ended before the label's own event came."""
    if not isinstance(kind, EventLabel):
        return {}
    households = panel.household_id.take(observations.snapshot[places]).to_pylist()
    start = observations.day[places]
    end = add_months(start, kind.within_months)
    first = [first_within(households, start, end, events.named(name))[0] for name in (kind.event, *kind.competing)]
    earliest = np.argmin(first, axis=0)  # of equal days, the label's own event counts
    ended = np.min(first, axis=0) != NEVER
    return {name: int((ended & (earliest == place)).sum()) for place, name in enumerate(kind.competing, start=1)}


def first_within(households: list[str], start: Days, end: Days, events: Events) -> tuple[Days, Days]:
    """Per row the day of the household's first event after `start` and up to `end`, and the day it became known."""
    by_household: dict[str, list[tuple[int, int]]] = {}
    for household, happened, known in zip(
        events.household_id, events.event_date.tolist(), events.known_on.tolist(), strict=True
    ):
        by_household.setdefault(household, []).append((happened, known))
    days = np.full(len(households), NEVER)
    known_on = np.full(len(households), NEVER)
    for row, household in enumerate(households):
        for happened, known in by_household.get(household, ()):
            if start[row] < happened <= end[row]:
                days[row], known_on[row] = happened, known
                break
    return days, known_on


def _by_column(observations: Observations, kind: ColumnLabel, panel: Panel, dictionary: Dictionary) -> Labels:
    value = panel.values[observations.snapshot, dictionary.column(kind.column)]
    ripe = panel.known_on[observations.snapshot] + dictionary.fields[kind.column].lag_days
    known_on = np.where(np.isnan(value), NEVER, ripe).astype(np.int32)
    return Labels(value, known_on, np.zeros(len(value), dtype=bool))
