"""The members of each family: children growing up and leaving school, births, old age, disability, PKH components.

Ages are in quarters, so that a step is one added. A child has one of five places; -1 is an empty place.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from graduasi_training.simulation.chance import Booleans, Floats, Integers, count, happens
from graduasi_training.simulation.parameters import Parameters

CHILD_PLACES = 5
NO_END_MONTHS = 240
STARTS_SD, STARTS_SMP, STARTS_SMA, GROWN = (4 * years for years in (7, 13, 16, 19))
ELDERLY = 4 * 70
STOPS_WORKING = 4 * 66


@dataclass(frozen=True)
class People:
    """One array element a family; `due` counts the quarters to a birth, -1 without a pregnancy."""

    child_age: NDArray[np.int64]
    at_school: NDArray[np.bool_]
    head_age: Integers
    head_is_female: Booleans
    has_spouse: Booleans
    other_adults: Integers
    grandparent_age: Integers
    severe_disability: Booleans
    head_is_disabled: Booleans
    lighter_disability: Booleans
    due: Integers

    @property
    def n_children(self) -> Integers:
        return count(self.child_age >= 0)

    @property
    def size(self) -> Integers:
        return 1 + self.has_spouse + self.other_adults + (self.grandparent_age >= 0) + self.n_children

    @property
    def n_elderly(self) -> Integers:
        old = (self.head_age >= ELDERLY).astype(np.int64)
        return old * (1 + self.has_spouse) + (self.grandparent_age >= ELDERLY)

    @property
    def head_able(self) -> Booleans:
        return (self.head_age < STOPS_WORKING) & ~self.head_is_disabled

    @property
    def spouse_able(self) -> Booleans:
        return self.has_spouse & (self.head_age < STOPS_WORKING + 12)

    @property
    def n_able(self) -> Integers:
        return self.head_able.astype(np.int64) + self.spouse_able + self.other_adults

    def at_stage(self, start: int, end: int) -> Integers:
        """Children of these ages who are at school."""
        return count((self.child_age >= start) & (self.child_age < end) & self.at_school)

    @property
    def n_small(self) -> Integers:
        return count((self.child_age >= 0) & (self.child_age < STARTS_SD))

    @property
    def n_out_of_school(self) -> Integers:
        return count((self.child_age >= STARTS_SD) & ~self.at_school)

    @property
    def months_left(self) -> Integers:
        """Months until the last component ends; 0 when there is none, NO_END_MONTHS when none is in sight."""
        counts = (self.child_age >= 0) & ((self.child_age < STARTS_SD) | self.at_school)
        left = np.where(counts, 3 * (GROWN - self.child_age), 0).max(axis=1)
        left = np.where(self.due >= 0, 3 * GROWN, left)
        lasting = self.severe_disability | (self.n_elderly > 0)
        return np.minimum(np.where(lasting, NO_END_MONTHS, left), NO_END_MONTHS).astype(np.int64)


def draw_people(rng: Generator, parameters: Parameters, entrant: Booleans) -> People:
    """Families at the start; `entrant` ones are younger. Each has at least one component."""
    number = parameters.number
    n = len(entrant)
    alone = happens(rng, number("family.elderly_only_share"), n)
    ages = _draw_child_ages(rng, parameters, entrant)
    ages[alone] = -1
    oldest = ages.max(axis=1)
    head_age = np.where(alone, 4 * rng.uniform(70, 85, n), oldest + 4 * rng.uniform(20, 33, n)).astype(np.int64)
    severe = happens(rng, number("family.severe_disability_share"), n)
    elder = happens(rng, number("family.grandparent_share"), n) & ~alone
    female = happens(rng, number("family.female_head_share"), n)
    with_spouse = happens(rng, np.where(alone, 0.4, number("family.spouse_share")), n) & ~(
        female & happens(rng, 0.9, n)
    )
    return People(
        child_age=ages,
        at_school=ages >= STARTS_SD,
        head_age=head_age,
        head_is_female=female,
        has_spouse=with_spouse,
        other_adults=np.where(alone, 0, np.minimum(rng.poisson(number("family.other_adults_mean"), n), 3)).astype(
            np.int64
        ),
        grandparent_age=np.where(elder, (4 * rng.uniform(58, 82, n)).astype(np.int64), -1),
        severe_disability=severe,
        head_is_disabled=severe & happens(rng, number("family.head_severe_share"), n),
        lighter_disability=happens(rng, number("family.disability_share"), n),
        due=np.full(n, -1, dtype=np.int64),
    )


def _draw_child_ages(rng: Generator, parameters: Parameters, entrant: Booleans) -> NDArray[np.int64]:
    number = parameters.number
    n = len(entrant)
    high = np.where(entrant, number("family.entrant_youngest_age_high"), number("family.youngest_age_high"))
    youngest = rng.uniform(0, 1, n) ** np.where(entrant, 1.0, number("family.youngest_age_power")) * high
    gaps = rng.exponential(number("family.child_spacing_years"), (n, CHILD_PLACES - 1)) + 1.0
    years = np.concatenate([youngest[:, None], youngest[:, None] + np.cumsum(gaps, axis=1)], axis=1)
    born = 1 + np.minimum(rng.poisson(number("family.children_mean"), n), CHILD_PLACES - 1)
    present = (np.arange(CHILD_PLACES) < born[:, None]) & (years < GROWN / 4)
    return np.where(present, (4 * years).astype(np.int64), -1)


def grow_older(rng: Generator, parameters: Parameters, people: People) -> People:
    """The same families a quarter later."""
    number = parameters.number
    n = len(people.head_age)
    aged = _grow_children(rng, parameters, people)
    grown = count(aged.child_age >= GROWN)
    staying = rng.binomial(grown, number("family.grown_child_stays"))
    leaving = (people.other_adults > 0) & happens(rng, number("family.grown_child_leaves"), n)
    ages = np.where(aged.child_age >= GROWN, -1, aged.child_age)
    ages, due = _give_birth(rng, parameters, replace(aged, child_age=ages))
    elder = np.where(people.grandparent_age >= 0, people.grandparent_age + 1, -1)
    dies = happens(rng, parameters.per_quarter("family.elderly_dies_per_year"), n)
    return replace(
        aged,
        child_age=ages,
        at_school=aged.at_school & (ages >= STARTS_SD),
        head_age=people.head_age + 1,
        has_spouse=people.has_spouse & ~happens(rng, parameters.per_quarter("family.spouse_lost_per_year"), n),
        other_adults=np.minimum(people.other_adults + staying - leaving, 6),
        grandparent_age=np.where(dies & (elder >= ELDERLY), -1, elder),
        due=due,
    )


def _grow_children(rng: Generator, parameters: Parameters, people: People) -> People:
    number = parameters.number
    ages = np.where(people.child_age >= 0, people.child_age + 1, -1)
    leaves = np.select(
        [ages >= STARTS_SMA, ages >= STARTS_SMP, ages >= STARTS_SD],
        [number("family.leaves_sma"), number("family.leaves_smp"), number("family.leaves_sd")],
        0.0,
    )
    drawn = rng.random(ages.shape)
    starts = ages == STARTS_SD
    returns = ~people.at_school & (ages > STARTS_SD) & (drawn > 1 - number("family.returns_to_school"))
    at_school = (people.at_school & (drawn >= leaves)) | starts | returns
    return replace(people, child_age=ages, at_school=at_school)


def _give_birth(rng: Generator, parameters: Parameters, people: People) -> tuple[NDArray[np.int64], Integers]:
    n = len(people.head_age)
    born = people.due == 0
    free = (people.child_age < 0).argmax(axis=1)
    ages = people.child_age.copy()
    ages[born, free[born]] = 0
    due = np.where(people.due >= 0, people.due - 1, -1)
    may = (
        people.has_spouse
        & (people.head_age < 4 * parameters.number("family.fertile_head_age"))
        & (people.n_children < CHILD_PLACES - 1)
    )
    chance: Floats = np.where(may, parameters.per_quarter("family.pregnancy_per_year"), 0.0)
    due = np.where((due < 0) & happens(rng, chance, n), 2, due)
    return ages, due


def aid_per_quarter(people: People, parameters: Parameters) -> Floats:
    """What PKH pays a family in a quarter: its components, the highest first, up to the most that count."""
    amount = parameters.table("aid.per_quarter_idr")
    counts = {
        "pregnant": (people.due >= 0).astype(np.int64),
        "early_childhood": people.n_small,
        "sd": people.at_stage(STARTS_SD, STARTS_SMP),
        "smp": people.at_stage(STARTS_SMP, STARTS_SMA),
        "sma": people.at_stage(STARTS_SMA, GROWN),
        "severe_disability": people.severe_disability.astype(np.int64),
        "elderly": people.n_elderly,
    }
    left = np.full(len(people.head_age), int(parameters.number("aid.most_components")), dtype=np.int64)
    total = np.zeros(len(people.head_age))
    for component in sorted(counts, key=lambda code: -amount[code]):
        paid = np.minimum(counts[component], left)
        total += paid * amount[component]
        left -= paid
    return total
