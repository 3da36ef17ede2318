"""dictionary.toml: contradictions are named by file, table and key; the shipped one is complete."""

import re

import pytest

from graduasi.declarations.dictionary import read_dictionary
from graduasi.declarations.shipped import default_dictionary
from graduasi.errors import DeclarationError
from tests.made_up.small_programme import DICTIONARY, SMALL, dictionary_of


def _changed(old, new):
    """The small dictionary's text with the first `old` replaced."""
    assert old in DICTIONARY
    return DICTIONARY.replace(old, new, 1)


def _with_line(field, line):
    """The small dictionary's text with one more line in the table of `field`."""
    return _changed(f"[fields.{field}]\n", f"[fields.{field}]\n{line}\n")


OUTCOME_FIELD = 'type = "number"\nkind = "outcome"\nlabel = {id = "Nanti", en = "Later"}\nsource = "test"\n'
CONTRADICTIONS = [
    (_with_line("income_idr", "colour = 3"), "[fields.income_idr] colour: unknown key"),
    (_changed('type = "number"', 'type = "float"'), "[fields.income_idr] type:"),
    (_changed('kind = "lever"', 'kind = "feature"'), "[fields.income_idr] kind:"),
    (_changed('effect = "increasing"', 'effect = "up"'), "[fields.income_idr] effect:"),
    (_changed('source = "test"', ""), "[fields.income_idr] source: required"),
    (_changed('version = "3"', ""), "[dictionary] version: required"),
    (_changed('languages = ["id", "en"]', "languages = []"), "[dictionary] languages:"),
    (_changed('languages = ["id", "en"]', 'languages = ["id"]'), "[fields.income_idr] label.en: en is not among"),
    (_changed('languages = ["id", "en"]', 'languages = ["id", "en", "jv"]'), "[fields.income_idr] label.jv: required"),
    (_changed("max = 50_000_000", "max = -1"), "[fields.income_idr] min: 0 is above max"),
    (_with_line("missed_meals", "min = 0"), "[fields.missed_meals] min, max:"),
    (_with_line("missed_meals", 'per = "line_idr"'), "[fields.missed_meals] per: only a number"),
    (_changed('per = "line_idr"', 'per = "line"'), "[fields.income_idr] per: line is not another field"),
    (_changed('per = "line_idr"', 'per = "income_idr"'), "[fields.income_idr] per: income_idr is not another field"),
    (_with_line("debt_idr", 'per = "income_idr"'), "[fields.debt_idr] per: income_idr is itself a ratio"),
    (
        _with_line("debt_idr", 'per = "later_idr"') + "\n[fields.later_idr]\n" + OUTCOME_FIELD,
        "[fields.debt_idr] per: later_idr is an outcome",
    ),
    (
        _with_line("floor", 'effect = "increasing"'),
        "[fields.floor] effect: only a lever or context field whose values have an order",
    ),
    (
        _changed('type = "number"\nmin = 1\nkind = "yardstick"', 'type = "boolean"\nkind = "yardstick"'),
        "[fields.line_idr] kind: only a number can be a yardstick",
    ),
    (_with_line("line_idr", 'effect = "increasing"'), "[fields.line_idr] effect:"),
    (_with_line("floor", 'history = ["mean"]'), "[fields.floor] history:"),
    (_with_line("all_elderly", 'history = ["mean"]'), "[fields.all_elderly] history:"),
    (_with_line("land_ha", 'history = ["median"]'), "[fields.land_ha.history]"),
    (_with_line("land_ha", 'categories = ["a", "b"]'), "[fields.land_ha] categories: only a field of type category"),
    (
        _changed('categories = ["earth", "bamboo", "tile", "cement"]', 'categories = ["earth"]'),
        "[fields.floor] categories: list at least two",
    ),
    (
        _changed('categories = ["earth", "bamboo", "tile", "cement"]', 'categories = ["a", "a"]'),
        "[fields.floor] categories: a code stands twice",
    ),
    (
        _with_line("work", 'zero = {id = "Tidak ada", en = "None"}'),
        "[fields.work] zero: only a field of type number or integer",
    ),
    (_with_line("land_ha", 'zero = {id = "Tidak ada"}'), "[fields.land_ha] zero: give a sentence in each language"),
    (_changed("category_labels.regular", "category_labels.daily"), "[fields.work] category_labels.daily: not among"),
    (
        _changed(', en = "An income of Rp{value} is strong."', ""),
        "[fields.income_idr] helps: give a sentence in each language",
    ),
    (DICTIONARY.replace("land_ha", "mentor_id"), "[fields.mentor_id] name: mentor_id is a key column"),
    (DICTIONARY.replace("land_ha", "land__ha"), "[fields.land__ha] name: two underscores"),
    (DICTIONARY + "\n[extra]\n", "[extra]: unknown table"),
    (DICTIONARY.split("[fields.income_idr]")[0], "[fields]: no field is declared"),
    (
        "dictionary = 3\n" + DICTIONARY.partition("[fields.")[2].join(("[fields.", "")),
        "dictionary: a value where a table",
    ),
    (DICTIONARY.split("[fields.income_idr]")[0] + "\n[fields]\nland_ha = 3\n", "fields.land_ha: a value where a table"),
    ("fields = 3\n" + DICTIONARY.split("[fields.income_idr]")[0], "fields: a value where a table"),
]


