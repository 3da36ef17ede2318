"""What simulated families are and own, compared with what is known or guessed about PKH families."""

import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.programme import read_programme
from graduasi.declarations.shipped import default_dictionary, default_programme
from graduasi_training.simulation.lives.belongings import WEIGHT_NAMES
from graduasi_training.simulation.parameters import shipped_parameters
from tests.training.simulation.factory import Simulated

# Figure, expected value, tolerance. Sources are in parameters.toml; where it has none, the value is this project's guess.
MARGINALS = [
    ("share:household_size", 4.5, 0.35),
    ("share:head_schooling_years", 5.9, 0.5),
    ("share:n_earners", 1.6, 0.4),
    ("share:has_motorcycle", 0.65, 0.05),
    ("share:has_fridge", 0.35, 0.05),
    ("share:has_smartphone_internet", 0.75, 0.05),
    ("share:has_bank_account", 0.225, 0.04),
    ("share:has_business", 0.30, 0.05),
    ("share:floor_material=earth", 0.135, 0.03),
    ("share:wall_material=brick", 0.65, 0.05),
    ("share:toilet=own", 0.65, 0.05),
    ("share:cooking_fuel=lpg_3kg", 0.75, 0.05),
    ("share:cooking_fuel=firewood", 0.22, 0.04),
    ("share:head_work_status=not_working", 0.11, 0.04),
    ("share:head_is_female", 0.12, 0.04),
    ("share:food_share", 0.63, 0.04),
    ("share:missed_meals", 0.14, 0.04),
    ("share:poverty_line_idr", 645_000, 90_000),  # 595,242 in Sept 2024, some 4 % a year later
    ("share:serious_illness_last_year", 0.09, 0.025),
    ("share:years_in_pkh", 5.5, 1.2),
    ("income_above_target_now", 0.40, 0.08),
    ("true_would_sustain", 0.22, 0.05),
]


@pytest.mark.parametrize(("figure", "expected", "tolerance"), MARGINALS)
def test_families_are_as_pkh_families_are_thought_to_be(
    simulated: Simulated, figure: str, expected: float, tolerance: float
) -> None:
    assert simulated.figures[figure] == pytest.approx(expected, abs=tolerance)


def test_electricity_is_mostly_450_and_900_va(simulated: Simulated) -> None:
    shares = simulated.panel["electricity_va"].value_counts(normalize=True)
    assert shares[450] == pytest.approx(0.55, abs=0.06)
    assert shares[900] == pytest.approx(0.38, abs=0.06)


def test_nearly_half_of_families_owe_money(simulated: Simulated) -> None:
    known = simulated.panel["debt_idr"].dropna()
    assert (known > 0).mean() == pytest.approx(0.45, abs=0.05)


def test_most_drinking_water_is_improved(simulated: Simulated) -> None:
    water = simulated.panel["drinking_water"].dropna()
    assert (~water.isin(["surface_or_rain", "unprotected_well"])).mean() == pytest.approx(0.85, abs=0.04)


def test_caseloads_are_as_observed(simulated: Simulated) -> None:
    first = simulated.panel[simulated.panel["as_of"] == simulated.panel["as_of"].min()]
    caseloads = first.groupby("mentor_id").size().iloc[:-1]  # the last mentor takes what is left
    assert caseloads.between(140, 550).all()
    assert 200 <= caseloads.median() <= 380


def test_aid_is_a_sum_of_at_most_four_components(simulated: Simulated) -> None:
    amounts = shipped_parameters().table("aid.per_quarter_idr")
    assert simulated.panel["aid_amount_idr"].max() <= 4 * max(amounts.values())
    assert (simulated.panel["aid_amount_idr"] % 25_000 == 0).all()


def test_traits_have_the_categories_that_the_dictionary_declares() -> None:
    fields = read_dictionary(default_dictionary()).fields
    for name, table in shipped_parameters().section("traits").items():
        classes = tuple(code for code in table if code not in WEIGHT_NAMES)
        if name in fields and fields[name].type == "category":
            assert classes == fields[name].categories, name


@pytest.mark.parametrize(
    ("field", "table"),
    [("head_work_status", "work.status_share"), ("head_work_status", "work.status_pay"), ("island_group", "areas.share"),
     ("island_group", "areas.poverty_line_idr"), ("island_group", "areas.minimum_wage_idr")],
)  # fmt: skip
def test_tables_follow_the_order_of_the_declared_categories(field: str, table: str) -> None:
    assert tuple(shipped_parameters().table(table)) == read_dictionary(default_dictionary()).fields[field].categories


def test_blanks_are_planned_for_declared_fields_only() -> None:
    fields = {*shipped_parameters().table("missing.share"), *shipped_parameters().table("missing.never")}
    assert fields <= set(read_dictionary(default_dictionary()).fields)


def test_every_feature_has_its_sentences_in_both_languages() -> None:
    dictionary = read_dictionary(default_dictionary())
    read_programme(default_programme(), dictionary)
    assert len(dictionary.features) >= 45
    for field in dictionary.features:
        assert set(field.helps) == set(field.hinders) == {"id", "en"}, field.name
        for category in field.categories:
            assert set(field.category_labels[category]) == {"id", "en"}, (field.name, category)


@pytest.mark.parametrize("word", ["dicoret", "lulus paksa", "tidak layak", "harus keluar"])
def test_no_sentence_uses_harsh_words_about_a_family(word: str) -> None:
    for path in (default_dictionary(), default_programme()):
        assert word not in path.read_text(encoding="utf-8").lower()
