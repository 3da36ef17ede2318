"""Who earns in each family, what the head does, and the family's business, if any."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from graduasi_training.simulation.chance import Booleans, Floats, Integers, draw_indexes, happens
from graduasi_training.simulation.lives.people import People
from graduasi_training.simulation.parameters import Parameters

GROWN_BUSINESS_QUARTERS = 12
NOT_WORKING, CASUAL_FARM, OWN_ACCOUNT = 0, 1, 3
"""Indexes into `work.status_share`, whose entries stand in the order of the dictionary's categories."""
LICENSED_AT_START_SHARE = 0.2


@dataclass(frozen=True)
class Work:
    """Who works, and the business. `usual_status`, the head's usual work, is an index into `work.status_share`.

    `business_quarters` is the age of the business, 0 without one; `business_quality` is standard normal.
    """

    usual_status: Integers
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
        """What the head does now, as an index into `work.status_share`."""
        return np.where(self.out_of_job | ~people.head_able, NOT_WORKING, self.usual_status)

    def n_earners(self, people: People) -> Integers:
        head_works = (self.status(people) != NOT_WORKING).astype(np.int64)
        return head_works + self.spouse_works + self.others_working


def draw_work(rng: Generator, parameters: Parameters, people: People) -> Work:
    """Work and business at the start; who works and has a business is drawn from the long-run shares."""
    number = parameters.number
    n = len(people.head_age)
    has_business = happens(rng, _long_run_share(number("business.start"), number("business.stop")), n)
    usual_status = draw_indexes(rng, list(parameters.table("work.status_share").values()), n)
    schooling = number("family.schooling_mean") + number("family.schooling_sd") * rng.standard_normal(n)
    grows_crops = happens(rng, number("family.farmer_share"), n)
    spouse_share = _long_run_share(number("work.spouse_starts"), number("work.spouse_stops"))
    others_share = _long_run_share(number("work.other_starts"), number("work.other_stops"))
    return Work(
        usual_status=usual_status,
        out_of_job=np.zeros(n, dtype=bool),
        lost_job=np.zeros(n, dtype=bool),
        is_farmer=(usual_status == CASUAL_FARM) | ((usual_status == OWN_ACCOUNT) & grows_crops),
        schooling_years=np.rint(np.clip(schooling, 0, 16)),
        has_skill=happens(rng, number("work.skill_share"), n),
        spouse_works=people.spouse_able & happens(rng, spouse_share, n),
        others_working=rng.binomial(people.other_adults, others_share),
        has_business=has_business,
        business_quarters=np.where(has_business, rng.geometric(number("business.stop"), n), 0).astype(np.int64),
        business_quality=rng.standard_normal(n),
        has_licence=has_business & happens(rng, LICENSED_AT_START_SHARE, n),
    )


def _long_run_share(starts: float, stops: float) -> float:
    """The share of families that have something in the long run, from the quarterly chances to start and to stop."""
    return starts / (starts + stops)


def step_work(rng: Generator, parameters: Parameters, *, work: Work, people: People, log_welfare: Floats) -> Work:
    """Work and business a quarter later; `log_welfare` is last quarter's."""
    number = parameters.number
    n = len(people.head_age)
    loses_job = happens(rng, parameters.per_quarter("work.job_loss_per_year"), n)
    lost_job = ~work.out_of_job & (work.usual_status != NOT_WORKING) & loses_job
    out_of_job = (work.out_of_job & ~happens(rng, number("work.job_found"), n)) | lost_job
    changes = happens(rng, number("work.status_changes"), n)
    new_status = draw_indexes(rng, list(parameters.table("work.status_share").values()), n)
    spouse_starts = happens(rng, number("work.spouse_starts"), n)
    spouse_stops = happens(rng, number("work.spouse_stops"), n)
    others_idle = np.maximum(people.other_adults - work.others_working, 0)
    others_working = np.minimum(work.others_working, people.other_adults)
    others_stop = rng.binomial(others_working, number("work.other_stops"))
    others_start = rng.binomial(others_idle, number("work.other_starts"))
    stepped = replace(
        work,
        usual_status=np.where(changes, new_status, work.usual_status),
        out_of_job=out_of_job,
        lost_job=lost_job,
        spouse_works=people.spouse_able & np.where(work.spouse_works, ~spouse_stops, spouse_starts),
        others_working=others_working - others_stop + others_start,
    )
    return _step_business(rng, parameters, work=stepped, has_able=people.n_able > 0, log_welfare=log_welfare)


def _step_business(
    rng: Generator, parameters: Parameters, *, work: Work, has_able: Booleans, log_welfare: Floats
) -> Work:
    """Businesses begin, end and grow; only families with an adult able to work (`has_able`) begin one."""
    number = parameters.number
    n = len(log_welfare)
    start_chance = number("business.start") * np.exp(number("business.start_with_welfare") * log_welfare)
    stop_chance = number("business.stop") * np.exp(-number("business.stop_with_quality") * work.business_quality)
    begins = ~work.has_business & has_able & happens(rng, np.minimum(start_chance, 1.0), n)
    goes_on = work.has_business & ~happens(rng, np.minimum(stop_chance, 1.0), n)
    has_business = begins | goes_on
    return replace(
        work,
        has_business=has_business,
        business_quarters=np.where(goes_on, work.business_quarters + 1, 0),
        business_quality=np.where(begins, rng.standard_normal(n), work.business_quality),
        has_licence=has_business & (goes_on & work.has_licence | happens(rng, number("business.licence"), n)),
    )


def log_pay(parameters: Parameters, *, work: Work, people: People) -> Floats:
    """What work and business add to log welfare."""
    number = parameters.number
    pay_by_status = np.array(list(parameters.table("work.status_pay").values()))
    # Without the 0.6 there would be no logarithm for a family without earners; 0.5 brings usual families near zero.
    earners_per_person = (0.6 + work.n_earners(people)) / people.size
    growth = np.minimum(work.business_quarters, GROWN_BUSINESS_QUARTERS) / GROWN_BUSINESS_QUARTERS
    business_pay = (
        number("business.pay_new")
        + number("business.pay_grown") * growth
        + number("business.pay_quality_sd") * work.business_quality
    )
    total: Floats = (
        number("work.earners_pay") * (np.log(earners_per_person) + 0.5)
        + pay_by_status[work.status(people)]
        + number("work.schooling_pay") * (work.schooling_years - number("family.schooling_mean"))
        + number("work.skill_pay") * work.has_skill
        + work.has_business * business_pay
    )
    return total
