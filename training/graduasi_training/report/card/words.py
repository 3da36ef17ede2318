"""The label and its rules as sentences, and numbers as a language writes them, for the model card."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from graduasi.declarations.conditions import Condition, Value
from graduasi.declarations.dictionary import Dictionary, Field
from graduasi.declarations.programme import EventLabel, Label, SnapshotsLabel
from graduasi.declarations.words import FALLBACK, format_value, text_in
from graduasi_training.report.tables import rate_digits

LANGUAGES = ("id", "en")
NOTHING = "–"


@lru_cache
def sentences(language: str) -> dict[str, str]:
    """The card's sentences; English where the language does not ship."""
    text = (files("graduasi_training.report.card") / "sentences.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(text)
    return tables.get(language, tables[FALLBACK])


def label_in_words(label: Label, dictionary: Dictionary, language: str) -> str:
    """What meeting the label means."""
    say = sentences(language)
    if isinstance(label, SnapshotsLabel):
        rules = "; ".join(_rule(rule, dictionary, language) for rule in label.rules)
        return say["label_snapshots"].format(hold=label.hold, after=label.after, rules=rules)
    if isinstance(label, EventLabel):
        undone = competing = ""
        if label.undone_by:
            undone = say["undone"].format(events=", ".join(label.undone_by), months=label.undone_within_months)
        if label.competing:
            competing = say["competing"].format(events=", ".join(label.competing))
        return say["label_event"].format(
            event=label.event, within=label.within_months, undone=undone, competing=competing
        )
    return say["label_column"].format(column=label.column)


def _rule(rule: Condition, dictionary: Dictionary, language: str) -> str:
    """A rule as people say it: Income at least 1.20 × Poverty line; In poverty: no."""
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
    """0.738 in English, 0,738 in Indonesian; a dash for nothing."""
    if value is None:
        return NOTHING
    shown = f"{value:{'+' if signed else ''},.{digits}f}"
    return shown.translate(str.maketrans(",.", ".,")) if language == "id" else shown


def exact(value: float, language: str, least: int = 0) -> str:
    """A number of a rule, with every decimal that it has and at least so many: rounded, it would be another rule."""
    digits = next((places for places in range(least, 17) if round(value, places) == value), 17)
    return decimal(value, language, digits)


def count(value: float, language: str) -> str:
    """4,000 in English, 4.000 in Indonesian."""
    return decimal(value, language, 0)


def percent(value: float | None, language: str) -> str:
    """A share as a percentage without false precision; below 1 % with three digits that say something."""
    return NOTHING if value is None else f"{decimal(100 * value, language, rate_digits(value, 2) - 2)} %"
