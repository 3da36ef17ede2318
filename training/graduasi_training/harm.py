"""Which families would have been harmed had they been listed: they fell back within the label's window."""

import numpy as np

from graduasi.conditions import MET, UNKNOWN, all_of
from graduasi.dates import add_months
from graduasi.dictionary import Dictionary
from graduasi.events import Events
from graduasi.panel import Panel
from graduasi.programme import Programme, SnapshotsLabel
from graduasi_training.fitting import Array
from graduasi_training.observations import Observations

DEFAULT_MONTHS = 24


def harmed(
    observations: Observations, *, panel: Panel, events: Events, programme: Programme, dictionary: Dictionary
) -> Array:
    """1.0 harmed, 0.0 not, NaN where the panel does not tell.

    With rules: they hold at a snapshot of the label's hold. Without: the household re-entered within the window.
    """
    target = programme.target
    if programme.harm.rules and isinstance(target, SnapshotsLabel):
        return _by_rules(observations, target, panel, programme, dictionary)
    if programme.programme.returns and len(events):
        return _by_return(observations, panel, events, programme)
    return np.full(len(observations), np.nan)


def _by_rules(
    observations: Observations, target: SnapshotsLabel, panel: Panel, programme: Programme, dictionary: Dictionary
) -> Array:
    """Known, like the label, when every snapshot of the hold is: early harm alone would count, and its absence would not."""
    verdict = all_of(programme.harm.rules, panel.values, dictionary)
    met = np.where(verdict == UNKNOWN, np.nan, verdict == MET)
    found = np.zeros(len(observations))
    for step in range(target.after, target.after + target.hold):
        later = observations.snapshot + step
        inside = later < len(panel)
        inside[inside] = panel.household[later[inside]] == panel.household[observations.snapshot[inside]]
        if target.within_months is not None:
            limit = add_months(observations.day, target.within_months)
            inside[inside] = panel.as_of[later[inside]] <= limit[inside]
        found[inside] = np.maximum(found[inside], met[later[inside]])
        found[~inside] = np.nan
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
