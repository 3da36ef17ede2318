"""The notes of an evaluation: sentences of `notes.toml`, in English for the record and in its reader's language for the card.

evaluation.json keeps finished sentences, so a note is taken apart again to be said in another language: the whole of it
must be one sentence, or several with a space between, so nothing that was filled in is ever read as a sentence.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from graduasi.declarations.words import FALLBACK

NAMES = frozenset({"baselines", "fields", "groups", "label", "names"})
"""What people may have named, with spaces and any sign in it; all else that is filled in is a number."""


class Said(NamedTuple):
    """A sentence by its key, with what was filled in."""

    key: str
    values: Mapping[str, str]


@lru_cache
def sentences() -> dict[str, dict[str, str]]:
    """Every sentence by its key, in each language."""
    text = (files("graduasi_training") / "notes.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    return found


def note(key: str, **values: object) -> str:
    """The sentence as evaluation.json keeps it."""
    return sentences()[key][FALLBACK].format(**values)


def in_language(text: str, language: str) -> str:
    """A kept note in another language; what is not made of sentences of `notes.toml` stays as it is."""
    said = [sentences()[each.key][language].format(**each.values) for each in _taken_apart(text)]
    return " ".join(said) or text


def those_of(notes: Iterable[str], keys: Iterable[str]) -> list[str]:
    """The notes that hold one of the sentences `keys`."""
    wanted = set(keys)
    return [text for text in notes if any(each.key in wanted for each in _taken_apart(text))]


def _taken_apart(text: str) -> list[Said]:
    """The sentences that a note is made of, in order; none where it is made of something else."""
    if whole := _one(text):
        return [whole]
    for space in re.finditer(" ", text):
        last = _one(text[space.end() :])
        if last and (before := _taken_apart(text[: space.start()])):
            return [*before, last]
    return []


def _one(text: str) -> Said | None:
    for key in sentences():
        if found := _pattern(key).fullmatch(text):
            return Said(key, found.groupdict())
    return None


@lru_cache
def _pattern(key: str) -> re.Pattern[str]:
    """The English sentence with any words where a name is filled in, and one word where a number is."""
    parts = re.split(r"\{(\w+)\}", sentences()[key][FALLBACK])
    for place, part in enumerate(parts):
        words = ".+" if part in NAMES else r"\S+"
        parts[place] = rf"(?P<{part}>{words})" if place % 2 else re.escape(part)
    return re.compile("".join(parts), re.DOTALL)
