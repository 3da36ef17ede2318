"""Opaque identifiers, and the identity numbers (NIK) that may not be used as one."""

from random import Random
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.batch.read_scores import as_it_was
from graduasi.panel.identifiers import (
    harmless,
    holds_identity_number,
    is_identifier,
    mask_identity_numbers,
    repeatable_name,
)
from graduasi.panel.table_contract import identity_numbers

ARABIC, FULL_WIDTH, SUPERSCRIPT = "\u0661", "\uff11", "\u00b9"  # the digit 1; a superscript is no decimal digit


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("K1", True),
        ("x" * 100, True),
        ("x" * 101, False),
        ("", False),
        (".", False),
        ("..", False),
        ("a\nb", False),
        ("3201 2345 6789 0001", False),
        ("3" * 15, True),
        ("3" * 16, False),
        (f"KPM{'3' * 17}", False),
        (ARABIC * 16, False),
    ],
)
def test_an_identifier_is_short_printable_and_no_identity_number(text, fits):
    assert is_identifier(text) is fits


NIK = "9999010101990777"
NONE = pa.array([], pa.string())
SPELLINGS = [
    NIK, "9999 0101 0199 0777", "9999-0101-0199-0777", "999901 010199 0777", "99 99 01-010199-0777", "9999\u2010010101990777",
    " ".join(NIK), "9999\u00a00101\u00a00199\u00a00777", f"{NIK}01", "19850101 201001 1 001",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("around", ["{}", "KPM-{}", "NIK{}", "nik_{}", "{}-1", "(32) {} b", "ID{}x"])
def test_an_identity_number_is_found_in_every_spelling_and_masked(around, spelling):
    text = around.format(spelling)
    assert holds_identity_number(text)
    masked = mask_identity_numbers(text)
    assert "[16 digits]" in masked
    assert not holds_identity_number(masked)


RANDOM_IDS = {
    "UUID in hex": lambda bits: UUID(int=bits, version=4).hex,
    "UUID with hyphens": lambda bits: str(UUID(int=bits, version=4)),
    "UUID in capitals": lambda bits: str(UUID(int=bits, version=4)).upper(),
    "UUID behind a word": lambda bits: f"case_{UUID(int=bits, version=4).hex}",
    "24 hexadecimal digits": lambda bits: f"{bits % 2**96:024x}",
}


@pytest.mark.parametrize("kind", RANDOM_IDS)
def test_a_random_identifier_is_never_taken_for_an_identity_number(kind):
    bits = Random(7)
    ids = [RANDOM_IDS[kind](bits.getrandbits(128)) for _ in range(20_000)]
    assert [text for text in ids if not is_identifier(text)] == []
    assert identity_numbers(pa.array(ids), NONE, NONE) == {}


@given(
    st.lists(
        st.sampled_from(["123456789012345", "7", ARABIC * 8, FULL_WIDTH * 8, SUPERSCRIPT, "-", " ", "\u2028", "\x1f", "\x0b", "abcdef0", "K"]),
        max_size=8,
    )
)  # fmt: skip
def test_a_column_is_counted_as_its_texts_are(pieces):
    text = "".join(pieces)
    counted = identity_numbers(NONE, NONE, pa.array([text, None, "K1", text]))
    assert counted == ({"area_code": 2} if holds_identity_number(text) else {})


@pytest.mark.parametrize(
    ("name", "may_be_repeated"),
    [
        ("saving_idr", True), ("x1", True), ("520000", False), ("Siti", False), ("2026-09-30", False), ("a b", False),
        (f"nik_{NIK}", False), ("x" * 65, False), ("", False), (None, False), (7, False),
    ],
)  # fmt: skip
def test_a_message_repeats_only_what_looks_like_a_name(name, may_be_repeated):
    assert repeatable_name(name) == (name if may_be_repeated else None)


@given(st.text(alphabet="'=+-@ab\t", max_size=6))
def test_an_identifier_that_looks_like_a_formula_is_harmless_in_a_sheet_and_comes_back_as_it_was(text):
    written = harmless(text)
    assert written[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert as_it_was(pa.array([written])).to_pylist() == [text]
