"""Sentences for people: reasons, rules and numbers in the words of the dictionary and the programme.

Sentences are data: a field's own from the dictionary, else a general one from `phrases.toml`. They are never assembled
from column names.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from graduasi.declarations.dictionary import Dictionary, Field

FALLBACK_LANGUAGE = "en"
ValueState = Literal["known", "zero", "unknown"]
"""What is known of the value in a sentence. Zero is apart: having none of a thing often needs other words than having some."""
YEARS_FROM_MONTHS, FINE_YEARS = 24, 5
"""From so many months on people say years; below so many years, half years too."""
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


def format_amount(field: Field, text: str, language: str) -> str:
    """`format_value`, with Rp before money and a duration in months or years."""
    if field.unit is not None and field.unit.startswith("months"):
        return format_months(text, language)
    money = field.unit is not None and field.unit.startswith("IDR") and text not in ("true", "false")
    return ("Rp" if money else "") + format_value(field, text, language)


def format_months(text: str, language: str) -> str:
    """A number of months as people say it: 11 months, about 2.5 years, about 32 years."""
    months = round(float(text))
    if months < YEARS_FROM_MONTHS:
        return phrases(language)["months"].format(count=months)
    halves = round(months / 6) / 2
    years = halves if halves < FINE_YEARS else round(months / 12)
    return phrases(language)["years"].format(count=format_number(str(years), language))


def format_day(text: str, language: str) -> str:
    """A day as people write it: 30 Juni 2026, 30 June 2026. `text` is YYYY-MM-DD."""
    day = date.fromisoformat(text)
    return f"{day.day} {format_month(day, language)}"


def format_month(day: date, language: str) -> str:
    """A month as people write it: Juni 2026."""
    return f"{phrases(language)['month_names'].split()[day.month - 1]} {day.year}"


def _filled(template: str, field: Field, text: str, language: str) -> str:
    """The sentence with the value in its places: {value} as it is, {amount} with its unit, {whole} rounded, {tenfold} times ten."""
    if "{whole}" in template or "{tenfold}" in template:
        number = float(text)
        template = template.replace("{whole}", format_number(str(round(number)), language))
        template = template.replace("{tenfold}", format_number(str(round(10 * number)), language))
    return template.replace("{amount}", format_amount(field, text, language)).replace(
        "{value}", format_value(field, text, language)
    )


class Told(NamedTuple):
    """What a card says of a family's reasons: what helps, what holds back, and facts that say neither."""

    helps: tuple[str, ...]
    hinders: tuple[str, ...]
    facts: tuple[str, ...]


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
        carried_from: str | None = None,
    ) -> str:
        """The sentence of one reason, for a mentor. `value` is the text that a scores file has, None for unknown.

        `missing` are the fields that the latest visit left unknown. The value of such a field was carried forward from an
        earlier visit, and the sentence says so, with the day `carried_from` (YYYY-MM-DD) where it is given. So it does of the
        fields `far`, whose number is far from what training saw.
        """
        words = phrases(self._language)
        sentence = self._sentence(feature, direction, value)
        if feature in far:
            sentence = words["far"].replace("{sentence}", sentence)
        if value is None or feature not in missing:
            return sentence
        if carried_from is None:
            return words["carried"].replace("{sentence}", sentence)
        day = format_day(carried_from, self._language)
        return words["carried_from"].format(day=day, sentence=sentence)

    def far_number(self, far: Mapping[str, Any]) -> str:
        """What to check about one of a scores file's `far_numbers`; without a full stop, as the sentences of rules."""
        field = self._fields[far["field"]]
        texts = {name: format_amount(field, far[name], self._language) for name in ("value", "limit")}
        label = text_in(field.label, self._language)
        return phrases(self._language)[f"far_{far['side']}"].format(label=label, **texts)

    def told(
        self,
        reasons: Iterable[Mapping[str, Any]],
        *,
        missing: Collection[str] = (),
        far: Collection[str] = (),
        earlier_values: Iterable[Mapping[str, Any]] = (),
    ) -> Told:
        """What a card says: one sentence a field, the strongest first.

        A field helps or holds back by the sum of its reasons, so that no fact does both. An amount that moved clearly the wrong
        way holds back, with both values and days, and never helps. What is unknown does not help. A field without an effect
        that nobody can change is a fact.
        """
        of_field: dict[str, list[Mapping[str, Any]]] = {}
        for reason in reasons:
            of_field.setdefault(reason["feature"].partition("__")[0], []).append(reason)
        earlier = {told["field"]: told for told in earlier_values}
        worsened = {name: told for name, told in earlier.items() if self._has_worsened(name, told)}
        helps, hinders = [], [self._move(name, told) for name, told in worsened.items()]
        facts = []
        for name, own in of_field.items():
            if name in worsened:
                continue
            direction = "helps" if sum(reason["contribution"] for reason in own) > 0 else "hinders"
            reason = next(one for one in own if one["direction"] == direction)
            carried_from = earlier[name]["as_of"] if name in earlier and name in missing else None
            sentence = self.reason(
                reason["feature"], direction, reason["value"], missing=missing, far=far, carried_from=carried_from
            )
            field = self._fields[name]
            if field.kind == "context" and field.effect == "any":
                facts.append(sentence)
            elif direction == "hinders":
                hinders.append(sentence)
            elif reason["value"] is not None:
                helps.append(sentence)
        return Told(tuple(helps), tuple(hinders), tuple(facts))

    def _has_worsened(self, name: str, told: Mapping[str, Any]) -> bool:
        if told["earlier_value"] is None:
            return False
        fell = float(told["value"]) < float(told["earlier_value"])
        return fell if self._fields[name].effect == "increasing" else not fell

    def _move(self, name: str, told: Mapping[str, Any]) -> str:
        """That an amount moved the wrong way since an earlier visit, with both values and days."""
        field = self._fields[name]
        fell = float(told["value"]) < float(told["earlier_value"])
        return phrases(self._language)["fell" if fell else "rose"].format(
            label=text_in(field.label, self._language),
            value=format_amount(field, told["value"], self._language),
            day=format_day(told["as_of"], self._language),
            earlier=format_amount(field, told["earlier_value"], self._language),
            earlier_day=format_day(told["earlier_as_of"], self._language),
        )

    def _sentence(self, feature: str, direction: str, value: str | None) -> str:
        state: ValueState = "unknown" if value is None else "zero" if value == "0" else "known"
        key = (feature, direction, state)
        template = self._templates.get(key)
        if template is None:
            template = self._templates[key] = self._template(*key)
        if value is None:
            return template
        return _filled(template, self._fields[feature.partition("__")[0]], value, self._language)

    def _template(self, feature: str, direction: str, state: ValueState) -> str:
        """The sentence with places for the value still in it: the field's own for a known value, else a general one with its label."""
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
