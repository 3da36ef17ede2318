"""What a mentor would write down about each family in a quarter, before visits are missed and fields left blank."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from graduasi_training.simulation.chance import Booleans, Floats, Integers, bounded_whole
from graduasi_training.simulation.lives.belongings import Habits, Trait, measured, trait_classes
from graduasi_training.simulation.lives.people import GROWN, STARTS_SD, STARTS_SMA, STARTS_SMP, People, aid_per_quarter
from graduasi_training.simulation.lives.places import Places
from graduasi_training.simulation.lives.welfare import Welfare
from graduasi_training.simulation.lives.work import Work
from graduasi_training.simulation.parameters import Parameters

Columns = dict[str, NDArray[np.generic]]

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


@dataclass(frozen=True)
class Scene:
    """Everything true about the families of a district in one quarter."""

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
    def line(self) -> Floats:
        """The poverty line where each family lives, IDR per person per month."""
        rounded: Floats = np.rint(self.places.poverty_line_idr * self.prices)[self.area]
        return rounded

    @property
    def wage(self) -> Floats:
        """The minimum wage where each family lives, IDR per month."""
        rounded: Floats = np.rint(self.places.minimum_wage_idr * self.prices)[self.area]
        return rounded

    @property
    def true_income_pc(self) -> Floats:
        """Income without aid, IDR per person per month, as nobody observes it."""
        income: Floats = np.exp(self.welfare.log) * self.line
        return income


def observe(rng: Generator, parameters: Parameters, *, scene: Scene, traits: Mapping[str, Trait]) -> Columns:
    """One column a field of the dictionary; categories as places among their codes."""
    return {
        **_money(rng, parameters, scene=scene, traits=traits),
        **_work_and_business(rng, parameters, scene),
        **_family(scene),
        **_traits(rng, parameters, scene=scene, traits=traits),
        **_habits(rng, parameters, scene),
        **_places_and_shocks(rng, parameters, scene),
    }


def _money(rng: Generator, parameters: Parameters, *, scene: Scene, traits: Mapping[str, Trait]) -> Columns:
    number, line, size = parameters.number, scene.line, scene.people.size
    n = len(line)
    reported = scene.welfare.log + scene.reporting_style + number("observation.income_noise") * rng.standard_normal(n)
    income = np.exp(reported) * line
    family = income * size * np.exp(number("observation.household_income_noise") * rng.standard_normal(n))
    follows = number("observation.consumption_follows")
    smooth = follows * scene.welfare.log + (1 - follows) * scene.welfare.slow
    spending = (
        np.exp(
            smooth * 0.8
            + number("observation.consumption_level")
            + number("observation.consumption_noise") * rng.standard_normal(n)
        )
        * line
    )

    def sum_of(trait: str, measure: str) -> Floats:
        has = trait_classes(
            rng, parameters, trait=traits[trait], lasting=scene.habits.lasting[trait], welfare=scene.welfare
        )
        amount = np.exp(measured(rng, parameters, name=measure, habits=scene.habits, welfare=scene.welfare))
        return np.where(has == 1, amount * line, 0.0)

    debt = sum_of("has_debt", "debt_log")
    months = np.exp(measured(rng, parameters, name="debt_months_log", habits=scene.habits, welfare=scene.welfare))
    service = np.clip(debt / months / np.maximum(family, 100_000), 0, 5)
    unit = number("observation.income_round_idr")
    return {
        "income_excl_aid_pc_idr": _rounded(income, unit),
        "income_excl_aid_idr": _rounded(family, 5 * unit),
        "consumption_pc_idr": _rounded(spending, unit),
        "savings_idr": _rounded(sum_of("has_savings", "savings_log"), 5 * unit),
        "debt_idr": _rounded(debt, 10 * unit),
        "debt_service_share": np.round(service, 2),
        "livestock_value_idr": _rounded(sum_of("has_livestock", "livestock_log"), 10 * unit),
        "poverty_line_idr": line,
        "minimum_wage_idr": scene.wage,
        "aid_amount_idr": aid_per_quarter(scene.people, parameters),
    }


def _work_and_business(rng: Generator, parameters: Parameters, scene: Scene) -> Columns:
    number, work, people = parameters.number, scene.work, scene.people
    n = len(scene.area)
    noise = np.exp(0.3 * work.business_quality + number("business.profit_noise") * rng.standard_normal(n))
    share = np.minimum(number("business.profit_share_of_income") * noise, 0.95)
    profit = np.where(work.has_business, scene.true_income_pc * people.size * share, 0.0)
    return {
        "n_earners": work.n_earners(people),
        "head_work_status": work.status(people),
        "head_schooling_years": work.schooling_years,
        "has_business": work.has_business,
        "business_profit_idr": np.minimum(_rounded(profit, number("observation.income_round_idr")), 50_000_000),
        "business_age_months": 3 * work.business_quarters,
        "business_licence": work.has_licence,
    }


def _family(scene: Scene) -> Columns:
    people = scene.people
    dependants = people.size - np.minimum(people.n_able, people.size)
    return {
        "household_size": people.size,
        "dependency_ratio": np.round(dependants / np.maximum(people.n_able, 1), 2),
        "n_adults_able_to_work": people.n_able,
        "head_age": np.minimum(people.head_age // 4, 110),
        "n_children_0_6": people.n_small,
        "n_children_sd": people.at_stage(STARTS_SD, STARTS_SMP),
        "n_children_smp": people.at_stage(STARTS_SMP, STARTS_SMA),
        "n_children_sma": people.at_stage(STARTS_SMA, GROWN),
        "children_not_in_school": people.n_out_of_school,
        "is_pregnant": people.due >= 0,
        "n_elderly": people.n_elderly,
        "months_until_last_component": people.months_left,
        "head_is_female": people.head_is_female,
        "has_severe_disability": people.severe_disability,
        "has_disabled_member": people.severe_disability | people.lighter_disability,
        "receives_pkh": np.ones(len(scene.area), dtype=bool),
        "years_in_pkh": np.round(scene.years_in_pkh, 2),
    }


def _traits(rng: Generator, parameters: Parameters, *, scene: Scene, traits: Mapping[str, Trait]) -> Columns:
    def classes(name: str) -> Integers:
        return trait_classes(
            rng, parameters, trait=traits[name], lasting=scene.habits.lasting[name], welfare=scene.welfare
        )

    columns: Columns = {name: classes(name) == 1 for name in BOOLEAN_TRAITS}
    columns |= {name: classes(name) for name in CATEGORY_TRAITS}
    has_land = classes("has_land") == 1
    land = np.exp(measured(rng, parameters, name="land_log", habits=scene.habits, welfare=scene.welfare))
    columns["has_trained_skill"] = scene.work.has_skill
    columns["electricity_va"] = VOLT_AMPERES[classes("electricity_va")]
    columns["land_area_m2"] = np.where(has_land, _rounded(land, 10), 0.0)
    return columns


def _habits(rng: Generator, parameters: Parameters, scene: Scene) -> Columns:
    def measure(name: str) -> Floats:
        return measured(rng, parameters, name=name, habits=scene.habits, welfare=scene.welfare)

    at_school = scene.people.at_stage(STARTS_SD, GROWN) > 0
    return {
        "food_share": np.round(measure("food_share"), 2),
        "protein_days_per_week": bounded_whole(measure("protein_days"), 0, 7),
        "floor_area_pc_m2": np.round(np.exp(measure("floor_area_pc_log")), 1),
        "p2k2_attendance": np.round(measure("p2k2_attendance"), 2),
        "school_attendance_rate": np.where(at_school, np.round(measure("school_attendance"), 2), np.nan),
    }


def _places_and_shocks(rng: Generator, parameters: Parameters, scene: Scene) -> Columns:
    welfare, places, area = scene.welfare, scene.places, scene.area
    desil = measured(rng, parameters, name="desil", habits=scene.habits, welfare=welfare)
    return {
        "desil": bounded_whole(desil, 1, 10),
        "serious_illness_last_year": _within_a_year(welfare.since_illness),
        "recent_household_shock": _within_a_year(welfare.since_household_shock),
        "recent_area_shock": _within_a_year(welfare.since_area_shock),
        "rural": places.rural[area],
        "remote": places.remote[area],
        "island_group": places.island[area],
    }


def _within_a_year(since: Integers) -> Booleans:
    recent: Booleans = since < QUARTERS_A_YEAR
    return recent


def _rounded(amount: Floats, unit: float) -> Floats:
    rounded: Floats = np.rint(amount / unit) * unit
    return rounded
