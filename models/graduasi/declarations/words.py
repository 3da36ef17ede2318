"""Sentences for people: reasons, rules and numbers in the words of the dictionary and the programme.

Sentences are data: a field's own from the dictionary, else a general one from `phrases.toml`. They are never assembled
from column names.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from graduasi.declarations.dictionary import Dictionary, Field

FALLBACK_LANGUAGE = "en"
ValueState = Literal["known", "zero", "unknown"]
"""What is known of the value in a sentence. Zero is apart: having none of a thing often needs other words than having some."""
INDONESIAN_SEPARATORS = str.maketrans(",.", ".,")


@lru_cache
def phrases(language: str) -> dict[str, str]:
    """The general sentences in `language`, or in English for a language that `phrases.toml` lacks."""
    tables: dict[str, dict[str, str]] = tomllib.loads(
        (files("graduasi.declarations") / "phrases.toml").read_text(encoding="utf-8")
    )
    return tables.get(language, tables[FALLBACK_LANGUAGE])


def text_in(texts: dict[str, str], language: str) -> str:
    """A declared text in `language`, else in the first language it has; empty if it has none."""
    return texts.get(language) or next(iter(texts.values()), "")


def format_number(text: str, language: str) -> str:
    """A plain number as people write it: 1.250.000 and 0,5 in Indonesian, 1,250,000 and 0.5 in English."""
    number = float(text)
    if abs(number) >= 1000:
        number = round(number)
    elif number != int(number):
        number = float(f"{number:.3g}")
    formatted = f"{number:,.10g}" if abs(number) < 1e9 else f"{number:,.0f}"
    return formatted.translate(INDONESIAN_SEPARATORS) if language == "id" else formatted


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
    """The sentences of a dictionary's reasons in one language."""

    def __init__(self, dictionary: Dictionary, language: str) -> None:
        self._fields, self._language = dictionary.fields, language
        self._templates: dict[tuple[str, str, ValueState], str] = {}
        """Each feature's sentence with a place for the value, by feature, direction and state; filled on first use."""

    def reason(
        self,
        feature: str,
        direction: str,
        value: str | None,
        *,
        missing: Collection[str] = (),
        far: Collection[str] = (),
    ) -> str:
        """The sentence of one reason, for a mentor. `value` is the text that a scores file has, None for unknown.

        `missing` are the fields that the latest visit left unknown. The value of such a field was carried forward from an
        earlier visit, and the sentence says so. So it does of the fields `far`, whose number is far from what training saw.
        """
        sentence = self._sentence(feature, direction, value)
        if feature in far:
            sentence = phrases(self._language)["far"].replace("{sentence}", sentence)
        if value is None or feature not in missing:
            return sentence
        return phrases(self._language)["carried"].replace("{sentence}", sentence)

    def far_number(self, far: Mapping[str, Any]) -> str:
        """What to check about one of a scores file's `far_numbers`; without a full stop, as the sentences of rules."""
        field = self._fields[far["field"]]
        texts = {name: format_value(field, far[name], self._language) for name in ("value", "limit")}
        label = text_in(field.label, self._language)
        return phrases(self._language)[f"far_{far['side']}"].format(label=label, **texts)

    def _sentence(self, feature: str, direction: str, value: str | None) -> str:
        state: ValueState = "unknown" if value is None else "zero" if value == "0" else "known"
        key = (feature, direction, state)
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self._template(*key)
        if value is None:
            return template
        field = self._fields[feature.partition("__")[0]]
        return template.replace("{value}", format_value(field, value, self._language))

    def in_direction(
        self,
        direction: str,
        reasons: Iterable[Mapping[str, Any]],
        *,
        missing: Collection[str] = (),
        far: Collection[str] = (),
    ) -> list[str]:
        """The sentences of the `reasons` with this `direction`, in the order given, and only the first of each field."""
        sentences: dict[str, str] = {}
        for reason in reasons:
            field = reason["feature"].partition("__")[0]
            if reason["direction"] == direction and field not in sentences:
                sentences[field] = self.reason(reason["feature"], direction, reason["value"], missing=missing, far=far)
        return list(sentences.values())

    def _template(self, feature: str, direction: str, state: ValueState) -> str:
        """The sentence with {value} still in it: the field's own for a known value, else a general one with its label."""
        name, _, derivation = feature.partition("__")
        field = self._fields[name]
        declared = field.helps if direction == "helps" else field.hinders
        if state == "zero":
            declared = field.zero or declared
        if declared and not derivation and state != "unknown":
            return text_in(declared, self._language)
        if state == "unknown":
            ending = "_no_history" if derivation else "_unknown"
        else:
            ending = f"_{derivation}" if derivation else ""
        label = text_in(field.label, self._language)
        return phrases(self._language)[direction + ending].replace("{label}", label)


def counted(number: int, singular: str, plural: str) -> str:
    """A number with its noun: 1 family, 2 families."""
    return f"{number:,} {singular if number == 1 else plural}"
