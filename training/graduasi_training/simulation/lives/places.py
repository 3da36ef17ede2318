"""Mentors, their caseloads and areas, and how the families are divided into districts that fit in memory.

A district consists of whole mentors and has a random generator of its own, so nothing in it depends on another one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, draw_indexes, happens
from graduasi_training.simulation.parameters import Parameters

CHUNK_HOUSEHOLDS = 20_000
"""A district is complete with the mentor whose caseload brings it to this many families."""


@dataclass(frozen=True)
class District:
    """Mentors that are simulated together, by their caseloads. Districts and mentors are numbered from 1."""

    number: int
    first_mentor: int
    caseloads: Integers


@dataclass(frozen=True)
class Places:
    """The mentors and areas of a district: the first four arrays have an element per mentor, the others one per area.

    `mentor_area` is an index into the areas, `island` one into `areas.share`. `mentor_strictness` is in log-odds;
    `mentor_missing` multiplies the share of fields left blank. `welfare` is in logs.
    """

    caseloads: Integers
    mentor_area: Integers
    mentor_strictness: Floats
    mentor_missing: Floats
    island: Integers
    poverty_line_idr: Floats
    minimum_wage_idr: Floats
    rural: Booleans
    remote: Booleans
    welfare: Floats

    @property
    def n_areas(self) -> int:
        return len(self.island)


def draw_caseloads(rng: Generator, parameters: Parameters, households: int) -> Integers:
    """Caseloads that add up to `households`: lognormal within limits; the last mentor may have fewer."""
    number = parameters.number
    caseloads: list[int] = []
    remaining = households
    while remaining > 0:
        log_size = np.log(number("mentors.caseload_median")) + number("mentors.caseload_sigma") * rng.standard_normal()
        size = int(
            np.clip(round(float(np.exp(log_size))), number("mentors.caseload_low"), number("mentors.caseload_high"))
        )
        caseloads.append(min(size, remaining))
        remaining -= size
    return np.array(caseloads, dtype=np.int64)


def cut_into_districts(caseloads: Integers, chunk_households: int) -> Iterator[District]:
    """Districts of whole mentors in order, each with at least `chunk_households` families except perhaps the last."""
    first, size, number = 0, 0, 1
    for mentor, caseload in enumerate(caseloads):
        size += int(caseload)
        if size >= chunk_households or mentor == len(caseloads) - 1:
            yield District(number=number, first_mentor=first + 1, caseloads=caseloads[first : mentor + 1])
            first, size, number = mentor + 1, 0, number + 1


def draw_places(rng: Generator, parameters: Parameters, caseloads: Integers) -> Places:
    """The areas of a district, and in what its mentors differ."""
    number = parameters.number
    n_mentors = len(caseloads)
    mentor_area = (np.arange(n_mentors) // int(number("mentors.mentors_per_area"))).astype(np.int64)
    n_areas = int(mentor_area[-1]) + 1
    island = draw_indexes(rng, list(parameters.table("areas.share").values()), n_areas)
    line_spread, wage_spread = np.exp(number("areas.line_sigma") * rng.standard_normal((2, n_areas)))
    line_by_island = np.array(list(parameters.table("areas.poverty_line_idr").values()))
    wage_by_island = np.array(list(parameters.table("areas.minimum_wage_idr").values()))
    return Places(
        caseloads=caseloads,
        mentor_area=mentor_area,
        mentor_strictness=number("mentors.strictness_sd") * rng.standard_normal(n_mentors),
        mentor_missing=np.exp(number("visits.mentor_missing_sigma") * rng.standard_normal(n_mentors)),
        island=island,
        poverty_line_idr=line_by_island[island] * line_spread,
        minimum_wage_idr=wage_by_island[island] * wage_spread,
        rural=happens(rng, number("areas.rural_share"), n_areas),
        remote=happens(rng, number("areas.remote_share"), n_areas),
        welfare=number("areas.welfare_sd") * rng.standard_normal(n_areas),
    )
