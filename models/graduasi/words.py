"""Sentences for people: reasons, rules and numbers in the words of the dictionary and the programme.

A sentence is always data: the dictionary's own for the field, else one of `phrases.toml`. It is never pieced together
from column names.
"""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from graduasi.dictionary import Dictionary, Field

FALLBACK = "en"


@lru_cache
def phrases(language: str) -> dict[str, str]:
    """The general sentences of a language, English where the language does not ship."""
    tables: dict[str, dict[str, str]] = tomllib.loads((files("graduasi") / "phrases.toml").read_text(encoding="utf-8"))
    return tables.get(language, tables[FALLBACK])


def speak(texts: dict[str, str], language: str) -> str:
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
    return shown.translate(str.maketrans(",.", ".,")) if language == "id" else shown


def format_value(field: Field, text: str, language: str) -> str:
    """A reason's value as people read it: a category's label, yes or no, a formatted number."""
    if field.type == "category" and text in field.categories:
        return speak(field.category_labels.get(text, {}), language) or text
    if text in ("true", "false"):
        return phrases(language)["yes" if text == "true" else "no"]
    return format_number(text, language) if field.type in ("number", "integer", "boolean") else text


def reason_sentence(feature: str, direction: str, value: str | None, *, dictionary: Dictionary, language: str) -> str:
    """What one reason says to a mentor."""
    name, _, derivation = feature.partition("__")
    field = dictionary.fields[name]
    declared = field.helps if direction == "helps" else field.hinders
    shown = None if value is None else format_value(field, value, language)
    if (
        declared
        and not derivation
        and (shown is not None or "{value}" not in speak(declared, language))
        and value is not None
    ):
        return speak(declared, language).replace("{value}", shown or "")
    known = f"_{derivation}" if derivation else ""
    template = phrases(language)[direction + ("_unknown" if value is None else known)]
    return template.replace("{label}", speak(field.label, language)).replace("{value}", shown or "")


def reason_sentences(
    reasons: list[dict[str, Any]], direction: str, *, dictionary: Dictionary, language: str
) -> list[str]:
    """The sentences of the reasons that point in `direction`, strongest first, one a field."""
    spoken: dict[str, str] = {}
    for reason in reasons:
        field = reason["feature"].partition("__")[0]
        if reason["direction"] == direction and field not in spoken:
            spoken[field] = reason_sentence(
                reason["feature"], direction, reason["value"], dictionary=dictionary, language=language
            )
    return list(spoken.values())
