"""The notes of an evaluation: sentences of `notes.toml`, in English for the record and in its reader's language for the card."""

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from graduasi.words import FALLBACK


@lru_cache
def sentences() -> dict[str, dict[str, str]]:
    """Every sentence by its key, in each language; the longest first, as one may begin like another."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (files("graduasi_training") / "notes.toml").read_text(encoding="utf-8")
    )
    return dict(sorted(found.items(), key=lambda entry: -len(entry[1][FALLBACK])))


def note(key: str, **values: object) -> str:
    """The sentence as evaluation.json keeps it."""
    return sentences()[key][FALLBACK].format(**values)


def in_language(text: str, language: str) -> str:
    """A kept note in another language; what is no sentence of `notes.toml` stays as it is."""
    for key, said in sentences().items():
        for found in _pattern(key).finditer(text):
            text = text.replace(found[0], said[language].format(**found.groupdict()))
    return text


def those_of(notes: Iterable[str], keys: Iterable[str]) -> list[str]:
    """The notes that hold one of the sentences `keys`."""
    patterns = [_pattern(key) for key in keys]
    return [text for text in notes if any(pattern.search(text) for pattern in patterns)]


@lru_cache
def _pattern(key: str) -> re.Pattern[str]:
    """The English sentence with any words where something is filled in."""
    parts = re.split(r"\{(\w+)\}", sentences()[key][FALLBACK])
    return re.compile(
        "".join(rf"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    )
