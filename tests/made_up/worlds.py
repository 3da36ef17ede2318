"""Worlds whose truth is known, apart from the simulator: each breaks one assumption that a claim could rest on.

A household has a welfare that moves slowly from quarter to quarter, and one field that shows it with noise. What differs
between worlds is who is visited, how the base rate moves, and who decides.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graduasi.arrays import Array, Mask
from graduasi.dates import add_months, to_day
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import parse_dictionary
from graduasi.declarations.programme import parse_programme
from graduasi.panel.record import Panel
from graduasi.panel.table_contract import check_panel

DICTIONARY = """
[dictionary]
name = "world"
version = "1"
languages = ["en"]

[fields.shown]
type = "number"
kind = "context"
label.en = "What shows of welfare"
source = "test"

[fields.noise]
type = "number"
kind = "context"
label.en = "Nothing"
source = "test"

[fields.welfare]
type = "number"
kind = "audit"
label.en = "Welfare"
source = "test"
"""
PROGRAMME = """
[programme]
name = "world"
version = "1"
quota_per_mentor = 10
max_data_age_days = 400

[[labels]]
name = "well_in_a_year"
kind = "snapshots"
after_months = 12
hold_months = 0
tolerance_months = 3
[[labels.rules]]
field = "welfare"
op = ">="
value = 0

[bands]
ready = 0.40
nearly = 0.20

[evaluation]
folds = 2
every_months = 3
"""


def declarations_of(programme: str = PROGRAMME, dictionary: str = DICTIONARY) -> Declarations:
    fields = parse_dictionary(dictionary, tomllib.loads(dictionary), file="dictionary.toml")
    rules = parse_programme(programme, tomllib.loads(programme), dictionary=fields, file="programme.toml")
    return Declarations(fields, rules)


@dataclass(frozen=True)
class World:
    """A panel, and the welfare of every household in every quarter (households × quarters), visited or not."""

    panel: Panel
    declarations: Declarations
    days: npt.NDArray[np.int32]
    welfare: Array

    def true_rate(self, day: int, *, quarters_later: int = 4) -> float:
        """The share of all households whose welfare is at least 0 so many quarters after `day`."""
        (column,) = np.flatnonzero(self.days == day)
        return float((self.welfare[:, column + quarters_later] >= 0).mean())


def draw_welfare(rng: np.random.Generator, households: int, level: Array, *, persistence: float = 0.9) -> Array:
    """Households × quarters: an own level and an autoregressive part, both of variance one half, around `level`."""
    own = rng.normal(0, np.sqrt(0.5), households)
    moving = rng.normal(0, np.sqrt(0.5), households)
    columns = []
    for mean in level:
        columns.append(mean + own + moving)
        moving = persistence * moving + rng.normal(0, np.sqrt(0.5 * (1 - persistence**2)), households)
    return np.column_stack(columns)


def visit_days(quarters: int, first: str = "2015-03-15") -> npt.NDArray[np.int32]:
    """The middle of the last month of each quarter, so that three months more or less lead from one visit to the next."""
    start = np.full(quarters, to_day(date.fromisoformat(first)), dtype=np.int32)
    return np.array([add_months(start[:1], 3 * quarter)[0] for quarter in range(quarters)], dtype=np.int32)


def world_of(
    rng: np.random.Generator,
    welfare: Array,
    visited: Mask,
    *,
    mentors: int = 40,
    declarations: Declarations | None = None,
    longest_report: int = 0,
) -> World:
    """The panel of the visits that were made; `visited` has the shape of `welfare`. Each is known within `longest_report` days."""
    declarations = declarations or declarations_of()
    days = visit_days(welfare.shape[1])
    household, quarter = np.nonzero(visited)
    table = pa.table({
        "household_id": [f"W{number:06}" for number in household],
        "as_of": pa.array(days[quarter]).cast(pa.date32()),
        "mentor_id": [f"M{number % mentors:03}" for number in household],
        "area_code": [f"A{number % 3}" for number in household],
        "shown": welfare[household, quarter] + rng.normal(0, 0.7, len(household)),
        "noise": rng.normal(0, 1, len(household)),
        "welfare": welfare[household, quarter],
    })  # fmt: skip
    if longest_report:
        reports = rng.integers(0, longest_report + 1, len(household)).astype(np.int32)
        table = table.append_column("known_on", pa.array(days[quarter] + reports).cast(pa.date32()))
    return World(check_panel(table, declarations.dictionary)[0], declarations, days, welfare)


def uneven_visits(
    seed: int, *, households: int = 4000, quarters: int = 24, ready: float, others: float, **world: Any
) -> World:
    """Ready families are visited in a share `ready` of the quarters, others in a share `others`; all at first."""
    rng = np.random.default_rng(seed)
    welfare = draw_welfare(rng, households, np.full(quarters, -0.3))
    chance = np.where(welfare >= 0, ready, others)
    chance[:, 0] = 1.0
    return world_of(rng, welfare, rng.random(welfare.shape) < chance, **world)
