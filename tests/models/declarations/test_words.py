"""Sentences for people: a declared one first, never a placeholder left in it, numbers as each language writes them."""

import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.shipped import default_dictionary
from graduasi.declarations.words import Sentences, format_number, format_value, phrases, text_in
from graduasi.readiness.features import features_of
from tests.made_up.small_programme import SMALL


@pytest.mark.parametrize(
    ("text", "indonesian", "english"),
    [
        ("1250000", "1.250.000", "1,250,000"), ("0.5", "0,5", "0.5"), ("0", "0", "0"), ("-3", "-3", "-3"), ("2.0", "2", "2"),
        ("999.96", "1.000", "1,000"), ("1234.5", "1.234", "1,234"), ("0.12345", "0,123", "0.123"), ("12345678901", "12.345.678.901", "12,345,678,901"),
        ("-2500000", "-2.500.000", "-2,500,000"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_each_language_writes_them(text, indonesian, english):
    assert (format_number(text, "id"), format_number(text, "en")) == (indonesian, english)


@pytest.mark.parametrize(
    ("field", "value", "indonesian", "english"),
    [
        ("work", "regular", "tetap", "regular"), ("work", "casual", "casual", "casual"), ("missed_meals", "true", "ya", "yes"),
        ("missed_meals", "false", "tidak", "no"), ("members", "4", "4", "4"), ("income_idr", "1500000", "1.500.000", "1,500,000"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_people_read_it(field, value, indonesian, english):
    shown = [format_value(SMALL.fields[field], value, language) for language in ("id", "en")]
    assert shown == [indonesian, english]


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [("0.1", "10%", "10%"), ("0.455", "45,5%", "45.5%"), ("0.07", "7%", "7%"), ("1.0", "100%", "100%"), ("0.0", "0%", "0%")],
)  # fmt: skip
def test_a_share_is_read_in_per_cent(value, indonesian, english):
    field = read_dictionary(default_dictionary()).fields["school_attendance_rate"]
    assert [format_value(field, value, language) for language in ("id", "en")] == [indonesian, english]


@pytest.mark.parametrize(
    ("feature", "direction", "value", "sentence"),
    [
        ("income_idr", "helps", "3000000", "An income of Rp3,000,000 is strong."),
        ("income_idr", "hinders", "900000", "Income is only Rp900,000."),
        ("income_idr", "hinders", None, "Income: not recorded; ask during the visit."),
        ("income_idr__mean", "hinders", None, "Income: no earlier visit tells it."),
        ("income_idr__change", "helps", "0.5", "Income: the change since the previous visit supports readiness."),
        ("debt_idr", "hinders", "500000", "Debt: 500,000. This still needs strengthening."),
        (
            "missed_meals__previous",
            "hinders",
            "true",
            "Missed meals by an earlier visit: yes. This still needs strengthening.",
        ),
        ("work", "helps", "regular", "Work: regular. This supports readiness."),
    ],
)
def test_a_reason_is_a_declared_sentence_or_a_general_one(feature, direction, value, sentence):
    assert Sentences(SMALL, "en").reason(feature, direction, value) == sentence


@pytest.mark.parametrize(
    ("feature", "direction", "value", "sentence"),
    [
        ("livestock_value_idr", "hinders", "0", "The family has no livestock yet."),
        ("debt_idr", "helps", "0", "The family has no debt."),
        ("debt_idr", "helps", "0.1", "The family's debt is about Rp0.1."),
        ("debt_idr__change", "helps", "0", "Family debt: the change since the previous visit supports readiness."),
        ("protein_days_per_week", "hinders", "0", "The family eats meat, fish or eggs on 0 days a week; worth checking nutrition."),
    ],
)  # fmt: skip
def test_a_value_of_zero_has_a_sentence_of_its_own_where_one_is_declared(feature, direction, value, sentence):
    assert Sentences(read_dictionary(default_dictionary()), "en").reason(feature, direction, value) == sentence


def _known_text(field):
    """Some value of the field as the text that a reason has."""
    if field.type == "category":
        return field.categories[0]
    return "true" if field.type == "boolean" else "1234567"


@pytest.mark.parametrize("dictionary", [SMALL, read_dictionary(default_dictionary())], ids=["small", "pkh"])
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("value", [None, "known"])
def test_no_sentence_of_any_feature_keeps_a_placeholder_or_a_column_name(dictionary, language, value):
    for feature in features_of(dictionary):
        text = None if value is None else _known_text(feature.field)
        for direction in ("helps", "hinders"):
            sentence = Sentences(dictionary, language).reason(feature.name, direction, text)
            assert "{" not in sentence, feature.name
            assert "__" not in sentence, feature.name
            assert "_" not in feature.name or feature.field.name not in sentence, sentence


@pytest.mark.parametrize(
    ("feature", "value", "missing", "sentence"),
    [
        ("income_idr", "900000", ["income_idr"], "The latest visit did not record this. By an earlier visit: Income is only Rp900,000."),
        ("income_idr", "900000", ["debt_idr"], "Income is only Rp900,000."),
        ("income_idr", None, ["income_idr"], "Income: not recorded; ask during the visit."),
        ("income_idr__mean", "900000", ["income_idr"], "Income: Rp900,000 on average over the visits of the last three years; this still needs strengthening."),
    ],
)  # fmt: skip
def test_the_sentence_of_a_value_carried_forward_says_that_it_is_of_an_earlier_visit(feature, value, missing, sentence):
    assert Sentences(SMALL, "en").reason(feature, "hinders", value, missing=missing) == sentence
    reasons = [{"feature": feature, "direction": "hinders", "value": value, "contribution": -1.0}]
    assert Sentences(SMALL, "en").told(reasons, missing=missing).hinders == (sentence,)


def _reason(feature, contribution, value):
    direction = "helps" if contribution > 0 else "hinders"
    return {"feature": feature, "direction": direction, "contribution": contribution, "value": value}


def test_a_field_has_one_sentence_that_of_its_strongest_reason_in_the_direction_of_their_sum():
    told = Sentences(SMALL, "en").told(
        [
            _reason("income_idr__mean", 0.5, "2000000"),
            _reason("income_idr", -0.4, "900000"),
            _reason("debt_idr", -0.3, "1"),
            _reason("members", 0.2, None),
        ]
    )
    assert told.helps == ("Income: Rp2,000,000 on average over the visits of the last three years.",)
    assert told.hinders == ("Debt: 1. This still needs strengthening.",)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("id", "Penghasilan: Rp900.000 pada 30 Juni 2026, turun dari Rp1.900.000 pada 31 Maret 2026; tanyakan sebabnya."),
        ("en", "Income: Rp900,000 on 30 June 2026, down from Rp1,900,000 on 31 March 2026; ask what happened."),
    ],
)  # fmt: skip
def test_an_amount_that_fell_is_told_as_a_fall_with_both_values_and_days_and_never_helps(language, sentence):
    fell = {
        "field": "income_idr",
        "value": "900000",
        "as_of": "2026-06-30",
        "earlier_value": "1900000",
        "earlier_as_of": "2026-03-31",
    }
    told = Sentences(SMALL, language).told([_reason("income_idr", 0.5, "900000")], earlier_values=[fell])
    assert (told.helps, told.hinders) == ((), (sentence,))
    rose = fell | {"value": "1900000", "earlier_value": "900000"}
    assert Sentences(SMALL, language).told([_reason("income_idr", 0.5, "1900000")], earlier_values=[rose]).hinders == ()


def test_a_value_of_an_earlier_visit_is_told_with_the_day_of_that_visit():
    carried = {
        "field": "debt_idr",
        "value": "500000",
        "as_of": "2026-03-31",
        "earlier_value": None,
        "earlier_as_of": None,
    }
    told = Sentences(SMALL, "id").told(
        [_reason("debt_idr", -0.5, "500000")], missing=["debt_idr"], earlier_values=[carried]
    )
    assert told.hinders[0].startswith("Kunjungan terakhir tidak mencatat hal ini. Menurut kunjungan 31 Maret 2026: ")


PKH = read_dictionary(default_dictionary())


@pytest.mark.parametrize(
    ("feature", "value", "sentence"),
    [
        ("business_age_months", "381", "Usaha sudah berjalan sekitar 32 tahun."),
        ("business_age_months", "30", "Usaha sudah berjalan sekitar 2,5 tahun."),
        ("business_age_months", "7", "Usaha sudah berjalan 7 bulan."),
        ("years_in_pkh", "16.8", "Keluarga menjadi KPM sekitar 17 tahun."),
        ("months_until_last_component", "141", "Komponen PKH terakhir masih sekitar 12 tahun lagi, dihitung dari hari kunjungan."),
        ("dependency_ratio", "0.67", "Sepuluh orang dewasa yang mampu bekerja menanggung sekitar 7 orang di keluarga seperti ini; beban ringan."),
    ],
)  # fmt: skip
def test_durations_and_ratios_are_told_as_people_say_them(feature, value, sentence):
    assert Sentences(PKH, "id").reason(feature, "helps", value) == sentence


def test_what_nobody_can_change_and_has_no_effect_is_a_fact_and_neither_helps_nor_holds_back():
    told = Sentences(PKH, "id").told([_reason("years_in_pkh", 0.5, "16.8"), _reason("n_children_sd", -0.5, "2")])
    assert told == ((), (), ("Keluarga menjadi KPM sekitar 17 tahun.", "Anak di SD: 2."))


def test_languages_have_the_same_phrases_and_another_language_gets_the_english_ones():
    assert phrases("id").keys() == phrases("en").keys()
    assert phrases("jv") == phrases("en")


def test_a_text_that_lacks_a_language_is_given_in_its_first_one():
    assert text_in({"id": "Utang"}, "en") == "Utang"
    assert text_in({}, "en") == ""
