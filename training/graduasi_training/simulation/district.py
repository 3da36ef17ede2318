"""The history of one district: its families quarter by quarter, and what is written down about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.random import Generator

from graduasi.dates import to_day
from graduasi_training.simulation.chance import Booleans, Floats, Integers
from graduasi_training.simulation.families import Families, draw_families, step_state
from graduasi_training.simulation.lives.belongings import read_traits
from graduasi_training.simulation.lives.places import District, Places
from graduasi_training.simulation.parameters import Parameters
from graduasi_training.simulation.quarters import decimal_year
from graduasi_training.simulation.records.exits import (
    NO_EVENT,
    admit_entrants,
    apply_events,
    draw_events,
    graduation_hazard,
    relapse_hazard,
)
from graduasi_training.simulation.records.observation import Columns, observe
from graduasi_training.simulation.records.truth import Target, Truth, work_out_truth
from graduasi_training.simulation.records.visits import draw_blanks, draw_delay_days, draw_found, draw_skipped

MAX_DAYS_TO_EVENT = 85
"""An event happens at most this long after the quarter's end, and so before the end of the next quarter."""


@dataclass(frozen=True)
class QuarterRows:
    """The rows of one quarter. `family` is an index into the district's families; days count from 1970-01-01.

    `columns` has every field of the dictionary, `blanks` those that may be blank: True where they are.
    """

    quarter: int
    family: Integers
    as_of_day: int
    known_on_day: Integers
    columns: Columns
    blanks: Mapping[str, Booleans]

    def only(self, kept: Booleans) -> "QuarterRows":
        """The rows for which `kept` is true."""
        return replace(
            self,
            family=self.family[kept],
            known_on_day=self.known_on_day[kept],
            columns={name: values[kept] for name, values in self.columns.items()},
            blanks={name: is_blank[kept] for name, is_blank in self.blanks.items()},
        )


@dataclass(frozen=True)
class QuarterInAid:
    """The families in aid in one quarter, visited or not, as indexes; `poverty_line_idr` has one entry for each of them."""

    quarter: int
    family: Integers
    as_of_day: int
    poverty_line_idr: Floats


@dataclass(frozen=True)
class QuarterEvents:
    """The events between one quarter's end and the next: indexes into the families and into EVENTS, and days."""

    family: Integers
    event: Integers
    event_day: Integers
    known_on_day: Integers


@dataclass(frozen=True)
class DistrictHistory:
    """Everything that is written to files about a district.

    `mentor` and `reporting_style` have an element per family, `permanent_welfare` is (families, quarters).
    """

    places: Places
    mentor: Integers
    rows: tuple[QuarterRows, ...]
    in_aid: tuple[QuarterInAid, ...]
    events: tuple[QuarterEvents, ...]
    truth: Truth
    permanent_welfare: Floats
    reporting_style: Floats


def simulate_district(
    rng: Generator,
    parameters: Parameters,
    *,
    district: District,
    ends: list[date],
    target: Target,
    ready_visited: float = 1.0,
    found_rng: Generator | None = None,
) -> DistrictHistory:
    """Simulate a district over the quarters that end on `ends`, and as many after them as the truth needs.

    With `ready_visited` below 1, of the visits to families that meet the target's line in that quarter this share is made,
    drawn from `found_rng`. Nothing else changes: lives, events and truth are those of a programme in which all are found.
    """
    traits = read_traits(parameters)
    families = draw_families(rng, parameters, district=district, quarters=len(ends))
    n, total_quarters = len(families.mentor), len(ends) + target.quarters_ahead
    luck = rng.random((n, total_quarters))
    log_welfare, permanent_welfare = np.empty((n, total_quarters)), np.empty((n, len(ends)))
    rows: list[QuarterRows] = []
    in_aid: list[QuarterInAid] = []
    events: list[QuarterEvents] = []
    for quarter in range(total_quarters):
        state = step_state(rng, parameters, families.state, with_people=quarter > 0)
        families = replace(families, state=state)
        log_welfare[:, quarter] = state.welfare.log
        if quarter < len(ends):
            end = ends[quarter]
            permanent_welfare[:, quarter] = state.welfare.permanent
            families = _begin_quarter(parameters, families, quarter=quarter, end=end)
            observed = observe(rng, parameters, state=families.state, traits=traits)
            families, quarter_rows = _visit(rng, parameters, families, observed=observed, quarter=quarter, end=end)
            if found_rng is not None and ready_visited < 1:
                is_ready = state.welfare.log[quarter_rows.family] >= target.log_factor
                found = draw_found(found_rng, is_ready=is_ready, share=ready_visited)
                quarter_rows = quarter_rows.only(found)
            in_aid.append(_in_aid(families, observed=observed, quarter=quarter, end=end))
            relapses = luck[:, quarter] < relapse_hazard(parameters, state.welfare.log)
            families, quarter_events = _leave_or_return(
                rng, parameters, families, observed=observed, relapses=relapses, end=end
            )
            rows.append(quarter_rows)
            events.append(quarter_events)
    return DistrictHistory(
        places=families.state.places,
        mentor=families.mentor,
        rows=tuple(rows),
        in_aid=tuple(in_aid),
        events=tuple(events),
        truth=work_out_truth(parameters, log_welfare=log_welfare, luck=luck, target=target),
        permanent_welfare=permanent_welfare,
        reporting_style=families.state.reporting_style,
    )


