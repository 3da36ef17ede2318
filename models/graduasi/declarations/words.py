"""Sentences for people: reasons, rules and numbers in the words of the dictionary and the programme.

A sentence is always data: the dictionary's own for the field, else one of `phrases.toml`. It is never pieced together
from column names.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from graduasi.declarations.dictionary import Dictionary, Field

FALLBACK = "en"
State = Literal["known", "zero", "unknown"]
"""Of a value that a sentence is about: none of a thing often needs other words than some of it."""
INDONESIAN = str.maketrans(",.", ".,")


@lru_cache
def phrases(language: str) -> dict[str, str]:
    """The general sentences of a language, English where the language does not ship."""
    tables: dict[str, dict[str, str]] = tomllib.loads(
        (files("graduasi.declarations") / "phrases.toml").read_text(encoding="utf-8")
    )
    return tables.get(language, tables[FALLBACK])


def text_in(texts: dict[str, str], language: str) -> str:
    """A declared text in `language`, else in the first language that it has."""
    return texts.get(language) or next(iter(texts.values()), "")


def format_number(text: str, language: str) -> str:
    """A plain number as people write it: 1.250.000 and 0,5 in Indonesian, 1,250,000 and 0.5 in English."""
    number = float(text)
    if abs(number) >= 1000:
        number = round(number)
    elif number != int(number):
        number = float(f"{number:.3g}")
    shown = f"{number:,.10g}" if abs(number) < 1e9 else f"{number:,.0f}"
    return shown.translate(INDONESIAN) if language == "id" else shown


def format_value(field: Field, text: str, language: str) -> str:
    """A reason's value as people read it: a category's label, yes or no, a formatted number, a share in per cent."""
    if field.type == "category" and text in field.categories:
        return text_in(field.category_labels.get(text, {}), language) or text
    if text in ("true", "false"):
        return phrases(language)["yes" if text == "true" else "no"]
    if field.is_share:
        return format_number(str(100 * float(text)), language) + "%"
    return format_number(text, language) if field.type in ("number", "integer", "boolean") else text


class Sentences:
    """What the reasons of one dictionary say in one language. A feature's sentence is put together once."""

    def __init__(self, dictionary: Dictionary, language: str) -> None:
        self._fields, self._language = dictionary.fields, language
        self._templates: dict[tuple[str, str, State], str] = {}

    def reason(self, feature: str, direction: str, value: str | None, *, missing: Collection[str] = ()) -> str:
        """What one reason says to a mentor; `value` as `reasons` tell it, None for unknown.

        A value of a field that is `missing` at the latest visit was carried forward, and the sentence says so.
        """
        said = self._said(feature, direction, value)
        if value is None or feature not in missing:
            return said
        return phrases(self._language)["carried"].replace("{sentence}", said)

    def _said(self, feature: str, direction: str, value: str | None) -> str:
        state: State = "unknown" if value is None else "zero" if value == "0" else "known"
        key = (feature, direction, state)
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self._template(*key)
        if value is None:
            return template
        field = self._fields[feature.partition("__")[0]]
        return template.replace("{value}", format_value(field, value, self._language))

    def pointing(
        self, direction: str, reasons: Iterable[Mapping[str, Any]], *, missing: Collection[str] = ()
    ) -> list[str]:
        """What the reasons that point in `direction` say, strongest first, one a field."""
        spoken: dict[str, str] = {}
        for reason in reasons:
            field = reason["feature"].partition("__")[0]
            if reason["direction"] == direction and field not in spoken:
                spoken[field] = self.reason(reason["feature"], direction, reason["value"], missing=missing)
        return list(spoken.values())

    def _template(self, feature: str, direction: str, state: State) -> str:
        """The field's own sentence for a value that is known, else the general one, with the field's label."""
        name, _, derivation = feature.partition("__")
        field = self._fields[name]
        declared = field.helps if direction == "helps" else field.hinders
        if state == "zero":
            declared = field.zero or declared
        if declared and not derivation and state != "unknown":
            return text_in(declared, self._language)
        missing = "_no_history" if derivation else "_unknown"
        ending = missing if state == "unknown" else f"_{derivation}" if derivation else ""
        label = text_in(field.label, self._language)
        return phrases(self._language)[direction + ending].replace("{label}", label)


def counted(number: int, one: str, many: str) -> str:
    """1 family, 2 families."""
    return f"{number:,} {one if number == 1 else many}"
