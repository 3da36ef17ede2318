"""Opaque identifiers, and the identity numbers (NIK) that may not be used as one."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduasi.panel.identifiers import IDENTITY_NUMBER_IN_ARROW, holds_identity_number, is_identifier

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
        ("3201 2345 6789 0001", True),
        ("3" * 15, True),
        ("3" * 16, False),
        (f"KPM{'3' * 17}", False),
        (ARABIC * 16, False),
    ],
)
def test_an_identifier_is_short_printable_and_without_16_digits_in_a_row(text, fits):
    assert is_identifier(text) is fits


@given(st.lists(st.sampled_from(["123456789012345", "7", ARABIC * 8, FULL_WIDTH * 8, SUPERSCRIPT, "-"]), max_size=5))
def test_arrow_finds_the_identity_numbers_that_python_finds(pieces):
    text = "".join(pieces)
    in_arrow = pc.match_substring_regex(pa.array([text], pa.string()), IDENTITY_NUMBER_IN_ARROW)
    assert in_arrow.to_pylist() == [holds_identity_number(text)]