@pytest.mark.parametrize(("text", "message"), CONTRADICTIONS, ids=[message for _, message in CONTRADICTIONS])
def test_a_contradiction_is_named_by_file_table_and_key(text, message):
    with pytest.raises(DeclarationError) as refusal:
        dictionary_of(text)
    assert any(reason.startswith(f"dictionary.toml: {message}") for reason in refusal.value.reasons), (
        refusal.value.reasons
    )


def test_all_faults_of_a_dictionary_are_reported_at_once():
    text = _with_line("floor", 'history = ["mean"]').replace("[fields.land_ha]", "[fields.land_ha]\nmine = 1", 1)
    with pytest.raises(DeclarationError) as refusal:
        dictionary_of(text)
    assert {"land_ha", "floor"} <= {reason.split("[fields.")[1].split("]")[0] for reason in refusal.value.reasons}


def test_a_dictionary_without_features_is_refused():
    text = '[dictionary]\nname="a"\nversion="1"\nlanguages=["en"]\n[fields.x]\ntype="number"\nkind="audit"\nlabel.en="X"\nsource="s"\n'
    with pytest.raises(DeclarationError, match="no field has kind lever or context"):
        dictionary_of(text)


@pytest.mark.parametrize(("content", "message"), [(None, "no such file"), (b"[dictionary\n", "not valid TOML")])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "dictionary.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DeclarationError, match=message):
        read_dictionary(path)


@pytest.mark.parametrize(
    ("field", "description"),
    [
        ("income_idr", "a number from 0 to 50,000,000"), ("line_idr", "a number, 1 or more"), ("land_ha", "a number"),
        ("members", "a whole number from 1 to 30"), ("missed_meals", "true or false"), ("work", "one of none, casual, regular"),
        ("joined", "a date as YYYY-MM-DD, not after as_of"),
    ],
)  # fmt: skip
def test_a_field_says_what_is_allowed(field, description):
    assert SMALL.fields[field].describe() == description


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [("missed_meals", True, 1.0), ("members", 3, 3.0), ("work", "regular", 2.0), ("joined", "1970-01-03", 2.0)],
)
def test_a_declared_value_becomes_the_number_of_a_panel(field, value, number):
    assert SMALL.fields[field].encode(value) == number


@pytest.mark.parametrize(
    ("field", "value"),
    [("missed_meals", 1), ("members", True), ("members", "3"), ("work", "diver"), ("joined", 3), ("joined", "soon")],
)
def test_a_declared_value_of_another_type_is_refused(field, value):
    with pytest.raises(ValueError, match=r"."):
        SMALL.fields[field].encode(value)


PKH = read_dictionary(default_dictionary())


def test_the_shipped_dictionary_has_at_least_45_fields_with_words_in_two_languages():
    assert len(PKH.fields) >= 45
    assert PKH.languages[:2] == ("id", "en")
    for field in PKH.fields.values():
        assert all(field.label[language].strip() for language in ("id", "en")), field.name
        assert field.source.strip(), field.name


def test_every_shipped_category_has_a_label_in_both_languages():
    lacking = [
        (field.name, code) for field in PKH.fields.values() for code in field.categories
        if set(field.category_labels.get(code, {})) != {"id", "en"}
    ]  # fmt: skip
    assert not lacking


@pytest.mark.parametrize("theme", ["income", "consumption"])
def test_the_shipped_dictionary_has_a_baseline_for_income_and_consumption(theme):
    assert any(field.theme == theme and field.type == "number" for field in PKH.features)


def test_the_shipped_dictionary_asks_for_no_identity_and_no_protected_trait_as_a_feature():
    names = {field.name for field in PKH.features}
    assert not {name for name in names if any(part in name for part in ("nik", "religion", "ethnic", "head_is_female"))}


def test_sentences_hold_no_placeholder_but_those_of_the_value():
    for field in PKH.fields.values():
        for words in (*field.helps.values(), *field.hinders.values(), *field.zero.values()):
            assert set(re.findall(r"\{(.*?)\}", words)) <= {"value", "amount", "whole", "tenfold"}, field.name
            assert words.count("{") == len(re.findall(r"\{\w+\}", words)), field.name


@pytest.mark.parametrize("themes", ["themes = 1\n", '[themes]\nincome = "Income"\n', "[themes.income]\nen = 1\n"])
def test_themes_have_a_text_for_each_language_and_nothing_else(themes):
    with pytest.raises(DeclarationError, match=r"\[themes\]: not as it should be"):
        dictionary_of(f"{themes}\n{DICTIONARY}")


def test_every_theme_of_pkh_s_features_has_a_name_in_every_language():
    assert {field.theme for field in PKH.features} == set(PKH.themes)
    assert all(set(texts) == set(PKH.languages) for texts in PKH.themes.values())
