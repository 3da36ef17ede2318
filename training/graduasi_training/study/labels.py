"""What "ready" turned out to mean for a household seen on a day, and when that became known.

A label is known when its whole window is known, for both outcomes alike: an early failure does not mature early, or
young rows would hold failures only. A family that a competing event (a natural exit, a removal, a move) takes first is not
ready, in fitting as in judging: a list that holds it has wasted a visit. What becomes of a family that such an event takes
after it graduated nobody knows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graduasi.dates import Days, add_months
from graduasi.declarations.conditions import UNKNOWN, UNMET, all_of
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import ColumnLabel, EventLabel, Label, PeriodLabel, SnapshotsLabel
from graduasi.declarations.since_then import undated
from graduasi.errors import TrainingError
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.study.observations import Observations
from graduasi_training.study.reporting import usual_reporting_days
from graduasi_training.study.windows import find_windows

NEVER = np.int32(np.iinfo(np.int32).max)
"""Stands for the day of an event that did not happen, and for the day on which an unlabelled row's label is known."""


REPORTED_SHARE = 0.99
"""A window is known once this share of events is usually reported: waiting for the very last report could take years."""


@dataclass(frozen=True)
class Labels:
    """One entry an observation.

    `value` is 1.0 for ready, 0.0 for not ready, NaN for unlabelled. `known_on` is the day on which that became known
    (NEVER: unlabelled). `competing` is true where a competing event came before the label's own.
    """

    value: npt.NDArray[np.float64]
    known_on: Days
    competing: npt.NDArray[np.bool_]

    @property
    def is_labelled(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.value)

    def trainable(self, day: int) -> npt.NDArray[np.bool_]:
        """Which rows a model may learn from on `day`: labelled, and known by then."""
        return self.is_labelled & (self.known_on <= day)


def label(
    observations: Observations, definition: Label, *, panel: Panel, events: Events, dictionary: Dictionary
) -> Labels:
    """The label of each observation by one of the programme's definitions, as far as panel and events tell.

    Raises TrainingError for a column label that does not say how far ahead it looks.
    """
    match definition:
        case SnapshotsLabel() | PeriodLabel():
            return _by_snapshots(observations, definition, panel, dictionary)
        case EventLabel():
            return _by_events(observations, definition, panel, events)
        case ColumnLabel():
            return _by_column(observations, definition, panel, dictionary)


def _by_snapshots(
    observations: Observations, definition: SnapshotsLabel | PeriodLabel, panel: Panel, dictionary: Dictionary
) -> Labels:
    """Ready where the rules hold at every visit of the window; unlabelled where one of them leaves a rule unknown."""
    rules_met = all_of(definition.rules, panel.values, dictionary)
    windows = find_windows(observations, definition, panel)
    complete = windows.are_complete
    ready = np.where(windows.any_visit(rules_met == UNMET), 0.0, 1.0)
    value = np.where(complete & ~windows.any_visit(rules_met == UNKNOWN), ready, np.nan)
    known_on = np.maximum(windows.over_on, windows.latest(panel.known_on) + _longest_lag(definition, dictionary))
    return Labels(value, np.where(np.isnan(value), NEVER, known_on), np.zeros(len(value), dtype=bool))


def _longest_lag(definition: SnapshotsLabel | PeriodLabel, dictionary: Dictionary) -> int:
    """Days until every field that the rules read is known."""
    names = {name for rule in definition.rules for name in (rule.field, rule.value_field) if name}
    return max(dictionary.fields[name].lag_days for name in names)


