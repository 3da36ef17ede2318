"""Telling an opaque identifier from an identity number (NIK, 16 digits), which must not travel."""

import re

IDENTITY_NUMBER = re.compile(r"\d{16}")


def holds_identity_number(text: str) -> bool:
    """Whether 16 digits stand in a row."""
    return IDENTITY_NUMBER.search(text) is not None
