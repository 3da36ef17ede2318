"""The notes of an evaluation: kept as key, values and English text, and read by an official in Indonesian."""

import json
import re
from string import Formatter

import pytest

from graduasi.declarations.findings import CORE, read_catalogue
from graduasi_training.notes import in_language, joined, note, notes_with_key, sentences


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def marked(key: str, language: str) -> str:
    """The sentence with each placeholder {name} filled in as <name>."""
    return re.sub(r"\{(\w+)\}", r"<\1>", sentences()[key][language])


@pytest.mark.parametrize("key", sentences())
def test_every_note_is_translated_with_what_was_filled_in(key):
    values = {name: f"<{name}>" for name in placeholders(sentences()[key]["en"])}
    assert note(key, **values)["text"] == marked(key, "en")
    assert in_language(note(key, **values), "en") == marked(key, "en")
    assert in_language(note(key, **values), "id") == marked(key, "id")


def test_every_finding_has_a_code_of_its_own():
    codes = [table["code"] for table in sentences().values()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"GRD\d{3}", code) for code in codes)


def test_the_files_of_sentences_have_no_key_in_common():
    core, training = (read_catalogue(place).tables for place in (CORE, ("graduasi_training", "notes.toml")))
    assert sentences() == {**core, **training}
    assert not core.keys() & training.keys()


@pytest.mark.parametrize("key", sentences())
def test_every_finding_says_why_it_matters_and_what_to_do(key):
    assert sentences()[key].keys() == {"code", "en", "id", "why", "do"}
    assert all(text.strip() for text in sentences()[key].values())


@pytest.mark.parametrize("key", sentences())
def test_both_languages_have_the_same_placeholders(key):
    assert placeholders(sentences()[key]["id"]) == placeholders(sentences()[key]["en"])


def test_a_note_within_a_note_is_translated_too():
    reason = note("selective_not_matured", listed=12)
    assert in_language(note("selective", label="stayed_out", reason=reason), "id") == (
        "Label yang terseleksi, stayed_out: terlalu sedikit: 12 keluarga dalam daftar; label belum matang pada tanggal uji mana pun"
    )


def test_the_english_text_of_a_note_within_a_note_is_whole():
    reason = note("selective_few_listed", listed=3)
    assert note("selective", label="held", reason=reason)["text"] == (
        "Selective labels, held: too few: 3 families on the list"
    )


NAMES_LIKE_SENTENCES = [
    "Ulu of 3 areas, St. Ana",
    "too few: 3 families on the list",
    "lain; there are no such groups.",
    note("no_events")["text"],
    "a: there are no events, so nobody is known to have graduated",
    "{missed}",
]


@pytest.mark.parametrize("name", NAMES_LIKE_SENTENCES)
@pytest.mark.parametrize("key", ["areas_missed", "empty_groups", "silent_fields", "silent_baselines"])
def test_a_name_that_reads_like_a_sentence_stays_a_name(key, name):
    values = {"missed": 1, "areas": 3, **dict.fromkeys(("baselines", "fields", "groups", "label", "names"), name)}
    assert in_language(note(key, **values), "id") == sentences()[key]["id"].format(**values)
    assert notes_with_key([note(key, **values)], [key]) == [note(key, **values)]
    assert notes_with_key([note(key, **values)], set(sentences()) - {key}) == []


@pytest.mark.parametrize("name", NAMES_LIKE_SENTENCES)
def test_a_label_of_any_name_is_kept_apart_from_the_reason(name):
    said = in_language(note("selective", label=name, reason=note("selective_few_listed", listed=3)), "id")
    reason = sentences()["selective_few_listed"]["id"].format(listed=3)
    assert said == sentences()["selective"]["id"].format(label=name, reason=reason)


def test_several_notes_joined_into_one_are_each_translated_and_found():
    keys = ["relapse_not_better", "relapse_not_held", "not_tuned"]
    one = joined([note(key) for key in keys])
    for language in ("en", "id"):
        assert in_language(one, language) == " ".join(sentences()[key][language] for key in keys)
    for key in keys:
        assert notes_with_key([one], [key]) == [one]
    assert notes_with_key([one], ["no_areas"]) == []


def test_one_note_joined_with_none_is_itself():
    assert joined([note("no_areas")]) == note("no_areas")


def test_a_note_of_a_key_that_nobody_knows_stays_in_english():
    unknown = {"key": "of_a_later_version", "values": {}, "text": "Ask the ministry."}
    assert in_language(unknown, "id") == "Ask the ministry."


def test_a_note_is_the_same_after_it_was_written_as_json():
    nested = note("selective", label="held", reason=note("selective_few_listed", listed=3))
    assert json.loads(json.dumps(nested)) == nested
    assert set(nested) == {"code", "key", "values", "text"}


def test_every_note_of_a_run_has_a_sentence_and_its_english_text(trained):
    notes = trained.evaluation["notes"]
    assert notes
    assert notes_with_key(notes, sentences()) == notes
    assert [in_language(each, "en") for each in notes] == [each["text"] for each in notes]


def test_notes_are_found_by_their_key_and_not_by_a_word_in_them():
    notes = [note("no_areas"), note("not_full"), note("relapse_few", graduates=3, least=150, outcomes=20)]
    assert notes_with_key(notes, ("no_areas", "one_date")) == [note("no_areas")]
