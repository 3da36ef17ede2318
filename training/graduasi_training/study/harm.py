"""Harm: which families fell back within the label's window, and so would have been harmed had they been listed."""

import numpy as np

from graduasi.arrays import Array
from graduasi.dates import add_months
from graduasi.declarations.conditions import MET, UNKNOWN, all_of
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import PeriodLabel, Programme, SnapshotsLabel
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.study.observations import Observations
from graduasi_training.study.windows import find_windows

RETURN_MONTHS = 24
"""The window in which a return counts as harm, where the programme has no harm rules."""


def harmed(observations: Observations, *, panel: Panel, events: Events, declarations: Declarations) -> Array:
    """For each observation 1.0 if the family was harmed, 0.0 if not, NaN where the panel does not tell.

    Where the programme has harm rules, a family is harmed if they hold at a snapshot of the label's hold. Where it has
    none, a family is harmed if it returned to the programme within RETURN_MONTHS.
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
    """Harm is known only where the window lies within what the panel knows."""
    return_days: dict[str, list[int]] = {}
    returns = events.named(*programme.programme.returns)
    for household, day in zip(returns.household_id, returns.event_date.tolist(), strict=True):
        return_days.setdefault(household, []).append(day)
    end = add_months(observations.day, RETURN_MONTHS)
    households = panel.household_id.take(observations.snapshot).to_pylist()
    returned = [
        any(start < day <= stop for day in return_days.get(household, ()))
        for household, start, stop in zip(households, observations.day, end, strict=True)
    ]
    return np.where(end <= panel.known_on.max(), np.array(returned, dtype=float), np.nan)
