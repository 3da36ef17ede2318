"""Rules that came later: files are held to them, the texts of bundles made before are read as they are."""

import pytest

from graduasi.declarations.declarations import parse_declarations, read_declarations
from graduasi.errors import DeclarationError
from tests.made_up.small_programme import DICTIONARY, PROGRAMME

AUDIT_YARDSTICK = DICTIONARY.replace('kind = "yardstick"', 'kind = "audit"')
UNDATED = PROGRAMME.replace("known_after_months = 0\n", "")


def read(folder, dictionary=DICTIONARY, programme=PROGRAMME):
    (folder / "dictionary.toml").write_text(dictionary, encoding="utf-8")
    (folder / "programme.toml").write_text(programme, encoding="utf-8")
    return read_declarations(folder / "dictionary.toml", folder / "programme.toml")


def test_an_amount_per_field_that_no_model_may_read_is_refused_and_a_yardstick_named_as_the_way_out(tmp_path):
    with pytest.raises(DeclarationError) as refusal:
        read(tmp_path, dictionary=AUDIT_YARDSTICK)
    (reason,) = refusal.value.reasons
    assert reason.startswith("dictionary.toml: [fields.income_idr] per: line_idr is of kind audit")
    assert reason.endswith('kind = "yardstick" in [fields.line_idr]')


def test_a_column_label_must_say_how_far_ahead_it_looks(tmp_path):
    with pytest.raises(DeclarationError) as refusal:
        read(tmp_path, programme=UNDATED)
    (reason,) = refusal.value.reasons
    assert reason.startswith("programme.toml: [labels.given] known_after_months: required, but absent; write how many")


@pytest.mark.parametrize("months", ["-1", "1.5", "true"])
def test_the_months_that_a_label_looks_ahead_are_whole_and_not_negative(tmp_path, months):
    with pytest.raises(DeclarationError, match=r"\[labels.2.column\] known_after_months"):
        read(tmp_path, programme=PROGRAMME.replace("known_after_months = 0", f"known_after_months = {months}"))


def test_an_outcome_per_audit_field_is_no_leak(tmp_path):
    outcome = '[fields.later]\ntype = "number"\nkind = "outcome"\nper = "need"\nlabel = {id = "N", en = "L"}\nsource = "test"\n'
    audit = '[fields.need]\ntype = "number"\nkind = "audit"\nlabel = {id = "B", en = "N"}\nsource = "test"\n'
    assert read(tmp_path, dictionary=DICTIONARY + outcome + audit).dictionary.fields["later"].per == "need"


def test_what_a_bundle_of_an_earlier_version_carries_is_read_as_it_is():
    declared = parse_declarations(AUDIT_YARDSTICK, UNDATED)
    assert declared.dictionary.fields["line_idr"].kind == "audit"
    assert declared.programme.labels[2].known_after_months is None
