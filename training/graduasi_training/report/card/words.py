"""The words and numbers of the model card: its sentences, the label's rules, and numbers as each language writes them."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from graduasi.declarations.conditions import Condition, Value
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.declarations.programme import EventLabel, Label, PeriodLabel, SnapshotsLabel
from graduasi.declarations.words import FALLBACK_LANGUAGE, format_value, text_in
from graduasi_training.report.tables import rate_digits

LANGUAGES = ("id", "en")
DASH = "–"
"""Stands where there is no figure."""


@lru_cache
def sentences(language: str) -> dict[str, str]:
    """The sentences of `sentences.toml` by key; the English ones where the language does not ship."""
    text = (files("graduasi_training.report.card") / "sentences.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(text)
    return tables.get(language, tables[FALLBACK_LANGUAGE])


def label_in_words(label: Label, dictionary: Dictionary, language: str) -> str:
    """When a family meets the label, as a sentence."""
    templates = sentences(language)
    if isinstance(label, SnapshotsLabel):
        rules = "; ".join(_rule(rule, dictionary, language) for rule in label.rules)
        return templates["label_snapshots"].format(hold=label.hold, after=label.after, rules=rules)
    if isinstance(label, PeriodLabel):
        rules = "; ".join(_rule(rule, dictionary, language) for rule in label.rules)
        key = "label_period" if label.hold_months else "label_moment"
        until = label.after_months + label.hold_months
        return templates[key].format(start=label.after_months, until=until, months=label.tolerance_months, rules=rules)
    if isinstance(label, EventLabel):
        undone = competing = ""
        if label.undone_by:
            undone = templates["undone"].format(events=", ".join(label.undone_by), months=label.undone_within_months)
        if label.competing:
            competing = templates["competing"].format(events=", ".join(label.competing))
        return templates["label_event"].format(
            event=label.event, within=label.within_months, undone=undone, competing=competing
        )
    return templates["label_column"].format(column=label.column, months=label.known_after_months)


def _rule(rule: Condition, dictionary: Dictionary, language: str) -> str:
    """A rule in words, such as "Income at least 1.20 × Poverty line" or "In poverty: no"."""
    field = dictionary.fields[rule.field]
    if rule.value_field is not None:
        yardstick = text_in(dictionary.fields[rule.value_field].label, language) or rule.value_field
        right = yardstick if rule.factor == 1 else f"{exact(rule.factor, language, 2)} × {yardstick}"
    else:
        values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        right = ", ".join(_value(field, value, language) for value in values if value is not None)
    left = text_in(field.label, language) or rule.field
    return sentences(language)[f"rule {rule.op}"].format(left=left, right=right)


def _value(field: Field, value: Value, language: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return exact(round(100 * value, 10), language) + "%" if field.is_share else exact(value, language)
    return format_value(field, str(value).lower() if isinstance(value, bool) else str(value), language)


def decimal(value: float | None, language: str, digits: int = 3, *, signed: bool = False) -> str:
    """0.738 in English, 0,738 in Indonesian; a dash for None."""
    if value is None:
        return DASH
    english = f"{value:{'+' if signed else ''},.{digits}f}"
    return english.translate(str.maketrans(",.", ".,")) if language == "id" else english


def exact(value: float, language: str, min_digits: int = 0) -> str:
    """A number of a rule with all its decimals, `min_digits` or more: rounded, it would be another rule."""
    digits = next((digits for digits in range(min_digits, 17) if round(value, digits) == value), 17)
    return decimal(value, language, digits)


def count(value: float, language: str) -> str:
    """A whole number: 4,000 in English, 4.000 in Indonesian."""
    return decimal(value, language, 0)


def percent(value: float | None, language: str) -> str:
    """A share as a percentage: without decimals, but with three significant digits below 1 %; a dash for None."""
    return DASH if value is None else f"{decimal(100 * value, language, rate_digits(value, 2) - 2)} %"
