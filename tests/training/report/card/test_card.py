"""The model card: readable by an official, in two languages, with the figures of the evaluation and nothing made up."""

import re
from datetime import date
from typing import get_args

import pytest

from graduasi.bundle import load_bundle
from graduasi.commands.card import card as card_command
from graduasi.declarations.conditions import Condition, Op
from graduasi.declarations.programme import SnapshotsLabel
from graduasi_training.notes import Note, note
from graduasi_training.report.card.card import write_card
from graduasi_training.report.card.words import label_in_words, percent, sentences
from tests.made_up.evaluation import bare, whole
from tests.made_up.small_programme import DECLARED, DICTIONARY, RULES, SMALL, dictionary_of

THROUGH = date(2025, 3, 31)


def card(language: str, evaluation=None) -> str:
    text = write_card(evaluation or whole(), DECLARED, trained_through=THROUGH, language=language)
    return text.split("<!-- language: ")[1]


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_sentence_exists_in_both_languages_and_is_filled(language):
    assert sentences("id").keys() == sentences("en").keys()
    text = card(language)
    assert "{" not in text
    assert len(text) > 1500


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "What it must not be used for"), ("en", "no score graduates a family"), ("en", "64 % of the time (95 % interval 61 % to 67 %; 3,500 families"),
        ("en", "By AUC it is better than: scores that are the same for all."), ("en", "| scores that are the same for all | AUC | +0.100 | +0.050 to +0.150 | better |"),
        ("en", "12 (too few)"), ("en", "10 of 10 bins"), ("en", "within 6 months of graduating) was learned from graduates only, 1,100 in all. Tried on the 400 latest of them, of whom 20 %"),
        ("en", "10 % fell back later (95 % interval 0 % to 20 %; 107 families)"), ("en", "Calibration slope 0.90 (0.80 to 1.00), 95 % interval, 3,500 families"), ("en", "20 trials"), ("id", "log loss di luar lipatan 0,3400"), ("en", "If something looks wrong"),
        ("id", "Tidak boleh dipakai untuk"), ("id", "64 % kejadian (selang 95 %: 61 % sampai 67 %; 3.500 keluarga"), ("id", "+0,100"), ("id", "lebih baik"),
        ("id", "10 dari 10 golongan"), ("id", "Menurut AUC, model lebih baik daripada: skor yang sama untuk semua."), ("id", "| regresi logistik | AUC | +0,004 |"),
        ("id", "| campuran keduanya | 3.500 |"), ("id", "| Pernah tidak makan | ya | 900 | 0,100 | 0,500 (0,400 sampai 0,600) |"), ("id", "| wilayah | 32.01 | 9 (terlalu sedikit) |"), ("id", "12 (terlalu sedikit)"), ("id", "Bila ada yang tampak keliru"),
    ],
)  # fmt: skip
def test_the_card_says_it_in_each_language(language, text):
    assert text in card(language)


def test_a_baseline_that_is_the_same_for_all_is_not_among_those_it_is_better_than():
    evaluation = whole()
    constant = {"auc": 0.5, "calibration_slope": None}
    evaluation["folds"][-1]["candidates"]["baseline:longest_enrolled"] = constant
    row = {"against": "baseline:longest_enrolled", "metric": "auc", "difference": 0.2, "low": 0.1, "high": 0.3}
    evaluation["comparison"].append({**row, "verdict": "better"})
    text = card("en", evaluation)
    assert "By AUC it is better than: scores that are the same for all.\n" in text
    assert "being better than it says nothing: longest enrolled first." in text


def test_a_rate_below_one_in_a_hundred_never_reads_as_none():
    assert [percent(rate, "en") for rate in (0.0, 0.00025, 0.0031, 0.12)] == ["0 %", "0.0250 %", "0.310 %", "12 %"]
    evaluation = whole()
    evaluation["folds"][-1]["base_rate"] = 0.00025
    assert "of the whole cohort 0.0250 % did" in card("en", evaluation)
    assert "| 0.000250 |" in card("en", evaluation)


def test_what_was_not_estimated_is_said_and_not_invented():
    text = card("en", bare(Note(key="of_a_later_version", values={}, text="There were 11 graduates.")))
    assert "No interval was checked" in text
    assert "No relapse risk was learned" in text
    assert "The settings were" not in text
    assert "There were 11 graduates." in text
    assert "on the mentors' lists of" not in text
    assert "40 % met the label (95 % interval 30 % to 50 %; a tenth of 3,500 families" in text


