"""What a mentor would write down about each family in a quarter, before visits are skipped and fields left blank."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from graduasi_training.simulation.chance import Booleans, Floats, Integers, round_within
from graduasi_training.simulation.lives.belongings import Habits, Trait, draw_measure, draw_trait
from graduasi_training.simulation.lives.people import GROWN, STARTS_SD, STARTS_SMA, STARTS_SMP, People, aid_per_quarter
from graduasi_training.simulation.lives.places import Places
from graduasi_training.simulation.lives.welfare import Welfare
from graduasi_training.simulation.lives.work import Work
from graduasi_training.simulation.parameters import Parameters

Columns = dict[str, NDArray[np.generic]]
"""By field, a value for each family; a category is an index into the codes that the dictionary declares."""

QUARTERS_A_YEAR = 4
VOLT_AMPERES = np.array([0, 450, 900, 1300], dtype=np.int64)
BOOLEAN_TRAITS = (
    "has_trained_skill", "missed_meals", "has_motorcycle", "has_fridge", "has_work_tools", "has_smartphone_internet",
    "has_bank_account", "has_chronic_illness",
)  # fmt: skip
CATEGORY_TRAITS = (
    "floor_material",
    "wall_material",
    "roof_material",
    "drinking_water",
    "toilet",
    "cooking_fuel",
    "willingness",
)
CONSUMPTION_ELASTICITY = 0.8
"""By how much log spending follows smoothed log welfare."""
PROFIT_WITH_QUALITY = 0.3
MAX_PROFIT_SHARE = 0.95
MAX_PROFIT_IDR = 50_000_000


@dataclass(frozen=True)
class TrueState:
    """Everything true about n families in one quarter. `area` is each family's index into the areas of `places`.

    `reporting_style` is a family's habit of reporting income too high or too low, in logs. `prices` multiplies the
    poverty lines and minimum wages of the base year.
    """

    people: People
    work: Work
    welfare: Welfare
    habits: Habits
    places: Places
    area: Integers
    reporting_style: Floats
    years_in_pkh: Floats
    prices: float

    @property
    def poverty_line(self) -> Floats:
        """The poverty line where each family lives, IDR per person per month."""
        rounded: Floats = np.rint(self.places.poverty_line_idr * self.prices)[self.area]
        return rounded

    @property
    def minimum_wage(self) -> Floats:
        """The minimum wage where each family lives, IDR per month."""
        rounded: Floats = np.rint(self.places.minimum_wage_idr * self.prices)[self.area]
        return rounded

    @property
    def true_income_pc(self) -> Floats:
        """Income without aid as nobody observes it, IDR per person per month."""
        income: Floats = np.exp(self.welfare.log) * self.poverty_line
        return income


def observe(rng: Generator, parameters: Parameters, *, state: TrueState, traits: Mapping[str, Trait]) -> Columns:
    """A column for each field of the dictionary, with a value for every family."""
    return {
        **_money_columns(rng, parameters, state=state, traits=traits),
        **_work_columns(rng, parameters, state),
        **_people_columns(state),
        **_belongings_columns(rng, parameters, state=state, traits=traits),
        **_measure_columns(rng, parameters, state),
        **_shock_and_place_columns(rng, parameters, state),
    }


def _money_columns(rng: Generator, parameters: Parameters, *, state: TrueState, traits: Mapping[str, Trait]) -> Columns:
    number, line = parameters.number, state.poverty_line
    n = len(line)
    log_income = state.welfare.log + state.reporting_style + number("observation.income_noise") * rng.standard_normal(n)
    income_pc = np.exp(log_income) * line
    household_noise = np.exp(number("observation.household_income_noise") * rng.standard_normal(n))
    household_income = income_pc * state.people.size * household_noise
    consumption_pc = np.exp(_draw_log_consumption(rng, parameters, state.welfare)) * line

    def draw_amount(trait: str, measure: str) -> Floats:
        """IDR, 0 where the family lacks the trait."""
        lasting = state.habits.lasting[trait]
        has_it = draw_trait(rng, parameters, trait=traits[trait], lasting=lasting, welfare=state.welfare) == 1
        lines = np.exp(draw_measure(rng, parameters, name=measure, habits=state.habits, welfare=state.welfare))
        return np.where(has_it, lines * line, 0.0)

    debt = draw_amount("has_debt", "debt_log")
    log_months = draw_measure(rng, parameters, name="debt_months_log", habits=state.habits, welfare=state.welfare)
    debt_service = debt / np.exp(log_months) / np.maximum(household_income, 100_000)
    unit = number("observation.income_round_idr")
    return {
        "income_excl_aid_pc_idr": _round_to(income_pc, unit),
        "income_excl_aid_idr": _round_to(household_income, 5 * unit),
        "consumption_pc_idr": _round_to(consumption_pc, unit),
        "savings_idr": _round_to(draw_amount("has_savings", "savings_log"), 5 * unit),
        "debt_idr": _round_to(debt, 10 * unit),
        "debt_service_share": np.round(np.clip(debt_service, 0, 5), 2),
        "livestock_value_idr": _round_to(draw_amount("has_livestock", "livestock_log"), 10 * unit),
        "poverty_line_idr": line,
        "minimum_wage_idr": state.minimum_wage,
        "aid_amount_idr": aid_per_quarter(state.people, parameters),
    }


def _draw_log_consumption(rng: Generator, parameters: Parameters, welfare: Welfare) -> Floats:
    """Reported spending per person, as the log of its ratio to the poverty line."""
    number = parameters.number
    follows_now = number("observation.consumption_follows")
    smoothed = follows_now * welfare.log + (1 - follows_now) * welfare.slow
    noise = number("observation.consumption_noise") * rng.standard_normal(len(welfare.log))
    log_consumption: Floats = smoothed * CONSUMPTION_ELASTICITY + number("observation.consumption_level") + noise
    return log_consumption


def _work_columns(rng: Generator, parameters: Parameters, state: TrueState) -> Columns:
    number, work, people = parameters.number, state.work, state.people
    noise = number("business.profit_noise") * rng.standard_normal(len(state.area))
    share = number("business.profit_share_of_income") * np.exp(PROFIT_WITH_QUALITY * work.business_quality + noise)
    household_income = state.true_income_pc * people.size
    profit = np.where(work.has_business, household_income * np.minimum(share, MAX_PROFIT_SHARE), 0.0)
    return {
        "n_earners": work.n_earners(people),
        "head_work_status": work.status(people),
        "head_schooling_years": work.schooling_years,
        "has_business": work.has_business,
        "business_profit_idr": np.minimum(_round_to(profit, number("observation.income_round_idr")), MAX_PROFIT_IDR),
        "business_age_months": 3 * work.business_quarters,
        "business_licence": work.has_licence,
    }


def _people_columns(state: TrueState) -> Columns:
    people = state.people
    dependants = people.size - np.minimum(people.n_able, people.size)
    return {
        "household_size": people.size,
        "dependency_ratio": np.round(dependants / np.maximum(people.n_able, 1), 2),
        "n_adults_able_to_work": people.n_able,
        "head_age": np.minimum(people.head_age // 4, 110),
        "n_children_0_6": people.n_small,
        "n_children_sd": people.n_at_school(STARTS_SD, STARTS_SMP),
        "n_children_smp": people.n_at_school(STARTS_SMP, STARTS_SMA),
        "n_children_sma": people.n_at_school(STARTS_SMA, GROWN),
        "children_not_in_school": people.n_out_of_school,
        "is_pregnant": people.is_pregnant,
        "n_elderly": people.n_elderly,
        "months_until_last_component": people.months_left,
        "head_is_female": people.head_is_female,
        "has_severe_disability": people.severe_disability,
        "has_disabled_member": people.severe_disability | people.lighter_disability,
        "receives_pkh": np.ones(len(state.area), dtype=bool),
        "years_in_pkh": np.round(state.years_in_pkh, 2),
    }


def _belongings_columns(
    rng: Generator, parameters: Parameters, *, state: TrueState, traits: Mapping[str, Trait]
) -> Columns:
    def draw_classes(name: str) -> Integers:
        lasting = state.habits.lasting[name]
        return draw_trait(rng, parameters, trait=traits[name], lasting=lasting, welfare=state.welfare)

    columns: Columns = {name: draw_classes(name) == 1 for name in BOOLEAN_TRAITS}
    columns |= {name: draw_classes(name) for name in CATEGORY_TRAITS}
    has_land = draw_classes("has_land") == 1
    land_m2 = np.exp(draw_measure(rng, parameters, name="land_log", habits=state.habits, welfare=state.welfare))
    # A skill is drawn once, with work, since it adds to pay; what the trait of this name gave is replaced.
    columns["has_trained_skill"] = state.work.has_skill
    columns["electricity_va"] = VOLT_AMPERES[draw_classes("electricity_va")]
    columns["land_area_m2"] = np.where(has_land, _round_to(land_m2, 10), 0.0)
    return columns


def _measure_columns(rng: Generator, parameters: Parameters, state: TrueState) -> Columns:
    def draw(name: str) -> Floats:
        return draw_measure(rng, parameters, name=name, habits=state.habits, welfare=state.welfare)

    has_child_at_school = state.people.n_at_school(STARTS_SD, GROWN) > 0
    return {
        "food_share": np.round(draw("food_share"), 2),
        "protein_days_per_week": round_within(draw("protein_days"), 0, 7),
        "floor_area_pc_m2": np.round(np.exp(draw("floor_area_pc_log")), 1),
        "p2k2_attendance": np.round(draw("p2k2_attendance"), 2),
        "school_attendance_rate": np.where(has_child_at_school, np.round(draw("school_attendance"), 2), np.nan),
    }


def _shock_and_place_columns(rng: Generator, parameters: Parameters, state: TrueState) -> Columns:
    welfare, places, area = state.welfare, state.places, state.area
    desil = draw_measure(rng, parameters, name="desil", habits=state.habits, welfare=welfare)
    return {
        "desil": round_within(desil, 1, 10),
        "serious_illness_last_year": _within_a_year(welfare.since_illness),
        "recent_household_shock": _within_a_year(welfare.since_household_shock),
        "recent_area_shock": _within_a_year(welfare.since_area_shock),
        "rural": places.rural[area],
        "remote": places.remote[area],
        "island_group": places.island[area],
    }


def _within_a_year(quarters_since: Integers) -> Booleans:
    is_recent: Booleans = quarters_since < QUARTERS_A_YEAR
    return is_recent


def _round_to(amounts: Floats, unit: float) -> Floats:
    """Amounts rounded to whole multiples of `unit`."""
    rounded: Floats = np.rint(amounts / unit) * unit
    return rounded
