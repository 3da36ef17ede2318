"""The members of each family: children growing up and leaving school, births, old age, disability, PKH components.

Ages are in quarters, so that a step adds one. A family has five slots for children; an empty slot holds the age -1.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from graduasi_training.simulation.chance import Booleans, Floats, Integers, count_true, happens
from graduasi_training.simulation.parameters import Parameters

CHILD_SLOTS = 5
MAX_OTHER_ADULTS = 6
SPOUSE_SHARE_WHERE_ELDERLY_ONLY, FEMALE_HEAD_ALONE_SHARE = 0.4, 0.9
NO_END_MONTHS = 240
"""Stands for months until the last component ends, when no end is in sight: 20 years."""
STARTS_SD, STARTS_SMP, STARTS_SMA, GROWN = (4 * years for years in (7, 13, 16, 19))
"""Ages in quarters at which a child enters primary, lower and upper secondary school, and stops being a component."""
ELDERLY = 4 * 70
STOPS_WORKING = 4 * 66
SPOUSE_WORKS_LONGER = 4 * 3
"""A spouse can work until the head is this much older than STOPS_WORKING, as if three years younger."""
PREGNANCY_QUARTERS = 2
"""`quarters_to_birth` when a pregnancy begins; the child is a member in the quarter after it has reached 0."""


@dataclass(frozen=True)
class People:
    """The members of n families. `child_age` and `at_school` are (n, CHILD_SLOTS), every other array has n elements.

    Ages are in quarters. -1 means an empty slot in `child_age`, no grandparent in `grandparent_age`, and no pregnancy
    in `quarters_to_birth`.
    """

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
    quarters_to_birth: Integers

    @property
    def n_children(self) -> Integers:
        return count_true(self.child_age >= 0)

    @property
    def size(self) -> Integers:
        return 1 + self.has_spouse + self.other_adults + (self.grandparent_age >= 0) + self.n_children

    @property
    def is_pregnant(self) -> Booleans:
        return self.quarters_to_birth >= 0

    @property
    def n_elderly(self) -> Integers:
        """Members of 70 and older; a spouse counts as old as the head."""
        head_is_old = (self.head_age >= ELDERLY).astype(np.int64)
        return head_is_old * (1 + self.has_spouse) + (self.grandparent_age >= ELDERLY)

    @property
    def head_able(self) -> Booleans:
        return (self.head_age < STOPS_WORKING) & ~self.head_is_disabled

    @property
    def spouse_able(self) -> Booleans:
        return self.has_spouse & (self.head_age < STOPS_WORKING + SPOUSE_WORKS_LONGER)

    @property
    def n_able(self) -> Integers:
        """Adults able to work."""
        return self.head_able.astype(np.int64) + self.spouse_able + self.other_adults

    def n_at_school(self, start: int, end: int) -> Integers:
        """Children at school whose age in quarters is at least `start` and below `end`."""
        return count_true((self.child_age >= start) & (self.child_age < end) & self.at_school)

    @property
    def n_small(self) -> Integers:
        """Children too young for school."""
        return count_true((self.child_age >= 0) & (self.child_age < STARTS_SD))

    @property
    def n_out_of_school(self) -> Integers:
        return count_true((self.child_age >= STARTS_SD) & ~self.at_school)

    @property
    def months_left(self) -> Integers:
        """Months until the last component ends; 0 when there is none, NO_END_MONTHS when no end is in sight."""
        is_component = (self.child_age >= 0) & ((self.child_age < STARTS_SD) | self.at_school)
        months = np.where(is_component, 3 * (GROWN - self.child_age), 0).max(axis=1)
        months = np.where(self.is_pregnant, 3 * GROWN, months)
        is_permanent = self.severe_disability | (self.n_elderly > 0)
        return np.minimum(np.where(is_permanent, NO_END_MONTHS, months), NO_END_MONTHS).astype(np.int64)


def draw_people(rng: Generator, parameters: Parameters, is_entrant: Booleans) -> People:
    """Families at the start, one for each element of `is_entrant`; entrants are younger."""
    number = parameters.number
    n = len(is_entrant)
    elderly_only = happens(rng, number("family.elderly_only_share"), n)
    child_age = _draw_child_ages(rng, parameters, is_entrant)
    child_age[elderly_only] = -1
    oldest_child = child_age.max(axis=1)
    head_age = np.where(elderly_only, 4 * rng.uniform(70, 85, n), oldest_child + 4 * rng.uniform(20, 33, n)).astype(
        np.int64
    )
    severe_disability = happens(rng, number("family.severe_disability_share"), n)
    has_grandparent = happens(rng, number("family.grandparent_share"), n) & ~elderly_only
    head_is_female = happens(rng, number("family.female_head_share"), n)
    spouse_share = np.where(elderly_only, SPOUSE_SHARE_WHERE_ELDERLY_ONLY, number("family.spouse_share"))
    has_spouse = happens(rng, spouse_share, n) & ~(head_is_female & happens(rng, FEMALE_HEAD_ALONE_SHARE, n))
    other_adults = np.minimum(rng.poisson(number("family.other_adults_mean"), n), 3)
    return People(
        child_age=child_age,
        at_school=child_age >= STARTS_SD,
        head_age=head_age,
        head_is_female=head_is_female,
        has_spouse=has_spouse,
        other_adults=np.where(elderly_only, 0, other_adults).astype(np.int64),
        grandparent_age=np.where(has_grandparent, (4 * rng.uniform(58, 82, n)).astype(np.int64), -1),
        severe_disability=severe_disability,
        head_is_disabled=severe_disability & happens(rng, number("family.head_severe_share"), n),
        lighter_disability=happens(rng, number("family.disability_share"), n),
        quarters_to_birth=np.full(n, -1, dtype=np.int64),
    )


def _draw_child_ages(rng: Generator, parameters: Parameters, is_entrant: Booleans) -> NDArray[np.int64]:
    """Ages in quarters, (families, CHILD_SLOTS), the youngest child first; every family has at least one child."""
    number = parameters.number
    n = len(is_entrant)
    high = np.where(is_entrant, number("family.entrant_youngest_age_high"), number("family.youngest_age_high"))
    youngest = rng.uniform(0, 1, n) ** np.where(is_entrant, 1.0, number("family.youngest_age_power")) * high
    gaps = rng.exponential(number("family.child_spacing_years"), (n, CHILD_SLOTS - 1)) + 1.0
    years = np.concatenate([youngest[:, None], youngest[:, None] + np.cumsum(gaps, axis=1)], axis=1)
    n_children = 1 + np.minimum(rng.poisson(number("family.children_mean"), n), CHILD_SLOTS - 1)
    is_member = (np.arange(CHILD_SLOTS) < n_children[:, None]) & (years < GROWN / 4)
    return np.where(is_member, (4 * years).astype(np.int64), -1)


def grow_older(rng: Generator, parameters: Parameters, people: People) -> People:
    """The same families a quarter later: children grow and leave, births, deaths."""
    number = parameters.number
    n = len(people.head_age)
    aged = _grow_children(rng, parameters, people)
    is_grown = aged.child_age >= GROWN
    staying = rng.binomial(count_true(is_grown), number("family.grown_child_stays"))
    leaving = (people.other_adults > 0) & happens(rng, number("family.grown_child_leaves"), n)
    without_grown = replace(aged, child_age=np.where(is_grown, -1, aged.child_age))
    child_age, quarters_to_birth = _give_birth(rng, parameters, without_grown)
    grandparent_age = np.where(people.grandparent_age >= 0, people.grandparent_age + 1, -1)
    elder_dies = happens(rng, parameters.per_quarter("family.elderly_dies_per_year"), n)
    return replace(
        aged,
        child_age=child_age,
        at_school=aged.at_school & (child_age >= STARTS_SD),
        head_age=people.head_age + 1,
        has_spouse=people.has_spouse & ~happens(rng, parameters.per_quarter("family.spouse_lost_per_year"), n),
        other_adults=np.minimum(people.other_adults + staying - leaving, MAX_OTHER_ADULTS),
        grandparent_age=np.where(elder_dies & (grandparent_age >= ELDERLY), -1, grandparent_age),
        quarters_to_birth=quarters_to_birth,
    )


def _grow_children(rng: Generator, parameters: Parameters, people: People) -> People:
    """Children a quarter older; some start school, leave it or return to it."""
    number = parameters.number
    age = np.where(people.child_age >= 0, people.child_age + 1, -1)
    leaving_chance = np.select(
        [age >= STARTS_SMA, age >= STARTS_SMP, age >= STARTS_SD],
        [number("family.leaves_sma"), number("family.leaves_smp"), number("family.leaves_sd")],
        0.0,
    )
    drawn = rng.random(age.shape)
    starts = age == STARTS_SD
    returns = ~people.at_school & (age > STARTS_SD) & (drawn > 1 - number("family.returns_to_school"))
    at_school = (people.at_school & (drawn >= leaving_chance)) | starts | returns
    return replace(people, child_age=age, at_school=at_school)


def _give_birth(rng: Generator, parameters: Parameters, people: People) -> tuple[NDArray[np.int64], Integers]:
    """Child ages and quarters to birth, after the births that are due and with new pregnancies."""
    n = len(people.head_age)
    is_born = people.quarters_to_birth == 0
    empty_slot = (people.child_age < 0).argmax(axis=1)
    child_age = people.child_age.copy()
    child_age[is_born, empty_slot[is_born]] = 0
    quarters_to_birth = np.where(people.is_pregnant, people.quarters_to_birth - 1, -1)
    can_conceive = (
        people.has_spouse
        & (people.head_age < 4 * parameters.number("family.fertile_head_age"))
        & (people.n_children < CHILD_SLOTS - 1)
    )
    chance: Floats = np.where(can_conceive, parameters.per_quarter("family.pregnancy_per_year"), 0.0)
    conceives = (quarters_to_birth < 0) & happens(rng, chance, n)
    return child_age, np.where(conceives, PREGNANCY_QUARTERS, quarters_to_birth)


def aid_per_quarter(people: People, parameters: Parameters) -> Floats:
    """What PKH pays each family in a quarter, IDR: the best-paid components, up to the number that counts."""
    amounts = parameters.table("aid.per_quarter_idr")
    counts = {
        "pregnant": people.is_pregnant.astype(np.int64),
        "early_childhood": people.n_small,
        "sd": people.n_at_school(STARTS_SD, STARTS_SMP),
        "smp": people.n_at_school(STARTS_SMP, STARTS_SMA),
        "sma": people.n_at_school(STARTS_SMA, GROWN),
        "severe_disability": people.severe_disability.astype(np.int64),
        "elderly": people.n_elderly,
    }
    n = len(people.head_age)
    still_payable = np.full(n, int(parameters.number("aid.most_components")), dtype=np.int64)
    total = np.zeros(n)
    for component in sorted(counts, key=lambda code: -amounts[code]):
        paid = np.minimum(counts[component], still_payable)
        total += paid * amounts[component]
        still_payable -= paid
    return total