def test_an_official_reads_the_notes_in_indonesian():
    text = card("id", bare(note("no_mentors"), note("few_mentors", mentors=12, least=20)))
    assert "Data tidak memuat pendamping" in text
    assert "Hanya ada 12 pendamping, kurang dari 20" in text


def test_one_mentor_is_told_from_few():
    text = card("en", bare(note("one_mentor")))
    assert "There is one mentor, so intervals take families as independent" in text


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_champion_is_not_compared_with_itself(language):
    row = {"id": "| campuran keduanya | AUC |", "en": "| the blend of both | AUC |"}[language]
    assert row not in card(language)


def test_every_candidate_and_baseline_has_a_name_in_both_languages(trained):
    names = {name.removeprefix("baseline:") for name in trained.evaluation["folds"][-1]["candidates"]} - {"champion"}
    assert all(f"against_{name}" in sentences("id") for name in names)


def test_the_label_is_told_in_the_words_of_the_dictionary():
    held, stayed_out, given = (label_in_words(label, SMALL, "en") for label in RULES.labels)
    assert "2 snapshots in a row, the first of them 1 snapshots later" in held
    assert "Income at least 1.20 × Poverty line" in held
    assert "none of *re_entered* follows within 6 months" in stayed_out
    assert "*graduated*" in given
    assert "Penghasilan paling sedikit 1,20 × Garis kemiskinan" in label_in_words(RULES.labels[0], SMALL, "id")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"field": "missed_meals", "op": "==", "value": False}, "Pernah tidak makan: tidak"),
        ({"field": "members", "op": "<", "value": 5}, "Anggota keluarga di bawah 5"),
        ({"field": "land_ha", "op": ">", "value": 0.5}, "Lahan di atas 0,5"),
        ({"field": "land_ha", "op": "<=", "value": 99.15}, "Lahan paling banyak 99,15"),
        ({"field": "income_idr", "op": ">=", "value": 1234567.5}, "Penghasilan paling sedikit 1.234.567,5"),
        ({"field": "income_idr", "op": ">=", "value": 100_000_000}, "Penghasilan paling sedikit 100.000.000"),
        (
            {"field": "income_idr", "op": ">=", "value_field": "line_idr", "factor": 1.125},
            "Penghasilan paling sedikit 1,125 × Garis kemiskinan",
        ),
        ({"field": "income_idr", "op": ">=", "value_field": "line_idr"}, "Penghasilan paling sedikit Garis kemiskinan"),
        ({"field": "income_idr", "op": "known"}, "Penghasilan diketahui"),
        ({"field": "work", "op": "in", "value": ["regular"]}, "Pekerjaan: salah satu dari"),
    ],
)
def test_a_rule_is_told_in_words_and_not_in_signs(rule, text):
    label = SnapshotsLabel(kind="snapshots", name="x", rules=(Condition(**rule),), hold=1, after=1)
    assert text in label_in_words(label, SMALL, "id")


def test_a_share_in_a_rule_is_told_in_per_cent_with_every_decimal_it_has():
    shares = dictionary_of(DICTIONARY.replace("[fields.land_ha]", '[fields.land_ha]\nunit = "share of the farm"'))
    rules = (Condition(field="land_ha", op=">", value=0.07125),)
    label = SnapshotsLabel(kind="snapshots", name="x", rules=rules, hold=1, after=1)
    assert "Land above 7.125%" in label_in_words(label, shares, "en")


def test_every_operator_has_its_words():
    assert all(f"rule {op}" in sentences("id") for op in get_args(Op))


def test_the_card_begins_in_the_language_asked_for_or_in_the_dictionarys_first():
    def order(language):
        text = write_card(whole(), DECLARED, trained_through=THROUGH, language=language)
        return re.findall("<!-- language: (..) -->", text)

    assert order(None) == ["id", "en"] == order("id")
    assert order("en") == ["en", "id"]


def test_the_command_prints_one_language(trained, capsys):
    folder = str(trained.out / "bundle")
    card_command(folder, "en")
    assert capsys.readouterr().out.startswith("# Model card: small 1")
    card_command(folder, None)
    printed = capsys.readouterr().out
    assert printed.startswith("# Kartu model: small 1")
    assert "Model card" not in printed


def test_a_card_without_marks_is_given_whole(trained):
    bundle = load_bundle(trained.out / "bundle")
    object.__setattr__(bundle, "card", "# An older card")
    assert bundle.card_in("id") == "# An older card"
