"""The notes of an evaluation: the record keeps them in English, and an official reads them in Indonesian."""

import re

import pytest

from graduasi_training.notes import in_language, note, sentences, those_of


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


def test_what_nobody_translated_stays_as_it_is():
    assert in_language("Ask the ministry.", "id") == "Ask the ministry."


def test_every_note_of_a_run_is_made_of_these_sentences(trained):
    for text in trained.evaluation["notes"]:
        for said in sentences().values():
            text = re.sub(re.sub(r"\\\{\w+\\\}", r".+?", re.escape(said["en"])), "", text)
        assert text.strip() == ""


def test_notes_are_found_by_their_sentence_and_not_by_a_word_in_them():
    notes = [note("no_areas"), note("not_full"), note("relapse_few", graduates=3, least=150, outcomes=20)]
    assert those_of(notes, ("no_areas", "one_date")) == [note("no_areas")]
