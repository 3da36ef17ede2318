"""What an opaque identifier is, and how it differs from an identity number (NIK, 16 digits), which must not travel."""

import re

# One rule in two spellings: Python's \d matches the digits of every script, in Arrow's regular expressions \p{Nd} does.
IDENTITY_NUMBER = re.compile(r"\d{16}")
IDENTITY_NUMBER_IN_ARROW = r"\p{Nd}{16}"
MAX_IDENTIFIER = 100
"""Characters."""
AN_IDENTIFIER = f"text of 1 to {MAX_IDENTIFIER} printable characters, without 16 digits in a row"


def holds_identity_number(text: str) -> bool:
    """Whether 16 digits stand in a row."""
    return IDENTITY_NUMBER.search(text) is not None


def is_identifier(text: str) -> bool:
    """Whether `text` may name a household, a mentor or an area in answers and addresses.

    "." and ".." may not: in an address they lead elsewhere.
    """
    is_fit = 0 < len(text) <= MAX_IDENTIFIER and text.isprintable() and text not in (".", "..")
    return is_fit and not holds_identity_number(text)