def _by_events(observations: Observations, definition: EventLabel, panel: Panel, events: Events) -> Labels:
    """Ready where the event came within its months, was not undone within those that follow, and no competing event came first.

    Unlabelled where a competing event came after it within those months, and nothing undid it: whether the family would have
    stayed out cannot be told.
    """
    households = panel.household_id.take(observations.snapshot).to_pylist()
    start, end = observations.day, add_months(observations.day, definition.within_months)
    happened, competed = events.named(definition.event), events.named(*definition.competing)
    undoing = events.named(*definition.undone_by)
    graduated, graduated_known = first_event_within(households, start, end, happened)
    ended, ended_known = first_event_within(households, start, end, competed)
    competing = (ended < graduated) & (ended != NEVER)
    has_graduated = (graduated != NEVER) & ~competing
    undone_end = np.where(
        has_graduated, add_months(np.where(has_graduated, graduated, 0), definition.undone_within_months), NEVER
    )
    since = np.where(has_graduated, graduated, NEVER)
    undone, undone_known = first_event_within(households, since, undone_end, undoing)
    cut_short, cut_known = first_event_within(households, since, undone_end, competed)
    value = (has_graduated & (undone == NEVER)).astype(float)
    value[has_graduated & (undone == NEVER) & (cut_short != NEVER)] = np.nan
    window_end = add_months(end, definition.undone_within_months) + reporting_days(happened, competed, undoing)
    known_on = all_known_on(window_end, graduated_known, ended_known, undone_known, cut_known)
    is_known = (known_on <= last_known_on(panel, events)) & ~np.isnan(value)
    return Labels(
        np.where(is_known, value, np.nan), np.where(is_known, known_on, NEVER).astype(np.int32), competing & is_known
    )


def reporting_days(*events: Events) -> int:
    """Days until REPORTED_SHARE of such events are known: the wait after a window before its labels count, for either outcome.

    Without it, young windows would hold failures only: that nothing happened needs no report, and that something did does.
    """
    delays = np.concatenate([kind.known_on - kind.event_date for kind in events])
    return usual_reporting_days(delays, REPORTED_SHARE)


def all_known_on(window_end: Days, *events_known_on: Days) -> Days:
    """The day on which the window is over and every event found in it is known; NEVER stands for no event."""
    known_on = (np.where(days == NEVER, 0, days) for days in events_known_on)
    return np.maximum.reduce([window_end, *known_on]).astype(np.int32)


def last_known_on(panel: Panel, events: Events) -> int:
    """The last day on which anything became known; whether something happened after it cannot be told."""
    return int(max(panel.known_on.max(), events.known_on.max(initial=0)))


def competing_counts(
    observations: Observations, rows: npt.NDArray[np.intp], definition: Label, *, panel: Panel, events: Events
) -> dict[str, int]:
    """Of the given observations, how many windows each competing event ended before the label's own event came.

    Empty for a label without competing events.
    """
    if not isinstance(definition, EventLabel):
        return {}
    households = panel.household_id.take(observations.snapshot[rows]).to_pylist()
    start = observations.day[rows]
    end = add_months(start, definition.within_months)
    names = (definition.event, *definition.competing)
    days = [first_event_within(households, start, end, events.named(name))[0] for name in names]
    earliest = np.argmin(days, axis=0)  # of equal days, the label's own event counts
    ended = np.min(days, axis=0) != NEVER
    return {name: int((ended & (earliest == number)).sum()) for number, name in enumerate(names) if number > 0}


def first_event_within(households: list[str], start: Days, end: Days, events: Events) -> tuple[Days, Days]:
    """For each row, the day of the household's first event after `start` and up to `end`, and the day it became known.

    Both are NEVER where there is no such event.
    """
    events_of: dict[str, list[tuple[int, int]]] = {}
    for household, event_day, event_known_on in zip(
        events.household_id, events.event_date.tolist(), events.known_on.tolist(), strict=True
    ):
        events_of.setdefault(household, []).append((event_day, event_known_on))
    days = np.full(len(households), NEVER)
    known_on = np.full(len(households), NEVER)
    for row, household in enumerate(households):
        for event_day, event_known_on in events_of.get(household, ()):
            if start[row] < event_day <= end[row]:
                days[row], known_on[row] = event_day, event_known_on
                break
    return days, known_on


def _by_column(observations: Observations, definition: ColumnLabel, panel: Panel, dictionary: Dictionary) -> Labels:
    """The value of a column in the observed snapshot, known once the months that it looks ahead have passed.

    Raises TrainingError where the label does not say how many these are.
    """
    if definition.known_after_months is None:
        raise TrainingError(f"[labels.{definition.name}] {undated(definition)}")
    value = panel.values[observations.snapshot, dictionary.column(definition.column)]
    seen_on = add_months(panel.known_on[observations.snapshot], definition.known_after_months)
    column_known_on = seen_on + dictionary.fields[definition.column].lag_days
    known_on = np.where(np.isnan(value), NEVER, column_known_on).astype(np.int32)
    return Labels(value, known_on, np.zeros(len(value), dtype=bool))
