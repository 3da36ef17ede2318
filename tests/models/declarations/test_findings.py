"""Findings: their sentences and codes, and how a programme mutes one."""

import pytest

from graduasi.declarations.findings import core_catalogue, set_muted_apart
from graduasi.declarations.programme import Muted
from graduasi.errors import DeclarationError
from tests.made_up.small_programme import PROGRAMME, programme_of

finding = core_catalogue().finding
ABSENT = finding("absent_fields", count=2, fields="land_ha, debt_idr")
UNSEEN = finding("unseen_categories", fields="work")
CODE = {"absent": ABSENT["code"], "unseen": UNSEEN["code"]}


def muting(text):
    return programme_of(f"{PROGRAMME}\n[[muted]]\n{text}\n")


def test_a_finding_says_its_sentence_and_has_its_code():
    assert ABSENT["text"] == "the file lacks 2 declared fields, taken as unknown: land_ha, debt_idr"
    assert ABSENT["code"] == "GRD003"
    assert core_catalogue().in_language(ABSENT, "id").startswith("berkas tidak memuat 2 isian")


def test_a_muted_finding_is_kept_with_its_reason_and_stands_no_more():
    programme = muting(f'code = "{CODE["absent"]}"\nreason = "land is asked from next year on"')
    standing, muted = set_muted_apart([ABSENT, UNSEEN], programme.muted)
    assert standing == [UNSEEN]
    assert muted == [{**ABSENT, "reason": "land is asked from next year on"}]


def test_without_a_mute_every_finding_stands():
    assert set_muted_apart([ABSENT, UNSEEN], ()) == ([ABSENT, UNSEEN], [])


def test_a_mute_about_one_name_leaves_the_same_finding_of_others_standing():
    other = finding("unseen_categories", fields="floor")
    mute = Muted(code=CODE["unseen"], reason="an old form", about="floor")
    assert set_muted_apart([UNSEEN, other], [mute]) == ([UNSEEN], [{**other, "reason": "an old form"}])


def test_of_joined_findings_only_the_muted_one_is_set_apart():
    both = finding("joined", first=ABSENT, second=UNSEEN)
    standing, muted = set_muted_apart([both], [Muted(code=CODE["absent"], reason="an old form")])
    assert (standing, [each["code"] for each in muted]) == ([UNSEEN], [CODE["absent"]])


def test_a_finding_is_muted_by_the_code_of_the_reason_that_it_holds():
    outer = finding("absent_fields", count=1, fields=UNSEEN)
    assert set_muted_apart([outer], [Muted(code=CODE["unseen"], reason="an old form")])[0] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('code = "GRD003"', r"\[muted.0\] reason: required, but absent"),
        ('code = "GRD003"\nreason = " "', r"\[muted.0\] reason: say in words why"),
        ('code = "prior"\nreason = "we trust it"', r"\[muted.0\] code: String should match"),
        ('code = "GRD003"\nreason = "an old form"\nuntil = 2030', r"\[muted.0\] until: unknown key"),
    ],
)
def test_a_mute_without_a_reason_or_of_something_else_than_a_finding_is_refused(text, message):
    with pytest.raises(DeclarationError, match=message):
        muting(text)