def _begin_quarter(parameters: Parameters, families: Families, *, quarter: int, end: date) -> Families:
    """Families enter, prices and the years in PKH move on."""
    has_component = families.state.people.months_left > 0
    membership = admit_entrants(families.membership, quarter=quarter, has_component=has_component)
    years_since_base = decimal_year(end) - parameters.number("areas.prices_base_year")
    state = replace(
        families.state,
        prices=(1 + parameters.number("areas.prices_growth_per_year")) ** years_since_base,
        years_in_pkh=families.years_at_start + membership.quarters_in_aid / 4,
    )
    return replace(families, membership=membership, state=state)


def _visit(
    rng: Generator, parameters: Parameters, families: Families, *, observed: Columns, quarter: int, end: date
) -> tuple[Families, QuarterRows]:
    """The rows of the families in aid that are visited, and the families with who was skipped."""
    places = families.state.places
    remote = places.remote[families.state.area]
    skipped = draw_skipped(rng, parameters, skipped_before=families.skipped, remote=remote)
    family = np.flatnonzero(families.membership.in_aid & ~skipped)
    columns = {name: values[family] for name, values in observed.items()}
    carelessness = places.mentor_missing[families.mentor[family]]
    blanks = draw_blanks(rng, parameters, fields=columns, carelessness=carelessness)
    as_of_day = to_day(end)
    rows = QuarterRows(
        quarter=quarter,
        family=family,
        as_of_day=as_of_day,
        known_on_day=as_of_day + draw_delay_days(rng, parameters, len(family)),
        columns=columns,
        blanks=blanks,
    )
    return replace(families, skipped=skipped), rows


def _in_aid(families: Families, *, observed: Columns, quarter: int, end: date) -> QuarterInAid:
    family = np.flatnonzero(families.membership.in_aid)
    return QuarterInAid(quarter, family, to_day(end), observed["poverty_line_idr"][family].astype(np.float64))


def _leave_or_return(
    rng: Generator, parameters: Parameters, families: Families, *, observed: Columns, relapses: Booleans, end: date
) -> tuple[Families, QuarterEvents]:
    """The events before the next quarter, and the families after them."""
    strictness = families.state.places.mentor_strictness[families.mentor]
    drawn = draw_events(
        rng,
        parameters,
        membership=families.membership,
        has_component=families.state.people.months_left > 0,
        hazard=graduation_hazard(parameters, observed=observed, strictness=strictness, visited=~families.skipped),
        relapses=relapses,
    )
    family = np.flatnonzero(drawn != NO_EVENT)
    event_day = to_day(end) + rng.integers(1, MAX_DAYS_TO_EVENT + 1, len(family))
    low_days = int(parameters.number("exits.event_known_low_days"))
    high_days = int(parameters.number("exits.event_known_high_days"))
    known_on_day = event_day + rng.integers(low_days, high_days + 1, len(family))
    events = QuarterEvents(family=family, event=drawn[family], event_day=event_day, known_on_day=known_on_day)
    return replace(families, membership=apply_events(families.membership, drawn)), events
