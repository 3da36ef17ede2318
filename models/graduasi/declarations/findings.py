"""Findings: what `check` and `train` say of what they accept, as sentences with a stable code that a programme can mute.

A finding is kept as the key of its sentence in a TOML file, the values that fill it in, and the English sentence for whoever
reads the file that holds it. So the same can be said in another reader's language. A value may be a finding itself.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypedDict

from graduasi.declarations.programme import Muted
from graduasi.declarations.words import FALLBACK_LANGUAGE

JOINED = "joined"
"""The key of a finding that only says two others."""


class Finding(TypedDict):
    """A finding as JSON holds it. A nested finding among `values` is a Finding as well."""

    code: str
    key: str
    values: dict[str, Any]
    text: str


class MutedFinding(Finding):
    """A finding that the programme muted, and why."""

    reason: str


@dataclass(frozen=True)
class Catalogue:
    """The tables of one or more files of findings, by key: `code`, the sentence by language, `why` and `do`."""

    tables: Mapping[str, Mapping[str, str]]

    def finding(self, key: str, **values: object) -> Finding:
        """The finding `key`; `values` fill in its sentence and must be what JSON can hold."""
        text = self._filled_in(key, values, FALLBACK_LANGUAGE)
        return {"code": self.tables[key]["code"], "key": key, "values": values, "text": text}

    def in_language(self, finding: Finding, language: str) -> str:
        """The finding's sentence in `language`; its English text where the catalogue does not have its key."""
        known = finding["key"] in self.tables
        return self._filled_in(finding["key"], finding["values"], language) if known else finding["text"]

    def _filled_in(self, key: str, values: Mapping[str, Any], language: str) -> str:
        words = {
            name: self.in_language(value, language) if is_finding(value) else value for name, value in values.items()
        }
        return self.tables[key][language].format(**words)


def read_catalogue(*places: tuple[str, str]) -> Catalogue:
    """The findings of the files at `places`, each a package and the name of a TOML file in it."""
    tables: dict[str, Mapping[str, str]] = {}
    for package, name in places:
        tables |= tomllib.loads((files(package) / name).read_text(encoding="utf-8"))
    return Catalogue(tables)


CORE = ("graduasi.declarations", "findings.toml")
"""Where the findings of the core stand."""


@lru_cache
def core_catalogue() -> Catalogue:
    """The findings of the core: those of declarations and of a panel."""
    return read_catalogue(CORE)


def is_finding(value: object) -> bool:
    """Whether a value that fills in a sentence is a finding."""
    return isinstance(value, dict)


def nested(finding: Finding) -> Iterator[Finding]:
    """The finding, and all that it holds."""
    yield finding
    for value in finding["values"].values():
        if is_finding(value):
            yield from nested(value)


def set_muted_apart(findings: Iterable[Finding], muted: Iterable[Muted]) -> tuple[list[Finding], list[MutedFinding]]:
    """The findings that stand, and those that the programme mutes, each with the reason.

    A finding is muted by its own code or by that of a finding that it holds as its reason. Joined ones are told apart.
    """
    standing: list[Finding] = []
    set_apart: list[MutedFinding] = []
    mutes = tuple(muted)
    for finding in (part for each in findings for part in _parts(each)):
        mute = next((mute for mute in mutes if any(_applies(mute, part) for part in nested(finding))), None)
        if mute is None:
            standing.append(finding)
        else:
            set_apart.append({**finding, "reason": mute.reason})
    return standing, set_apart


def _applies(mute: Muted, finding: Finding) -> bool:
    about = mute.about is None or mute.about in finding["values"].values()
    return finding["code"] == mute.code and about


def _parts(finding: Finding) -> Iterator[Finding]:
    """The findings that a joined one says, in their order; any other finding itself."""
    if finding["key"] != JOINED:
        yield finding
        return
    for value in finding["values"].values():
        yield from _parts(value)
