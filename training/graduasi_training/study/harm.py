"""Harm: which families fell back within the label's window, and so would have been harmed had they been listed.

Without harm rules, harm is to have left the programme and to have needed it again. Whether a family that stayed would have
needed it again was not seen, so its harm is unknown.
"""

import numpy as np

from graduasi.arrays import Array
from graduasi.dates import Days, add_months
from graduasi.declarations.conditions import MET, UNKNOWN, all_of
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import ColumnLabel, EventLabel, Label, PeriodLabel, Programme, SnapshotsLabel
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.study.labels import NEVER, first_event_within, last_known_on, reporting_days
from graduasi_training.study.observations import Observations
from graduasi_training.study.windows import find_windows


def harmed(observations: Observations, *, panel: Panel, events: Events, declarations: Declarations) -> Array:
    """For each observation 1.0 if the family was harmed, 0.0 if not, NaN where the panel does not tell.

    Where the programme has harm rules, a family is harmed if they hold at a snapshot of the label's hold. Where it has
    none, a family that left within the label's window is harmed if it returned within it; of others harm is unknown.
    """
    programme = declarations.programme
    target = programme.target
    if programme.harm.rules and isinstance(target, SnapshotsLabel | PeriodLabel):
        return _harmed_by_rules(observations, target, panel, declarations)
    if programme.programme.returns and len(events):
        return _harmed_by_return(observations, panel, events, programme)
    return np.full(len(observations), np.nan)


def _harmed_by_rules(
    observations: Observations, target: SnapshotsLabel | PeriodLabel, panel: Panel, declarations: Declarations
) -> Array:
    """Harm is known only where the label's whole window is known, for harmed and unharmed families alike."""
    rules_met = all_of(declarations.programme.harm.rules, panel.values, declarations.dictionary)
    windows = find_windows(observations, target, panel)
    is_known = windows.are_complete & ~windows.any_visit(rules_met == UNKNOWN)
    return np.where(is_known, windows.any_visit(rules_met == MET), np.nan)


def _harmed_by_return(observations: Observations, panel: Panel, events: Events, programme: Programme) -> Array:
    """Harm is known of families that left, once the window and the time in which events are told lie within what the panel knows."""
    target, start = programme.target, observations.day
    households = panel.household_id.take(observations.snapshot).to_pylist()
    window_end = _window_end(observations, target, panel)
    leaves, returns = events.named(*_leaving(programme)), events.named(*programme.programme.returns)
    if isinstance(target, EventLabel) and target.undone_within_months:
        # Early and late leavers are followed for the same time.
        left, _ = first_event_within(households, start, add_months(start, target.within_months), leaves)
        follow_end = add_months(np.where(left == NEVER, start, left).astype(np.int32), target.undone_within_months)
    else:
        left, _ = first_event_within(households, start, window_end, leaves)
        follow_end = window_end
    returned, _ = first_event_within(households, left, follow_end, returns)
    ended, _ = first_event_within(households, start, follow_end, events.named(*_competing(programme)))
    # As with labels, what would have become of a family whose stay, or time of following, ended otherwise is unknown.
    is_lost = (ended != NEVER) & ((ended < left) | (returned == NEVER))
    is_over = window_end.astype(np.int64) + reporting_days(leaves, returns) <= last_known_on(panel, events)
    return np.where(is_over & (left != NEVER) & ~is_lost, (returned != NEVER).astype(float), np.nan)


def _leaving(programme: Programme) -> tuple[str, ...]:
    """The events by which a listed family leaves: those of event labels, or whatever ends a stay where there is no such label."""
    graduations = tuple(label.event for label in programme.labels if label.kind == "event")
    return graduations or programme.programme.ends


def _competing(programme: Programme) -> tuple[str, ...]:
    """The events that compete with leaving, by any of the event labels."""
    return tuple(name for label in programme.labels if label.kind == "event" for name in label.competing)


def _window_end(observations: Observations, target: Label, panel: Panel) -> Days:
    """The last day of each observation's label window; NEVER where the label has none that can be told.

    A label that counts visits ends with the last of them, unless it has a limit in months: families that left are
    seldom visited.
    """
    months: int | None
    if isinstance(target, ColumnLabel):
        months = target.known_after_months
    elif isinstance(target, EventLabel):
        months = target.within_months + target.undone_within_months
    elif isinstance(target, PeriodLabel):
        months = target.after_months + target.hold_months + target.tolerance_months
    else:
        months = target.within_months
        if months is None:
            windows = find_windows(observations, target, panel)
            return np.where(windows.are_complete, windows.over_on, NEVER).astype(np.int32)
    if months is None:
        return np.full(len(observations), NEVER, dtype=np.int32)
    return add_months(observations.day, months)
