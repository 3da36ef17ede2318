"""The life of one district: its families, quarter by quarter, and what is written down about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.random import Generator

from graduasi.dates import to_day
from graduasi_training.simulation.chance import Booleans, Floats, Integers
from graduasi_training.simulation.families import Families, draw_families, step_scene
from graduasi_training.simulation.lives.belongings import Trait, read_traits
from graduasi_training.simulation.lives.places import District, Places
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.quarters import as_year
from graduasi_training.simulation.records.exits import (
    NO_EVENT,
    after_events,
    draw_events,
    graduation_hazard,
    let_in,
    relapse_hazard,
)
from graduasi_training.simulation.records.observation import Columns, observe
from graduasi_training.simulation.records.truth import Target, Truth, work_out_truth
from graduasi_training.simulation.records.visits import draw_blanks, draw_delay_days, draw_skipped

LONGEST_WAIT_DAYS = 85
"""An event comes at most this long after the quarter's end, so before the next one."""


@dataclass(frozen=True)
class Visited:
    """The rows of one quarter: which families (by place), every field, and where it is blank; days count from 1970."""

    quarter: int
    family: Integers
    as_of_day: int
    known_on_day: Integers
    columns: Columns
    blanks: Mapping[str, Booleans]


@dataclass(frozen=True)
class Happened:
    """The events that follow one quarter."""

    family: Integers
    event: Integers
    event_day: Integers
    known_on_day: Integers


@dataclass(frozen=True)
class Lived:
    """All that a district leaves behind."""

    places: Places
    mentor: Integers
    visited: tuple[Visited, ...]
    happened: tuple[Happened, ...]
    truth: Truth
    permanent: Floats
    reporting_style: Floats


def live(rng: Generator, parameters: Parameters, *, district: District, ends: list[date], target: Target) -> Lived:
    """Simulate a district over the quarters that end on `ends`, and far enough beyond for the truth."""
    traits = read_traits(parameters)
    families = draw_families(rng, parameters, district=district, quarters=len(ends))
    total, n = len(ends) + target.quarters_ahead, len(families.mentor)
    luck, log_welfare, permanent = rng.random((n, total)), np.empty((n, total)), np.empty((n, len(ends)))
    visited: list[Visited] = []
    happened: list[Happened] = []
    for quarter in range(total):
        scene = step_scene(rng, parameters, families.scene, with_people=quarter > 0)
        families = replace(families, scene=scene)
        log_welfare[:, quarter] = scene.welfare.log
        if quarter < len(ends):
            permanent[:, quarter] = scene.welfare.permanent
            families = _arrive(parameters, families, quarter=quarter, end=ends[quarter])
            families, rows, seen = _visit(rng, parameters, families, traits=traits, quarter=quarter, end=ends[quarter])
            families, events = _depart(rng, parameters, families, seen=seen, luck=luck[:, quarter], end=ends[quarter])
            visited.append(rows)
            happened.append(events)
    return Lived(
        places=families.scene.places,
        mentor=families.mentor,
        visited=tuple(visited),
        happened=tuple(happened),
        truth=work_out_truth(parameters, log_welfare=log_welfare, luck=luck, target=target),
        permanent=permanent,
        reporting_style=families.scene.reporting_style,
    )


def _arrive(parameters: Parameters, families: Families, *, quarter: int, end: date) -> Families:
    """New families enter, and prices move on."""
    membership = let_in(families.membership, quarter=quarter, has_component=families.scene.people.months_left > 0)
    years = as_year(end) - parameters.number("areas.prices_base_year")
    prices = (1 + parameters.number("areas.prices_growth_per_year")) ** years
    served = families.years_at_start + membership.quarters_in_aid / 4
    return replace(families, membership=membership, scene=replace(families.scene, prices=prices, years_in_pkh=served))


def _visit(
    rng: Generator, parameters: Parameters, families: Families, *, traits: Mapping[str, Trait], quarter: int, end: date
) -> tuple[Families, Visited, Columns]:
    """The rows of this quarter, and what a visit to any family would have seen."""
    places, scene = families.scene.places, families.scene
    seen = observe(rng, parameters, scene=scene, traits=traits)
    skipped = draw_skipped(rng, parameters, skipped_before=families.skipped, remote=places.remote[scene.area])
    family = np.flatnonzero(families.membership.in_aid & ~skipped)
    columns = {name: values[family] for name, values in seen.items()}
    carelessness = places.mentor_missing[families.mentor[family]]
    blanks = draw_blanks(rng, parameters, fields=columns, carelessness=carelessness)
    day = to_day(end)
    known = day + draw_delay_days(rng, parameters, len(family))
    rows = Visited(quarter=quarter, family=family, as_of_day=day, known_on_day=known, columns=columns, blanks=blanks)
    return replace(families, skipped=skipped), rows, seen


def _depart(
    rng: Generator, parameters: Parameters, families: Families, *, seen: Columns, luck: Floats, end: date
) -> tuple[Families, Happened]:
    """Who leaves or returns before the next quarter."""
    number, scene = parameters.number, families.scene
    strictness = scene.places.mentor_strictness[families.mentor]
    events = draw_events(
        rng,
        parameters,
        membership=families.membership,
        has_component=scene.people.months_left > 0,
        hazard=graduation_hazard(parameters, seen=seen, strictness=strictness, visited=~families.skipped),
        relapses=luck < relapse_hazard(parameters, scene.welfare.log),
    )
    family = np.flatnonzero(events != NO_EVENT)
    day = to_day(end) + rng.integers(1, LONGEST_WAIT_DAYS + 1, len(family))
    low, high = int(number("exits.event_known_low_days")), int(number("exits.event_known_high_days"))
    known = day + rng.integers(low, high + 1, len(family))
    happened = Happened(family=family, event=events[family], event_day=day, known_on_day=known)
    return replace(families, membership=after_events(families.membership, events)), happened
