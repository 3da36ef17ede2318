"""The notes of an evaluation: what a panel cannot support, and why.

evaluation.json keeps a note as the key of its sentence in `notes.toml`, the values that fill it in, and the English sentence
for whoever reads the file. So the card can say the same in its reader's language. A value may be a note itself.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from importlib.resources import files
from typing import Any, TypedDict

from graduasi.declarations.words import FALLBACK_LANGUAGE


class Note(TypedDict):
    """A note as it stands in evaluation.json. A nested note among `values` is a Note as well."""

    key: str
    values: dict[str, Any]
    text: str


@lru_cache
def sentences() -> dict[str, dict[str, str]]:
    """The sentences of `notes.toml`, by key and then by language."""
    text = (files("graduasi_training") / "notes.toml").read_text(encoding="utf-8")
    by_key: dict[str, dict[str, str]] = tomllib.loads(text)
    return by_key


def note(key: str, **values: object) -> Note:
    """The note `key`; `values` fill in its sentence and must be what JSON can hold."""
    return {"key": key, "values": values, "text": _filled_in(key, values, FALLBACK_LANGUAGE)}


def joined(notes: Sequence[Note]) -> Note:
    """One note that says all of `notes`, at least one, in their order."""
    return reduce(lambda first, second: note("joined", first=first, second=second), notes)


def in_language(note: Note, language: str) -> str:
    """The note's sentence in `language`; its English text where `notes.toml` does not have its key."""
    return _filled_in(note["key"], note["values"], language) if note["key"] in sentences() else note["text"]


def notes_with_key(notes: Iterable[Note], keys: Collection[str]) -> list[Note]:
    """The notes that have one of the `keys`, or hold a nested note that has."""
    return [note for note in notes if any(key in keys for key in _keys(note))]


def _filled_in(key: str, values: Mapping[str, Any], language: str) -> str:
    words = {name: in_language(value, language) if _is_note(value) else value for name, value in values.items()}
    return sentences()[key][language].format(**words)


def _keys(note: Note) -> Iterator[str]:
    yield note["key"]
    for value in note["values"].values():
        if _is_note(value):
            yield from _keys(value)


def _is_note(value: object) -> bool:
    return isinstance(value, dict)
