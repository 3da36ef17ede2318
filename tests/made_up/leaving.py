"""Worlds of families who graduate, are taken by something else, or just are not found any more, with each family's true rate.

A family enters in some quarter and is visited in every quarter until it leaves. In each quarter it graduates with a chance
that the field `shown` tells of; `noise` tells nothing. What else may end its stay does not hang on that, unless a world says so.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import expit

from graduasi.arrays import Array
from graduasi.panel.events import Events
from graduasi.panel.table_contract import check_panel
from graduasi_training.study.splits import RowIndex
from graduasi_training.study.study import Study, prepare
from tests.made_up.worlds import DICTIONARY, PROGRAMME, declarations_of, visit_days

LABEL = """
[[labels]]
name = "graduated_in_a_year"
kind = "event"
event = "graduated"
within_months = 12
competing = ["moved"]
"""
_BEFORE, _AFTER = PROGRAMME.split("[[labels]]")[0], PROGRAMME[PROGRAMME.index("[bands]") :]
EVENT_PROGRAMME = (
    _BEFORE.replace("max_data_age_days = 400", 'max_data_age_days = 200\nends = ["graduated", "moved"]')
    + LABEL
    + _AFTER.replace("every_months = 3", "every_months = 6")
)
QUARTERS = 24
QUARTERS_AHEAD = 4


class Chances(NamedTuple):
    """What may happen to a family in a year beside graduating, as shares of those who would not graduate.

    `moved` is told as an event; whoever is `lost` is not visited any more, and no event tells of it. With `ready_move`, being
    readier makes moving likelier.
    """

    moved: float = 0.0
    lost: float = 0.0
    ready_move: float = 0.0


@dataclass(frozen=True)
class Leaving:
    """A study of such a world, and of every observation the chance that the family graduates first within a year."""

    study: Study
    rate: Array

    def true_rate(self, rows: RowIndex) -> Array:
        """Of each given observation."""
        return self.rate[self.study.panel.household[self.study.observations.snapshot[rows]]]


def leaving_world(
    seed: int, chances: Chances, *, households: int = 4000, longest_report: int = 0, programme: str = EVENT_PROGRAMME
) -> Leaving:
    """A world whose events are reported within `longest_report` days."""
    rng = np.random.default_rng(seed)
    days, shown = visit_days(QUARTERS), rng.normal(0, 1, households)
    graduating = expit(1.2 * shown - 2.6)
    moving = np.clip(_quarterly(chances.moved) * np.exp(chances.ready_move * shown), 0, 0.9)
    losing = np.full(households, _quarterly(chances.lost))
    entered = rng.integers(-QUARTERS // 2, QUARTERS, households)
    left, how = _ends(rng, entered, np.column_stack([graduating, moving, losing]))
    household, quarter = _visited(entered, left)
    declarations = declarations_of(programme, DICTIONARY)
    names = np.array([f"W{number:06}" for number in range(households)], dtype=object)
    table = pa.table({
        "household_id": names[household].tolist(),
        "as_of": pa.array(days[quarter]).cast(pa.date32()),
        "mentor_id": [f"M{number % 40:03}" for number in household],
        "area_code": [f"A{number % 3}" for number in household],
        "shown": shown[household],
        "noise": rng.normal(0, 1, len(household)),
        "welfare": np.zeros(len(household)),
    })  # fmt: skip
    told = np.flatnonzero((left >= 0) & (left < QUARTERS) & (how < 2))
    date = (days[left[told]] + rng.integers(1, 85, len(told))).astype(np.int32)
    known_on = (date + rng.integers(0, longest_report + 1, len(told))).astype(np.int32)
    seen = known_on <= days[-1]  # the register ends with the last visits
    event = np.array(["graduated", "moved"], dtype=object)[how[told]]
    events = Events.in_order(names[told][seen], event[seen], date[seen], known_on[seen])
    study = prepare(check_panel(table, declarations.dictionary)[0], events, declarations)
    return Leaving(study, _rate(graduating, moving + losing)[_numbers(study)])


def _quarterly(yearly: float) -> float:
    return float(1 - (1 - yearly) ** (1 / QUARTERS_AHEAD))


def _rate(graduating: Array, other: Array) -> Array:
    """The chance to graduate before anything else within a year; who graduates in a quarter is drawn first."""
    leaving = graduating + (1 - graduating) * np.minimum(other, 1)
    return np.asarray(graduating * (1 - (1 - leaving) ** QUARTERS_AHEAD) / leaving)


def _ends(
    rng: np.random.Generator, entered: npt.NDArray[np.intp], chances: Array
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The quarter in which each family leaves (QUARTERS: none), and how: 0 graduated, 1 moved, 2 lost."""
    left, how = np.full(len(entered), QUARTERS), np.full(len(entered), -1)
    for quarter in range(-QUARTERS // 2, QUARTERS):
        for number in range(chances.shape[1]):
            here = (entered <= quarter) & (left == QUARTERS)
            goes = here & (rng.random(len(entered)) < chances[:, number])
            left[goes], how[goes] = quarter, number
    return left, how


def _visited(
    entered: npt.NDArray[np.intp], left: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The household and the quarter of every visit; a family that leaves in a quarter was visited at its beginning."""
    quarter = np.arange(QUARTERS)
    there = (entered[:, None] <= quarter) & (quarter <= left[:, None])
    household, visited_in = np.nonzero(there)
    return household, visited_in


def _numbers(study: Study) -> npt.NDArray[np.intp]:
    """The number in its name of each household of the panel, in the panel's order of households."""
    names = study.panel.household_id.take(pa.array(study.panel.starts())).to_pylist()
    return np.array([int(name[1:]) for name in names])
