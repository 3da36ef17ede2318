"""What an opaque identifier is, how it differs from an identity number, which must not travel, and which names may be repeated.

A message may name a column or a key only if `repeatable_name` says so: in a file without a line of names the "columns"
are a family's values, and anything may stand as a key of JSON.
"""

import re

# An identity number (NIK) and the number of a family card have 16 digits, a civil servant's number (NIP) 18. People also
# write them in groups, with blanks or hyphens. Dots are left out: codes of areas have them (32.01.07.2003.001.002). Whether
# the digits hold a possible date of birth is not asked: a number with a slip in it still leads to a person. \d matches the
# digits of every script.
_NUMBER = re.compile(r"\d(?:[\s\-\u2010-\u2015]?\d){15,}")
# Random hexadecimal identifiers: one UUID in 222 has 16 digits in a row by chance, and one in a thousand spans them across
# its hyphens. 24 characters are the shortest in wide use (ObjectId), 32 a UUID without hyphens.
_OPAQUE = re.compile(
    r"((?<![^\W_])(?:[0-9a-f]{24,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![^\W_]))", re.IGNORECASE | re.ASCII
)
# Arrow's regular expressions cannot look around: this one finds every text that `holds_identity_number` does, and some more.
MAYBE_IDENTITY_NUMBER_IN_ARROW = (
    r"\p{Nd}(?:[\s\p{Zs}\x{0b}\x{85}\x{2028}\x{2029}\x{1c}-\x{1f}\-\x{2010}-\x{2015}]?\p{Nd}){15}"
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
A_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a text begins that a spreadsheet runs; apostrophes before it are kept apart by one more."""
HARMLESS_IN_ARROW = r"^'('*[=+\-@\t\r])"
MAX_IDENTIFIER = 100
"""Characters."""
AN_IDENTIFIER = f"text of 1 to {MAX_IDENTIFIER} printable characters, without 16 digits in a row"
A_NAME = "a name of small letters, digits and _, such as household_id"


def holds_identity_number(text: str) -> bool:
    """Whether 16 digits or more stand in a row, also in groups with one blank or hyphen between, but not in a random id.

    >>> holds_identity_number("9999 0101 0199 0777")
    True
    >>> holds_identity_number("0f99990101019907770123456789abcd")
    False
    """
    if _NUMBER.search(text) is None:
        return False
    return any(_NUMBER.search(part) for part in _OPAQUE.split(text)[::2])


def mask_identity_numbers(text: str) -> str:
    """The text with "[16 digits]" in place of every identity number."""
    if _NUMBER.search(text) is None:
        return text
    parts = _OPAQUE.split(text)
    parts[::2] = [_NUMBER.sub("[16 digits]", part) for part in parts[::2]]
    return "".join(parts)


def is_identifier(text: str) -> bool:
    """Whether `text` may name a household, a mentor or an area in answers and addresses.

    "." and ".." may not: in an address they lead elsewhere.
    """
    is_fit = 0 < len(text) <= MAX_IDENTIFIER and text.isprintable() and text not in (".", "..")
    return is_fit and not holds_identity_number(text)


def repeatable_name(text: object) -> str | None:
    """The name of a column or key if a message may repeat it: it looks like a name and is no identity number. Else None."""
    is_name = isinstance(text, str) and _NAME.fullmatch(text) is not None and not holds_identity_number(text)
    return str(text) if is_name else None


def harmless(text: str) -> str:
    """The text for a cell of CSV, with an apostrophe where a spreadsheet would run it as a formula (OWASP, CSV injection).

    `HARMLESS_IN_ARROW` finds what to take off again, so that an identifier joins back.
    """
    return f"'{text}" if A_FORMULA.match(text) else text
