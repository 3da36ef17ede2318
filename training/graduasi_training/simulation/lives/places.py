"""Mentors, their caseloads and areas, and how the work is cut into chunks that fit in memory.

A chunk is a made-up district: whole mentors, so that nothing in it depends on another chunk, and its own seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens, pick
from graduasi_training.simulation.parameters import Parameters

CHUNK_HOUSEHOLDS = 20_000
"""A chunk is closed at the first mentor that reaches this many families."""


@dataclass(frozen=True)
class District:
    """One chunk: its number (from 1), the number of its first mentor, and each mentor's caseload."""

    number: int
    first_mentor: int
    caseloads: Integers


@dataclass(frozen=True)
class Places:
    """The mentors of a district, and the area each works in."""

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
    left = households
    while left > 0:
        drawn = np.exp(
            np.log(number("mentors.caseload_median")) + number("mentors.caseload_sigma") * rng.standard_normal()
        )
        size = int(np.clip(round(float(drawn)), number("mentors.caseload_low"), number("mentors.caseload_high")))
        caseloads.append(min(size, left))
        left -= size
    return np.array(caseloads, dtype=np.int64)


def cut_into_districts(caseloads: Integers, chunk_households: int) -> Iterator[District]:
    """Whole mentors, in order, a district at a time."""
    start, size, number = 0, 0, 1
    for place, caseload in enumerate(caseloads):
        size += int(caseload)
        if size >= chunk_households or place == len(caseloads) - 1:
            yield District(number=number, first_mentor=start + 1, caseloads=caseloads[start : place + 1])
            start, size, number = place + 1, 0, number + 1


def draw_places(rng: Generator, parameters: Parameters, caseloads: Integers) -> Places:
    """The areas of a district and what is particular to each mentor in it."""
    number = parameters.number
    mentors = len(caseloads)
    mentor_area = (np.arange(mentors) // int(number("mentors.mentors_per_area"))).astype(np.int64)
    areas = int(mentor_area[-1]) + 1
    island = pick(rng, list(parameters.table("areas.share").values()), areas)
    spread = np.exp(number("areas.line_sigma") * rng.standard_normal((2, areas)))
    lines = np.array(list(parameters.table("areas.poverty_line_idr").values()))
    wages = np.array(list(parameters.table("areas.minimum_wage_idr").values()))
    return Places(
        caseloads=caseloads,
        mentor_area=mentor_area,
        mentor_strictness=number("mentors.strictness_sd") * rng.standard_normal(mentors),
        mentor_missing=np.exp(number("visits.mentor_missing_sigma") * rng.standard_normal(mentors)),
        island=island,
        poverty_line_idr=lines[island] * spread[0],
        minimum_wage_idr=wages[island] * spread[1],
        rural=happens(rng, number("areas.rural_share"), areas),
        remote=happens(rng, number("areas.remote_share"), areas),
        welfare=number("areas.welfare_sd") * rng.standard_normal(areas),
    )
