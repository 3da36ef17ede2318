"""The notes of an evaluation: the record keeps them in English, and an official reads them in Indonesian."""

import re

import pytest

from graduasi_training.notes import NAMES, in_language, note, sentences, those_of


def filled(key: str, language: str) -> str:
    return re.sub(r"\{(\w+)\}", r"<\1>", sentences()[key][language])


@pytest.mark.parametrize("key", sentences())
def test_every_note_is_said_in_indonesian_with_what_was_filled_in(key):
    assert in_language(filled(key, "en"), "id") == filled(key, "id")
    assert in_language(filled(key, "en"), "en") == filled(key, "en")


def test_a_note_of_several_sentences_is_said_whole():
    few = note("selective_not_matured", listed=12)
    said = in_language(f"{note('selective', label='stayed_out')} {few}", "id")
    assert said == (
        "Label yang terseleksi, stayed_out: terlalu sedikit: 12 keluarga dalam daftar; label belum matang pada tanggal uji mana pun"
    )


NASTY = [
    "Ulu of 3 areas, St. Ana",
    "too few: 3 families on the list",
    "lain; there are no such groups.",
    note("no_events"),
    "a: there are no events, so nobody is known to have graduated",
]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("key", ["areas_missed", "empty_groups", "silent_fields", "silent_baselines"])
def test_a_name_that_reads_like_a_sentence_stays_a_name(key, name):
    values = {"missed": 1, "areas": 3, **dict.fromkeys(NAMES, name)}
    assert in_language(note(key, **values), "id") == sentences()[key]["id"].format(**values)
    assert those_of([note(key, **values)], [key]) == [note(key, **values)]
    assert those_of([note(key, **values)], set(sentences()) - {key}) == []


@pytest.mark.parametrize("name", NASTY)
def test_a_label_of_any_name_is_told_apart_from_what_is_said_of_it(name):
    said = f"{note('selective', label=name)} {note('selective_few_listed', listed=3)}"
    known = f"{sentences()['selective']['id'].format(label=name)} {sentences()['selective_few_listed']['id'].format(listed=3)}"
    assert in_language(said, "id") == known


def test_several_sentences_in_one_note_are_each_translated_and_found():
    two = f"{note('relapse_not_better')} {note('relapse_not_held')}"
    assert in_language(two, "id") == " ".join(
        sentences()[key]["id"] for key in ("relapse_not_better", "relapse_not_held")
    )
    assert those_of([two], ["relapse_not_held"]) == [two]


def test_what_nobody_translated_stays_as_it_is():
    assert in_language("Ask the ministry.", "id") == "Ask the ministry."


def test_every_note_of_a_run_is_made_of_these_sentences(trained):
    assert trained.evaluation["notes"]
    assert those_of(trained.evaluation["notes"], sentences()) == trained.evaluation["notes"]


def test_notes_are_found_by_their_sentence_and_not_by_a_word_in_them():
    notes = [note("no_areas"), note("not_full"), note("relapse_few", graduates=3, least=150, outcomes=20)]
    assert those_of(notes, ("no_areas", "one_date")) == [note("no_areas")]
