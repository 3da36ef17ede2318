"""Which families would have been harmed had they been listed: they fell back within the label's window."""

import numpy as np

from graduasi.arrays import Array
from graduasi.dates import add_months
from graduasi.declarations.conditions import MET, UNKNOWN, all_of
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.programme import Programme, SnapshotsLabel
from graduasi.panel.events import Events
from graduasi.panel.record import Panel
from graduasi_training.study.labels import whole_window
from graduasi_training.study.observations import Observations

DEFAULT_MONTHS = 24


def harmed(observations: Observations, *, panel: Panel, events: Events, declarations: Declarations) -> Array:
    """1.0 harmed, 0.0 not, NaN where the panel does not tell.

    With rules: they hold at a snapshot of the label's hold. Without: the household re-entered within the window.
    """
    programme = declarations.programme
    target = programme.target
    if programme.harm.rules and isinstance(target, SnapshotsLabel):
        return _by_rules(observations, target, panel, declarations)
    if programme.programme.returns and len(events):
        return _by_return(observations, panel, events, programme)
    return np.full(len(observations), np.nan)


def _by_rules(observations: Observations, target: SnapshotsLabel, panel: Panel, declarations: Declarations) -> Array:
    """Known where the label's whole window is known, for the harmed and the others alike."""
    met = all_of(declarations.programme.harm.rules, panel.values, declarations.dictionary)
    found = np.full(len(observations), np.nan)
    inside = whole_window(observations, target, panel)
    rows = observations.snapshot[inside]
    window = np.array([met[rows + step] for step in range(target.after, target.after + target.hold)])
    found[inside] = np.where((window == UNKNOWN).any(axis=0), np.nan, (window == MET).any(axis=0))
    return found


def _by_return(observations: Observations, panel: Panel, events: Events, programme: Programme) -> Array:
    returned: dict[str, list[int]] = {}
    chosen = events.named(*programme.programme.returns)
    for household, day in zip(chosen.household_id, chosen.event_date.tolist(), strict=True):
        returned.setdefault(household, []).append(day)
    end = add_months(observations.day, DEFAULT_MONTHS)
    households = panel.household_id.take(observations.snapshot).to_pylist()
    hit = [
        any(start < day <= stop for day in returned.get(name, ()))
        for name, start, stop in zip(households, observations.day, end, strict=True)
    ]
    return np.where(end <= panel.known_on.max(), np.array(hit, dtype=float), np.nan)
