"""The notes of an evaluation: what a panel cannot support, and why.

Notes are findings (`graduasi.declarations.findings`). Their sentences are those of `notes.toml`, and those of the core, which
says what a panel lacks. So the card can say the same as evaluation.json in its reader's language.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache, reduce

from graduasi.declarations.findings import CORE, Catalogue, nested, read_catalogue
from graduasi.declarations.findings import Finding as Note
from graduasi.declarations.programme import Programme
from graduasi.errors import DeclarationError

__all__ = ["Note", "in_language", "joined", "note", "notes_with_key", "refuse_unknown_mutes", "sentences"]


@lru_cache
def _catalogue() -> Catalogue:
    return read_catalogue(CORE, ("graduasi_training", "notes.toml"))


def sentences() -> Mapping[str, Mapping[str, str]]:
    """The tables of all notes by key: code, sentence by language, `why` it matters and what to `do`."""
    return _catalogue().tables


def note(key: str, **values: object) -> Note:
    """The note `key`; `values` fill in its sentence and must be what JSON can hold."""
    return _catalogue().finding(key, **values)


def joined(notes: Sequence[Note]) -> Note:
    """One note that says all of `notes`, at least one, in their order."""
    return reduce(lambda first, second: note("joined", first=first, second=second), notes)


def in_language(note: Note, language: str) -> str:
    """The note's sentence in `language`; its English text where no file of sentences has its key."""
    return _catalogue().in_language(note, language)


def notes_with_key(notes: Iterable[Note], keys: Collection[str]) -> list[Note]:
    """The notes that have one of the `keys`, or hold a nested note that has."""
    return [note for note in notes if any(part["key"] in keys for part in nested(note))]


def refuse_unknown_mutes(programme: Programme, *, file: str = "programme.toml") -> None:
    """Raises DeclarationError for each code under [[muted]] that no finding has."""
    known = {table["code"] for table in sentences().values()}
    faults = [
        f"{file}: [muted] code: {mute.code} is no finding's code; docs/reference/findings.md lists all"
        for mute in programme.muted
        if mute.code not in known
    ]
    if faults:
        raise DeclarationError(faults)
