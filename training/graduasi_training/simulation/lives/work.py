"""Who earns in each family, what the head does, and the family's business, if any."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, happens, pick
from graduasi_training.simulation.lives.people import People
from graduasi_training.simulation.parameters import Parameters

GROWN_BUSINESS_QUARTERS = 12
CASUAL_FARM, OWN_ACCOUNT = 1, 3
"""Places in `work.status_share`, which stands in the order of the dictionary's categories."""


@dataclass(frozen=True)
class Work:
    """Places of earners and business; `usual` is the head's usual work, as a place in `work.status_share`."""

    usual: Integers
    out_of_job: Booleans
    lost_job: Booleans
    is_farmer: Booleans
    schooling_years: Floats
    has_skill: Booleans
    spouse_works: Booleans
    others_working: Integers
    has_business: Booleans
    business_quarters: Integers
    business_quality: Floats
    has_licence: Booleans

    def status(self, people: People) -> Integers:
        """What the head does now; place 0 is not working."""
        return np.where(self.out_of_job | ~people.head_able, 0, self.usual)

    def n_earners(self, people: People) -> Integers:
        return (self.status(people) > 0).astype(np.int64) + self.spouse_works + self.others_working


def draw_work(rng: Generator, parameters: Parameters, people: People) -> Work:
    """Work and business at the start."""
    number = parameters.number
    n = len(people.head_age)
    starts, stops = number("work.spouse_starts"), number("work.spouse_stops")
    business = happens(rng, number("business.start") / (number("business.start") + number("business.stop")), n)
    usual = pick(rng, list(parameters.table("work.status_share").values()), n)
    schooling = np.rint(
        np.clip(number("family.schooling_mean") + number("family.schooling_sd") * rng.standard_normal(n), 0, 16)
    )
    farms = happens(rng, number("family.farmer_share"), n)
    return Work(
        usual=usual,
        out_of_job=np.zeros(n, dtype=bool),
        lost_job=np.zeros(n, dtype=bool),
        is_farmer=(usual == CASUAL_FARM) | ((usual == OWN_ACCOUNT) & farms),
        schooling_years=schooling,
        has_skill=happens(rng, number("work.skill_share"), n),
        spouse_works=people.spouse_able & happens(rng, starts / (starts + stops), n),
        others_working=rng.binomial(
            people.other_adults,
            number("work.other_starts") / (number("work.other_starts") + number("work.other_stops")),
        ),
        has_business=business,
        business_quarters=np.where(business, rng.geometric(number("business.stop"), n), 0).astype(np.int64),
        business_quality=rng.standard_normal(n),
        has_licence=business & happens(rng, 0.2, n),
    )


def step_work(rng: Generator, parameters: Parameters, *, work: Work, people: People, welfare: Floats) -> Work:
    """Work and business a quarter later; `welfare` is last quarter's log welfare."""
    number = parameters.number
    n = len(people.head_age)
    lost = ~work.out_of_job & (work.usual > 0) & happens(rng, parameters.per_quarter("work.job_loss_per_year"), n)
    out = (work.out_of_job & ~happens(rng, number("work.job_found"), n)) | lost
    change = happens(rng, number("work.status_changes"), n)
    usual = np.where(change, pick(rng, list(parameters.table("work.status_share").values()), n), work.usual)
    starts, stops = happens(rng, number("work.spouse_starts"), n), happens(rng, number("work.spouse_stops"), n)
    idle = np.maximum(people.other_adults - work.others_working, 0)
    kept = np.minimum(work.others_working, people.other_adults)
    moved = replace(
        work,
        usual=usual,
        out_of_job=out,
        lost_job=lost,
        spouse_works=people.spouse_able & ((work.spouse_works & ~stops) | (~work.spouse_works & starts)),
        others_working=kept
        - rng.binomial(kept, number("work.other_stops"))
        + rng.binomial(idle, number("work.other_starts")),
    )
    return _step_business(rng, parameters, work=moved, able=people.n_able > 0, welfare=welfare)


def _step_business(rng: Generator, parameters: Parameters, *, work: Work, able: Booleans, welfare: Floats) -> Work:
    number = parameters.number
    n = len(welfare)
    start = np.minimum(number("business.start") * np.exp(number("business.start_with_welfare") * welfare), 1.0)
    stop = np.minimum(
        number("business.stop") * np.exp(-number("business.stop_with_quality") * work.business_quality), 1.0
    )
    begins = ~work.has_business & able & happens(rng, start, n)
    goes_on = work.has_business & ~happens(rng, stop, n)
    has = begins | goes_on
    return replace(
        work,
        has_business=has,
        business_quarters=np.where(goes_on, work.business_quarters + 1, 0),
        business_quality=np.where(begins, rng.standard_normal(n), work.business_quality),
        has_licence=has & (goes_on & work.has_licence | happens(rng, number("business.licence"), n)),
    )


def pay(parameters: Parameters, *, work: Work, people: People) -> Floats:
    """What work and business add to log welfare."""
    number = parameters.number
    by_status = np.array(list(parameters.table("work.status_pay").values()))
    per_person = (0.6 + work.n_earners(people)) / people.size
    grown = np.minimum(work.business_quarters, GROWN_BUSINESS_QUARTERS) / GROWN_BUSINESS_QUARTERS
    business = (
        number("business.pay_new")
        + number("business.pay_grown") * grown
        + number("business.pay_quality_sd") * work.business_quality
    )
    total: Floats = (
        number("work.earners_pay") * (np.log(per_person) + 0.5)
        + by_status[work.status(people)]
        + number("work.schooling_pay") * (work.schooling_years - number("family.schooling_mean"))
        + number("work.skill_pay") * work.has_skill
        + work.has_business * business
    )
    return total
